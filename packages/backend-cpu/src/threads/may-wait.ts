/** Whether this thread may sleep until another wakes it: the main thread of a page may not. */
export const mayWait = (memory: WebAssembly.Memory): boolean => {
  try {
    Atomics.wait(new Int32Array(memory.buffer), 0, 1, 0);
    return true;
  } catch {
    return false;
  }
};
