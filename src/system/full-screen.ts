import { type ChildProcess, spawn } from 'node:child_process';
import { groupOf } from './processes.ts';

/** The alternate screen, where what is drawn leaves no trace in the person's own; and the cursor shown again (xterm's control sequences). */
const ENTER = '\x1b[?1049h\x1b[2J\x1b[H';
const LEAVE = '\x1b[?1049l\x1b[?25h\x1b[0m';
/** To erase what a person can scroll back to, which libraries do as they clear a screen. */
const ERASE_SCROLLBACK = '\x1b[3J';
const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/**
 * Gives the terminal back where we cannot any more: it outlives us, and a pipe that ends without a word tells it that we
 * were killed. It must not be stopped for writing from the background.
 */
const GUARD = `trap '' INT TERM HUP QUIT TTOU TSTP
exec 3>&1
saved=$(stty -g <&3)
read -r word && exit
printf '${LEAVE.replaceAll('\x1b', '\\033')}'
[ "$0" = edits ] || stty "$saved" <&3`;
/** They set the terminal's modes for every line that they edit, and would be disturbed by others. */
const EDITORS = ['bash', 'zsh', 'fish'];

/** The terminal as a whole screen that is given back as it was, whatever happens to us. */
export class FullScreen {
  readonly #terminal: NodeJS.WriteStream;
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.leave();
    // Libraries that tidy up at signals are many, and would each leave it to the others to end us.
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  };
  readonly #onExit = (): void => this.leave();
  #guard: ChildProcess | undefined;
  /** The same terminal for whoever draws on it; what would harm what is not ours does not reach it. */
  readonly stdout: NodeJS.WriteStream;

  constructor(terminal: NodeJS.WriteStream = process.stdout) {
    this.#terminal = terminal;
    this.stdout = harmless(terminal);
  }

  enter(): void {
    if (this.#guard) return;
    this.#guard = spawn('/bin/sh', ['-c', GUARD, isRunByEditor() ? 'edits' : 'plain'], {
      stdio: ['pipe', 'inherit', 'ignore'],
    });
    this.#guard.on('error', () => {}); // then there is nobody to give it back, should we be killed
    this.#guard.stdin?.on('error', () => {});
    this.#guard.unref();
    for (const signal of ENDING) process.on(signal, this.#onSignal);
    process.on('exit', this.#onExit);
    this.#terminal.write(ENTER);
  }

  leave(): void {
    if (!this.#guard) return;
    for (const signal of ENDING) process.off(signal, this.#onSignal);
    process.off('exit', this.#onExit);
    this.#guard.stdin?.end('left\n');
    this.#guard = undefined;
    letGoOfKeys();
    this.#terminal.write(LEAVE);
  }
}

/**
 * Whoever has the terminal next gets every key. Node goes on reading for who listened to "readable", though nobody listens
 * any more, and stops only where a stream that flows is paused.
 */
function letGoOfKeys(): void {
  process.stdin.setRawMode?.(false);
  process.stdin.resume().pause();
}

function harmless(terminal: NodeJS.WriteStream): NodeJS.WriteStream {
  const write = (data: string | Uint8Array, ...rest: never[]): boolean =>
    terminal.write(typeof data === 'string' ? data.replaceAll(ERASE_SCROLLBACK, '') : data, ...rest);
  return new Proxy(terminal, {
    get(target, key) {
      if (key === 'write') return write;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** Whether we were typed at a shell's prompt: then we are a job, with a process group of our own. */
function isRunByEditor(): boolean {
  const [own, parent] = [process.pid, process.ppid].map(groupOf);
  return parent !== undefined && own?.groupId !== parent.groupId && EDITORS.includes(parent.name);
}
