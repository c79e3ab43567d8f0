import { type ChildProcess, type IOType, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { inheritedFiles } from './caller.ts';

export interface Ran {
  /** null where a signal ended it. */
  code: number | null;
  /** It was ended because it took longer than it may. */
  timedOut: boolean;
  stdout: string;
  stderr: string;
}

/**
 * Runs a short program to its end with nothing of ours but what is given, and no file of our caller's: it may be a tmux
 * server by its end, which would hold a lock or a pipe for ever. In a session of its own, since the signals of our
 * terminal and our group are not meant for it. On the hot path of `spawn`, where execa would
 * cost half of node's own start-up.
 *
 * @throws the system's error when it cannot be started (ENOENT where it is not installed).
 */
export function runProgram(
  file: string,
  args: readonly string[],
  options: {
    cwd?: string;
    env?: NodeJS.ProcessEnv;
    input?: string | Buffer;
    timeout?: number;
    signal?: AbortSignal;
  } = {},
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const { input, timeout, ...rest } = options;
    const child = spawnAlone(file, args, { ...rest, stdin: input === undefined ? 'ignore' : 'pipe' });
    // Not node's own: that one goes on where nothing could be started, and keeps its process from ending.
    const timer = timeout === undefined ? undefined : setTimeout(() => child.kill(), timeout);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('exit', () => {
      // A tmux client hands its own stdio to its server, and one that is stopped would hold it open for ever.
      if (child.killed) for (const stream of [child.stdout, child.stderr]) stream?.destroy();
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      // A signal that was not ours (child.killed is set by the timeout).
      resolve({
        code,
        timedOut: child.killed,
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
      });
    });
    // A program that does not read its input to the end is no error of ours.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/** Starts a program in a session of its own, with no file of our caller's and its output for us to read. */
export function spawnAlone(
  file: string,
  args: readonly string[],
  { stdin, ...options }: { cwd?: string; env?: NodeJS.ProcessEnv; signal?: AbortSignal; stdin: 'ignore' | 'pipe' },
): ChildProcess {
  const stdio: (IOType | number)[] = [stdin, 'pipe', 'pipe'];
  const inherited = inheritedFiles();
  const nothing = inherited.length > 0 ? openSync('/dev/null', 'r+') : -1;
  for (const inheritedFile of inherited) stdio[inheritedFile] = nothing;
  const child = spawn(file, args, { ...options, detached: true, stdio: Array.from(stdio, (one) => one ?? 'ignore') });
  if (nothing >= 0) closeSync(nothing);
  return child;
}

/** Runs a program in this terminal, as if the user had typed it; resolves to its exit code. */
export async function runHere(
  file: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; onStart?: (pid: number) => void } = {},
): Promise<number> {
  const { execa } = await import('execa');
  const child = execa(file, args, {
    stdio: 'inherit',
    reject: false,
    extendEnv: false,
    env: options.env ?? process.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  if (child.pid !== undefined) options.onStart?.(child.pid);
  const { exitCode, cause } = await child;
  if (exitCode === undefined && cause !== undefined && child.pid === undefined) throw cause;
  return exitCode ?? 1;
}
