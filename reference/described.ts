import { BUILT_IN } from '../src/agent/profiles/profile.ts';
import { COMMANDS, GLOBAL_OPTIONS } from '../src/cli.ts';

/** A command as its own file describes it, for whoever writes that down in another form. */
export interface Described {
  name: string;
  summary: string;
  /** How it is written, without `agentctl`; one or several ways. */
  usages: readonly string[];
  description: string;
  examples: readonly (readonly [command: string, meaning: string])[];
  options: readonly DescribedOption[];
  /** The words of which it takes one: `run`, `start`, `stop`, `status`. */
  words: readonly string[];
  /** Whose names it takes. */
  names: 'none' | 'live' | 'all';
  /** What begins with its first word is another's command line. */
  takesCommand: boolean;
}

export interface DescribedOption {
  name: string;
  short: string | undefined;
  takesValue: boolean;
  /** Which values there are; undefined where they cannot be told. */
  values: readonly string[] | undefined;
  meaning: string;
}

/** Who is archived cannot be asked for these any more. */
const OF_LIVE_ONES = ['attach', 'send', 'stop', 'kill', 'done', 'extend', 'keep'];

/** Every command, in the order of `agentctl --help`. */
export async function described(): Promise<Described[]> {
  return Promise.all(
    Object.entries(COMMANDS).map(async ([name, { summary, load }]) => {
      const { usage, description, examples, options, takesCommand } = (await load()).default;
      const takesNames = /\bNAME\b/.test(usage);
      return {
        name,
        summary,
        ...usagesOf(name, usage),
        description,
        examples: examples ?? [],
        options: optionsOf(options ?? {}),
        names: !takesNames ? 'none' : OF_LIVE_ONES.includes(name) ? 'live' : 'all',
        takesCommand: takesCommand ?? false,
      };
    }),
  );
}

/** What stands before a command, or after any. */
export function globalOptions(): DescribedOption[] {
  return optionsOf(GLOBAL_OPTIONS);
}

/** "manager run | start" has words to choose from, "config [path | validate]" too; "inspect NAME… | inspect --self" is two ways to write it. */
function usagesOf(name: string, usage: string): Pick<Described, 'usages' | 'words'> {
  const choice = /^\S+ \[?([a-z]+(?: ?\| ?[a-z]+)+)\]?$/.exec(usage)?.[1];
  if (choice !== undefined) return { usages: [usage], words: choice.split(/ ?\| ?/) };
  return { usages: usage.split(' | ').map((way) => (way.startsWith(name) ? way : `${name} ${way}`)), words: [] };
}

function optionsOf(options: Readonly<Record<string, object>>): DescribedOption[] {
  return Object.entries(options).map(([name, option]) => {
    const { alias, type, describe } = option as { alias?: string; type?: string; describe?: string };
    const takesValue = type !== 'boolean';
    return {
      name,
      short: alias,
      takesValue,
      values: name === 'agent' ? Object.keys(BUILT_IN) : takesValue ? valuesOf(describe ?? '') : undefined,
      meaning: describe ?? '',
    };
  });
}

/** A meaning that begins with a list says all values: "done, waiting or ended: …". */
function valuesOf(meaning: string): readonly string[] | undefined {
  return /^([a-z]+(?:, [a-z]+)+(?: or [a-z]+)?)[:;]/.exec(meaning)?.[1]?.split(/, | or /);
}
