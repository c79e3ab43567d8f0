import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { codeOf } from '../errors.ts';

export type FoundProgram =
  | { state: 'found'; path: string }
  | { state: 'missing' }
  /** There, but it cannot be run. */
  | { state: 'not-executable'; path: string };

/**
 * Finds a program as execvp(3) does: along PATH, or as a path when it holds a slash.
 *
 * @param cwd - what a relative path and a relative part of PATH start from.
 */
export function findProgram(name: string, path: string | undefined, cwd: string): FoundProgram {
  const candidates = name.includes('/')
    ? [resolve(cwd, name)]
    : (path ?? '/usr/local/bin:/usr/bin:/bin')
        .split(':')
        .map((dir) => join(isAbsolute(dir) ? dir : resolve(cwd, dir), name));
  let refused: string | undefined;
  for (const candidate of candidates) {
    try {
      if (!statSync(candidate).isFile()) {
        refused ??= name.includes('/') ? candidate : undefined;
        continue;
      }
      accessSync(candidate, constants.X_OK);
      return { state: 'found', path: candidate };
    } catch (error) {
      if (codeOf(error) === 'EACCES') refused ??= candidate;
    }
  }
  return refused === undefined ? { state: 'missing' } : { state: 'not-executable', path: refused };
}
