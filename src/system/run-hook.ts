import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

/** What of its words is kept, where it fails. */
const KEPT_BYTES = 4096;

export interface HookEnd {
  /** null where a signal ended it, or it did not start. */
  code: number | null;
  timedOut: boolean;
  /** The end of what it said, or why it did not start. */
  said: string;
}

/**
 * Runs a shell command that somebody wants to hear of an event: in a session of its own, with the event on its stdin, and
 * killed with all of its process group once its time has passed. What it prints is read and dropped, but for the last
 * words.
 */
export function runHook(
  command: string,
  options: { input: string; cwd: string; env: NodeJS.ProcessEnv; timeoutMs: number },
): Promise<HookEnd> {
  return new Promise((resolve) => {
    const { input, env, timeoutMs } = options;
    const cwd = existsSync(options.cwd) ? options.cwd : '/';
    const child = spawn('/bin/sh', ['-c', command], { cwd, env, detached: true, stdio: 'pipe' });
    let said = '';
    let timedOut = false;
    const keep = (chunk: Buffer): void => {
      said = (said + chunk.toString('latin1')).slice(-KEPT_BYTES);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const timer = setTimeout(() => {
      timedOut = true;
      try {
        // Its group is its own: it was started detached.
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has just ended.
      }
    }, timeoutMs);
    const end = (code: number | null, why?: string): void => {
      clearTimeout(timer);
      // What it left running in the background may hold them open for ever.
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
      resolve({ code, timedOut, said: why ?? Buffer.from(said, 'latin1').toString().trim() });
    };
    child.on('error', (error) => end(null, error.message));
    // Its last words may still be on their way.
    child.on('exit', (code) => setImmediate(end, code));
    // A command that does not read what it hears is no mistake.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
