import { type FSWatcher, watch } from 'node:fs';
import { bellFile } from './paths.ts';

/**
 * Waits for the bell, or for `pollMs`, whichever comes first. inotify loses events without a word when it overflows,
 * and a user has 128 of its instances: the bell is a hint, the poll behind it the truth.
 */
export class BellListener {
  readonly #watcher: FSWatcher | undefined;
  #heard = false;
  #wake: (() => void) | undefined;

  constructor(stateDir: string) {
    try {
      this.#watcher = watch(bellFile(stateDir), { persistent: false }, () => {
        this.#heard = true;
        this.#wake?.();
      });
      this.#watcher.on('error', () => {});
    } catch {
      this.#watcher = undefined;
    }
  }

  /** Resolves at the next ring (or at once, if it rang since the last call), at the latest after `pollMs`. */
  async next(pollMs: number): Promise<void> {
    if (!this.#heard) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pollMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#heard = false;
    this.#wake = undefined;
  }

  /** As if the bell had rung: for what we know ourselves. */
  ring(): void {
    this.#heard = true;
    this.#wake?.();
  }

  close(): void {
    this.#watcher?.close();
    this.#wake?.();
  }
}
