import { processTable, signal as sendSignal } from './processes.ts';
import { spawnAlone } from './run-program.ts';

export interface BoundedRun {
  /** null where a signal ended it, or nobody could end it. */
  code: number | null;
  stdout: string;
  stderr: string;
  /** It had more to say than it may. */
  cut: boolean;
  /** It took longer than it may. */
  timedOut: boolean;
}

/** What is killed is gone by then, unless the kernel holds it: then nobody waits for it. */
const KILLED_MS = 500;

/**
 * Runs a program that looks at what an agent has left, and may meet anything there: resolves in time whatever it does,
 * with no more output than `maxBytes` a stream, and leaves nothing of its session behind.
 *
 * @param options - `env` is all it gets. It works in `/`: to go to a directory on a disk that hangs would hang us.
 * @throws the system's error when it cannot be started (ENOENT where it is not installed).
 */
export function runBounded(
  file: string,
  args: readonly string[],
  { env, timeoutMs, maxBytes }: { env: NodeJS.ProcessEnv; timeoutMs: number; maxBytes: number },
): Promise<BoundedRun> {
  return new Promise((resolve, reject) => {
    const child = spawnAlone(file, args, { cwd: '/', env, stdin: 'ignore' });
    const heard = { out: new BoundedBytes(maxBytes), err: new BoundedBytes(maxBytes) };
    let code: number | null = null;
    let timedOut = false;
    let hasEnded = false;
    let giveUp: NodeJS.Timeout | undefined;
    const timer = setTimeout(() => {
      timedOut = true;
      end();
    }, timeoutMs);
    child.stdout?.on('data', (chunk: Buffer) => heard.out.add(chunk) || end());
    child.stderr?.on('data', (chunk: Buffer) => heard.err.add(chunk) || end());
    child.on('error', (error) => {
      clearTimeout(timer);
      clearTimeout(giveUp);
      reject(error);
    });
    child.on('exit', (exitCode) => {
      code = exitCode;
      hasEnded = true;
      if (child.pid !== undefined) endSession(child.pid);
      giveUp ??= setTimeout(finish, KILLED_MS); // somebody who left its session may hold its output open
    });
    child.on('close', finish);

    function end(): void {
      // Not waited for yet, so that its number is still its own.
      if (!hasEnded && child.pid !== undefined) killGroup(child.pid);
      giveUp ??= setTimeout(finish, KILLED_MS);
    }

    function finish(): void {
      clearTimeout(timer);
      clearTimeout(giveUp);
      for (const stream of [child.stdout, child.stderr]) stream?.destroy();
      child.unref();
      const { out, err } = heard;
      resolve({ code, stdout: out.text, stderr: err.text, cut: out.cut || err.cut, timedOut });
    }
  });
}

class BoundedBytes {
  readonly #most: number;
  #bytes = Buffer.alloc(0);
  cut = false;

  constructor(most: number) {
    this.#most = most;
  }

  /** @returns false where it was too much. */
  add(chunk: Buffer): boolean {
    const room = this.#most - this.#bytes.length;
    this.cut ||= chunk.length > room;
    this.#bytes = Buffer.concat([this.#bytes, chunk.subarray(0, room)]);
    return !this.cut;
  }

  get text(): string {
    return this.#bytes.toString();
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

/** Its leader is gone, and its number may be another's: whoever is left is found by the table, and told apart by it. */
function endSession(id: number): void {
  try {
    process.kill(-id, 0);
  } catch {
    return; // nobody is left, as always
  }
  try {
    for (const one of processTable()) if (one.sessionId === id) sendSignal(one, 'SIGKILL');
  } catch {
    // What cannot be found out now is not worth an agent's teardown.
  }
}
