export {
  convolveDotsFloat32,
  convolveDotsFloat64,
  convolveDotsInt32,
  convolveRowsFloat32,
  convolveRowsFloat64,
  convolveRowsInt32,
} from './convolve-direct';
export { convolveFloat32, convolveFloat64, convolveInt32, packFloat32, packFloat64, packInt32 } from './convolve';
export { winogradFloat32, winogradWeightsFloat32 } from './convolve-winograd';
export { winogradSlicesFloat32, winogradSumsFloat32 } from './convolve-winograd-weights';
export { matmulFloat32, matmulFloat64, matmulInt32 } from './matmul';
export * from './sort-phases';
export { sumFloat32, sumFloat64, sumInt32 } from './sum';
