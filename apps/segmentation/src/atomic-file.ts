import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** Writes a file so that its path always holds all of the old content or all of the new. */
export const writeAtomically = (path: string, content: Uint8Array | string): void => {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, content, { flush: true });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
};
