import type { Word } from './shell-lexer.ts';

/** What a command line runs, behind `sudo`, `env`, `timeout` and their like. */
export interface Program {
  /** Without its directory. */
  name: string;
  word: Word;
  args: Word[];
  /** The `timeout DURATION` in front of it. */
  timeouts: { word: Word; duration: Word; rest: Word[] }[];
}

/** The options with a value of those programs that run the rest of their line. */
const PREFIXES: Readonly<Record<string, string>> = {
  ...{ sudo: 'ugphCDRrtTU', doas: 'uC', env: 'uCS', nohup: '', exec: 'a', command: '', builtin: '', time: 'fo' },
  ...{ nice: 'n', ionice: 'cnp', setsid: '', stdbuf: 'ioe', xargs: 'aEeIiLlnPsd', unbuffer: '', flock: 'wE' },
  ...{ timeout: 'ks', gtimeout: 'ks', chronic: '', caffeinate: 'tw', 'systemd-cat': 'tp' },
};

/** Undefined for a line that only sets variables, or only asks where a program is. */
export function programOf(words: readonly Word[]): Program | undefined {
  const timeouts: Program['timeouts'] = [];
  let at = 0;
  while (isAssignment(words[at])) at++;
  for (;;) {
    const word = words[at];
    if (word === undefined) return undefined;
    const name = word.text.slice(word.text.lastIndexOf('/') + 1);
    const valued = Object.hasOwn(PREFIXES, name) ? PREFIXES[name] : undefined;
    if (valued === undefined) return { name, word, args: words.slice(at + 1), timeouts };
    if (name === 'command' && /^-[vV]/.test(words[at + 1]?.text ?? '')) return undefined;
    at++;
    for (let option = words[at]; option && /^-./.test(option.text); option = words[at]) {
      at++;
      if (option.text === '--') break;
      if (/^-\w$/.test(option.text) && valued.includes(option.text[1] ?? ' ')) at++;
    }
    while (isAssignment(words[at])) at++;
    if (name === 'flock') at++;
    if (name === 'timeout' || name === 'gtimeout') {
      const duration = words[at++];
      if (duration) timeouts.push({ word, duration, rest: words.slice(at) });
      if (words[at] === undefined && duration) return { name, word, args: [], timeouts };
    }
  }
}

/** `NAME=value`, where it is not quoted as a whole. */
export function isAssignment(word: Word | undefined): boolean {
  return word !== undefined && /^[A-Za-z_]\w*\+?=/.test(word.text);
}
