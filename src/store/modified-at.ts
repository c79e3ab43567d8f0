import { statSync } from 'node:fs';

/** Milliseconds since the epoch, or undefined where there is no such file, or none that can be reached. */
export function modifiedAt(path: string): number | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  } catch {
    return undefined; // what stands in the agent's place is no directory (ENOTDIR, ELOOP)
  }
}
