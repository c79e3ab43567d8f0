import { statSync } from 'node:fs';

/** Which directory this is: another one of the same path is another's. Undefined where there is none. */
export function placeOf(path: string): string | undefined {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat && `${stat.dev}:${stat.ino}`;
  } catch {
    return undefined; // a part of the path is no directory, or a circle
  }
}
