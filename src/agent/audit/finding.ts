import { placeOf, type Source } from './source.ts';

/** What is looked for. */
export type Hazard =
  | 'tmux-start'
  | 'tmux-probe'
  | 'tmux-kill'
  | 'sleep-holder'
  | 'tee-exit-code'
  | 'log-grep'
  | 'long-timeout';

/** What is dangerous about each, in a sentence. */
export const SENTENCES: Readonly<Record<Hazard, string>> = {
  'tmux-start':
    'A session that tmux starts keeps no exit code, has no cap, and stays until somebody remembers to kill it.',
  'tmux-probe':
    'What tmux shows does not tell whether the command still works, nor how it ended: no session and no server look alike.',
  'tmux-kill': 'It takes the first session whose name begins so, and leaves behind what does not die of a hang-up.',
  'sleep-holder': 'The sleep keeps a finished session open, which looks like one that still works.',
  'tee-exit-code': "The exit code of a pipe is tee's, which is 0 also when the command has failed.",
  'log-grep':
    'A log with the right word is no proof of the end: the agent may print it early, quote it, or die before it.',
  'long-timeout': 'A timeout of 4 hours or more lets what hangs hold its session for hours.',
};

/** One of them, in a file. */
export interface Finding {
  hazard: Hazard;
  /** Where it begins: an index into the file's text. */
  at: number;
  /** The agentctl line to put there, or what to do where no line is needed. */
  instead: string;
}

/** Languages that are read; Markdown in its fences. */
export type Language = 'shell' | 'python' | 'javascript' | 'make' | 'markdown';

/** Where a command was found, and where findings go. */
export interface Scene {
  /** The whole file. */
  file: string;
  language: Language;
  /** How many strings around it. */
  depth: number;
  /** Whether it is certain that it is run; else only what cannot be read as a sentence counts. */
  isSure: boolean;
  /** Whether it is what a tmux session runs. */
  inSession: boolean;
  /** Whether whoever runs it reads its exit code. */
  isCodeRead: boolean;
  /** Whether its shell has `pipefail` from the start. */
  pipefail: boolean;
  /** Whether what it prints is taken, as by a program that calls it. */
  isCaptured: boolean;
  /** Whether the file has anything to do with tmux. */
  knowsTmux: boolean;
  found: Finding[];
}

/** Nobody reads more of one file, and a file that was made to hold us up has many more. */
const MOST = 1000;

/** Whether no more is looked for in a file. */
export function isFull({ found }: Scene): boolean {
  return found.length >= MOST;
}

export function report({ found }: Scene, hazard: Hazard, place: Source | number, instead: string): void {
  found.push({ hazard, at: typeof place === 'number' ? place : placeOf(place, 0), instead });
}
