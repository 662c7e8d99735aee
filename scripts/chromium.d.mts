export declare const findChromium: () => Promise<{
  readonly executablePath: string;
  readonly env: Record<string, string>;
  readonly args: string[];
}>;
