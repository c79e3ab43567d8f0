import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Ran, Workbench } from '../fixtures/workbench.ts';

/** What scripts and agents call agentctl by: `"$NODE" "$AGENTCTL" ps`. */
export const AGENTCTL_VARIABLES = {
  NODE: process.execPath,
  AGENTCTL: fileURLToPath(new URL('../../bin/agentctl', import.meta.url)),
};

/** Runs a script in a real shell, with real pipes, in the test's directory. */
export async function shell(bench: Workbench, script: string, program = 'bash'): Promise<Ran> {
  const child = spawn(program, ['-c', script], {
    cwd: bench.dir,
    env: { ...bench.env, ...AGENTCTL_VARIABLES },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collect(child);
  const code = await ended(child);
  return { code, ...output };
}

/** What a process has written so far; grows as it writes. */
export function collect(child: ChildProcess): { stdout: string; stderr: string } {
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => {
    output.stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    output.stderr += chunk.toString();
  });
  return output;
}

/** The exit code of a process, once both its streams have ended as well; null where a signal ended it. */
export async function ended(child: ChildProcess): Promise<number | null> {
  const running = child.exitCode === null && child.signalCode === null;
  if (running || [child.stdout, child.stderr].some((stream) => stream && !stream.closed)) await once(child, 'close');
  return child.exitCode;
}

/** Makes an agent's watchdog see a cap of one second that passed long ago, at its next beat. */
export function letCapPass({ directory }: { directory: string }): void {
  const limits = join(directory, 'limits');
  const [runId, , killAfter] = readFileSync(limits, 'utf8').trim().split(' ');
  writeFileSync(`${limits}.new`, `${runId} 1 ${killAfter} 1 0\n`);
  renameSync(`${limits}.new`, limits);
}
