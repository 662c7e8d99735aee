/** Three significant digits without an exponent: `0.0123`, `4.56`, `1230`. */
export const formatNumber = (value: number): string => {
  if (value === 0) return '0';
  const digits = 2 - Math.floor(Math.log10(Math.abs(value)));
  if (digits <= 0) return String(Math.round(value));
  return value.toFixed(Math.min(digits, 4));
};

export const formatShare = (share: number): string => `${Math.round(100 * share)} %`;

/** `12 GFLOP/s` or `3.4 GB/s`. */
export const formatRate = ({ gflops, GBps }: { readonly gflops?: number; readonly GBps?: number }): string => {
  if (gflops !== undefined) return `${formatNumber(gflops)} GFLOP/s`;
  return GBps === undefined ? '' : `${formatNumber(GBps)} GB/s`;
};
