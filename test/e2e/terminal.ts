import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Workbench } from '../fixtures/workbench.ts';

const AGENTCTL = fileURLToPath(new URL('../../bin/agentctl', import.meta.url));

/** A person's terminal: agentctl in a pane of a tmux server of the test's own, where keys can be pressed. */
export class Terminal {
  readonly #socket = join(tmpdir(), `outer-${randomBytes(6).toString('hex')}.sock`);

  /** @param whenFinished - called after the workbench's own, so that the terminal closes first. */
  constructor(
    bench: Pick<Workbench, 'env' | 'dir' | 'state'>,
    whenFinished: (close: () => void) => void,
    args: readonly string[],
    { columns = 90, rows = 24, env = {} }: { columns?: number; rows?: number; env?: Record<string, string> } = {},
  ) {
    const own = Object.entries(env).map(([name, value]) => `${name}=${quote(value)} `);
    const words = [process.execPath, AGENTCTL, ...args].map(quote).join(' ');
    // Its exit code is shown on the screen, which is all that a person has as well.
    this.#tmux(
      bench.env,
      ...['-f', '/dev/null', 'new-session', '-d', '-x', String(columns), '-y', String(rows), '-c', bench.dir],
      `${own.join('')}AGENTCTL_STATE_DIR=${quote(bench.state)} ${words}; echo "ended with $?"; exec sleep 1000`,
    );
    whenFinished(() => {
      this.#tmux(undefined, 'kill-server');
      rmSync(this.#socket, { force: true });
    });
  }

  screen(): string {
    return this.#tmux(undefined, 'capture-pane', '-p');
  }

  /** With its colours, as terminal codes. */
  colours(): string {
    return this.#tmux(undefined, 'capture-pane', '-p', '-e');
  }

  /** What tmux says of the pane, by one of its formats. */
  is(format: string): string {
    return this.#tmux(undefined, 'display-message', '-p', format).trim();
  }

  resize(columns: number, rows: number): void {
    this.#tmux(undefined, 'resize-window', '-x', String(columns), '-y', String(rows));
  }

  press(...keys: string[]): void {
    this.#tmux(undefined, 'send-keys', ...keys);
  }

  #tmux(env: NodeJS.ProcessEnv | undefined, ...args: string[]): string {
    return execFileSync('tmux', ['-S', this.#socket, ...args], { encoding: 'utf8', ...(env ? { env } : {}) });
  }
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
