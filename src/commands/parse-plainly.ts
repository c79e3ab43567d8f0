import { parseArgs } from 'node:util';
import type { Options } from 'yargs';
import { Flags } from './command.ts';

/** A command line as it was understood. */
export interface Parsed {
  flags: Flags;
  /** What is no option: names, or the command that is to be run. */
  words: readonly string[];
}

/** What an option may say of itself to be known here; with anything more it does what only yargs knows. */
const KNOWN = ['type', 'alias', 'describe', 'nargs', 'requiresArg'];

/**
 * A command line that is plainly right; undefined for every other, which yargs then takes or refuses in its own words.
 * To load yargs costs as much as node itself, and hardly any command line needs it.
 *
 * @param takesCommand - what begins with the first word is not ours to read.
 */
export function parsePlainly(
  options: Readonly<Record<string, Options>>,
  argv: readonly string[],
  takesCommand: boolean,
): Parsed | undefined {
  const kinds = kindsOf(options);
  if (kinds === undefined) return undefined;
  const { tokens } = parseArgs({ args: [...argv], options: kinds, strict: false, tokens: true });
  const values: Record<string, true | string[]> = {};
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'option-terminator')
      return { flags: new Flags(values), words: words.concat(argv.slice(token.index + 1)) };
    if (token.kind === 'positional') {
      if (takesCommand) return { flags: new Flags(values), words: argv.slice(token.index) };
      words.push(token.value);
      continue;
    }
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    const written = argv[token.index] ?? '';
    // A value that is joined to a short option means one thing to some and another to yargs.
    if (option === undefined || token.name === 'help' || !/^(--[^-]|-[A-Za-z]+$)/.test(written)) return undefined;
    if (option.type === 'boolean') {
      // yargs takes these two words for the switch's value.
      if (token.value !== undefined || /^(true|false)$/.test(argv[token.index + 1] ?? '')) return undefined;
      values[token.name] = true;
    } else {
      const { value, inlineValue } = token;
      if (!value || (inlineValue && !written.startsWith('--'))) return undefined;
      // yargs gives a list no value that begins with a dash, and takes away quotes.
      if (option.type === 'array' && /^['"-]/.test(value)) return undefined;
      const before = values[token.name];
      values[token.name] = Array.isArray(before) ? [...before, value] : [value];
    }
  }
  return { flags: new Flags(values), words };
}

/** The options in parseArgs' words, or undefined where one is of a kind that is not known here. */
function kindsOf(options: Readonly<Record<string, Options>>) {
  const kinds: Record<string, { type: 'boolean' | 'string'; short?: string; multiple: boolean }> = {};
  for (const [name, option] of Object.entries(options)) {
    const { type, alias, nargs, requiresArg } = option;
    const takesOne = nargs === 1 || (requiresArg === true && nargs === undefined);
    const isKnown =
      (type === 'boolean' && nargs === undefined && !requiresArg) ||
      (type === 'string' && takesOne) ||
      (type === 'array' && nargs === 1);
    const short = typeof alias === 'string' && alias.length === 1 ? alias : undefined;
    if (!isKnown || short !== alias || Object.keys(option).some((key) => !KNOWN.includes(key))) return undefined;
    kinds[name] = { type: type === 'boolean' ? 'boolean' : 'string', multiple: true, ...(short && { short }) };
  }
  return kinds;
}
