/** A failure that its message explains in full. */
export class RunError extends Error {
  override readonly name = 'RunError';
}
