/** Which axis a function runs along. */
export interface AxisOptions {
  /** The last by default, where a function does not say otherwise. */
  readonly axis?: number;
}

/** Which axis a function reduces, and whether the axis stays with size 1. */
export interface AlongAxisOptions extends AxisOptions {
  readonly keepdims?: boolean;
}
