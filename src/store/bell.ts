import { type FSWatcher, watch } from 'node:fs';
import { bellFile } from './paths.ts';

/** The longest wait of who hears nothing. */
const DEAF_MS = 2000;

/**
 * Waits for the bell, or for `pollMs`, whichever comes first. inotify loses events without a word when it overflows,
 * and a user has 128 of its instances: the bell is a hint, the poll behind it the truth.
 */
export class BellListener {
  readonly #file: string;
  #watcher: FSWatcher | undefined;
  readonly #others: FSWatcher[] = [];
  #closed = false;
  #heard = false;
  #wake: (() => void) | undefined;

  constructor(stateDir: string) {
    this.#file = bellFile(stateDir);
    this.#listen();
  }

  #listen(): boolean {
    try {
      const watcher = watch(this.#file, { persistent: false }, (event) => {
        // Removed, or replaced: this one will never ring again, whoever rings makes another.
        if (event === 'rename') this.#deafen(watcher);
        this.ring();
      });
      watcher.on('error', () => this.#deafen(watcher));
      this.#watcher = watcher;
    } catch {
      this.#watcher = undefined;
    }
    return this.#watcher !== undefined;
  }

  /**
   * Hears also that this file is renamed, as the sentinel is to be published: who does that comes to the bell milliseconds
   * later. Only a hint, too.
   */
  hearRenameOf(path: string): void {
    try {
      const watcher = watch(path, { persistent: false }, (event) => {
        if (event !== 'rename') return;
        watcher.close();
        this.ring();
      });
      watcher.on('error', () => watcher.close());
      this.#others.push(watcher);
    } catch {
      // Renamed already, or there are no more watches to be had.
    }
  }

  #deafen(watcher: FSWatcher): void {
    watcher.close();
    if (this.#watcher === watcher) this.#watcher = undefined;
  }

  /**
   * Resolves at the next ring (or at once, if it rang since the last call), at the latest after `pollMs`.
   *
   * @returns whether it rang.
   */
  async next(pollMs: number): Promise<boolean> {
    // What rang while nobody listened is not known: then it has.
    if (this.#watcher === undefined && !this.#closed && this.#listen()) this.#heard = true;
    const patienceMs = this.#watcher === undefined ? Math.min(pollMs, DEAF_MS) : pollMs;
    if (!this.#heard) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, patienceMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const rang = this.#heard;
    this.#heard = false;
    this.#wake = undefined;
    return rang;
  }

  /** As if the bell had rung: for what we know ourselves. */
  ring(): void {
    this.#heard = true;
    this.#wake?.();
  }

  close(): void {
    this.#closed = true;
    for (const watcher of [this.#watcher, ...this.#others]) watcher?.close();
    this.#wake?.();
  }
}
