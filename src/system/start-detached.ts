import { type IOType, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { ProcessIdentity } from '../agent/evidence.ts';
import { inheritedFiles } from './caller.ts';
import { identityOf } from './processes.ts';

/**
 * Starts a program that outlives us and serves everyone: in a session of its own, with nothing of our caller's but what
 * is given, neither stdio nor any other open file.
 *
 * @returns who it is; undefined where it is gone already.
 * @throws the system's error when it cannot be started.
 */
export async function startDetached(
  argv: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<ProcessIdentity | undefined> {
  const [file = '', ...args] = argv;
  const stdio: (IOType | number)[] = ['ignore', 'ignore', 'ignore'];
  const inherited = inheritedFiles();
  const nothing = inherited.length > 0 ? openSync('/dev/null', 'r+') : -1;
  for (const one of inherited) stdio[one] = nothing;
  const child = spawn(file, args, { ...options, detached: true, stdio: Array.from(stdio, (one) => one ?? 'ignore') });
  if (nothing >= 0) closeSync(nothing);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  child.unref();
  return child.pid === undefined ? undefined : identityOf(child.pid);
}
