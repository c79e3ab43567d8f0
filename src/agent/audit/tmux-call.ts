import { part, type Source } from './source.ts';

/** One tmux command of a command line, as far as it tells about sessions. */
export interface TmuxCall {
  command: TmuxCommand;
  /** The options without a value, by their letters. */
  switches: string;
  /** The options with a value; the last one counts. */
  options: Readonly<Record<string, Source>>;
  /** What follows the options. */
  rest: readonly Source[];
  /** Whether the line goes on with what is not known before it runs: `"$@"`, `*args`. */
  isOpen: boolean;
}

export type TmuxCommand = keyof typeof COMMANDS;

/** Those of tmux' commands that start, probe or end sessions: their short name, and their options that have a value. */
const COMMANDS = {
  'new-session': { short: 'new', valued: 'ceFfnstxy' },
  'has-session': { short: 'has', valued: 't' },
  'kill-session': { short: undefined, valued: 't' },
  'kill-server': { short: undefined, valued: '' },
  'list-sessions': { short: 'ls', valued: 'FfO' },
  'list-panes': { short: 'lsp', valued: 'FfOt' },
  'capture-pane': { short: 'capturep', valued: 'bESt' },
  'display-message': { short: 'display', valued: 'cdtF' },
} as const;

/** The options of tmux itself that have a value. */
const GLOBAL_VALUED = 'cfLST';

/**
 * Reads what follows `tmux` on a command line: several commands, where `;` stands between them.
 *
 * @param isHole - whether a word stands for any number of words that are not known.
 */
export function tmuxCalls<T extends Source>(words: readonly T[], isHole: (word: T) => boolean): TmuxCall[] {
  const { next } = options(words, GLOBAL_VALUED);
  const calls: TmuxCall[] = [];
  let from = next;
  for (let at = next; at <= words.length; at++) {
    const word = words[at];
    if (word !== undefined && word.text !== ';') continue;
    const [first, ...others] = words.slice(from, at);
    const command = first && commandOf(first.text);
    if (command !== undefined) {
      const known = others.filter((other) => !isHole(other));
      const parsed = options(known, COMMANDS[command].valued);
      const { switches, options: valued } = parsed;
      calls.push({
        ...{ command, switches, options: valued, rest: known.slice(parsed.next) },
        isOpen: known.length < others.length,
      });
    }
    from = at + 1;
  }
  return calls;
}

/** The command that a word names in full, by its alias, or by a beginning that no other command of tmux has. */
export function commandOf(word: string): TmuxCommand | undefined {
  for (const [name, { short }] of Object.entries(COMMANDS) as [TmuxCommand, { short: string | undefined }][])
    if (word === name || word === short || (name.startsWith(word) && word.length >= name.indexOf('-') + 3)) return name;
  return undefined;
}

function options(words: readonly Source[], valued: string) {
  const found: Record<string, Source> = {};
  let switches = '';
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at];
    if (!word || !/^-[A-Za-z0-9]/.test(word.text)) break;
    for (let index = 1; index < word.text.length; index++) {
      const letter = word.text[index] ?? '';
      if (!valued.includes(letter)) {
        switches += letter;
        continue;
      }
      const value = index + 1 < word.text.length ? part(word, index + 1, word.text.length) : words[++at];
      if (value) found[letter] = value;
      break;
    }
  }
  if (words[at]?.text === '--') at++;
  return { switches, options: found, next: at };
}
