import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { COMMANDS, GLOBAL_OPTIONS } from '../../../src/cli.ts';
import { Flags } from '../../../src/commands/command.ts';
import { type Parsed, parsePlainly } from '../../../src/commands/parse-plainly.ts';
import { parseWithYargs } from '../../../src/commands/parse-with-yargs.ts';

interface Option {
  type?: string;
  alias?: string;
}

const commands = await Promise.all(
  Object.entries(COMMANDS).map(async ([name, { load }]) => {
    const { default: command } = await load();
    return { name, command, options: { ...command.options, ...GLOBAL_OPTIONS } };
  }),
);

// What option values, names and commands look like, and what has a meaning of its own to one parser or another.
const VALUES = ['a', 'fix-login', 'job=7', 'a=b=c', '5m', '0', '007', '1e3', '0x10', 'a b', 'é', '日', '.', 'a.b'];
const ODD = [
  '',
  ' ',
  '-',
  '--',
  '---',
  '-name',
  '--name',
  '-5',
  '-.5',
  'true',
  'false',
  "'q'",
  '"q"',
  '"',
  '--=',
  '-=x',
];
const TRAPS = ['a\nb=c', '--a\n=b', '-a-', '-a.b', '--no-all', '__proto__', '--__proto__', '--get-yargs-completions'];

/** What somebody may write who knows all options. */
const right = fc.constantFrom(...commands).chain(({ name, command, options }) => {
  const known = Object.entries<Option>(options).filter(([option]) => option !== 'help');
  const value = fc.constantFrom(...VALUES);
  const option = fc.tuple(fc.constantFrom(...known), value, fc.nat(2)).map(([[long, { type, alias }], text, way]) => {
    const written = way === 0 && alias !== undefined ? `-${alias}` : `--${long}`;
    if (type === 'boolean') return [written];
    return way === 1 ? [`--${long}=${text}`] : [written, type === 'array' || way === 2 ? text : `-${text}`];
  });
  const words = fc.array(value, { minLength: 1, maxLength: 3 });
  const end = fc.constantFrom(...(command.takesCommand ? [['--'], ['make'], ['-']] : [['--'], []]));
  const rest = fc.array(fc.constantFrom(...VALUES, ...ODD, ...TRAPS), { maxLength: 3 });
  return fc
    .tuple(fc.array(command.takesCommand ? option : fc.oneof(option, words), { maxLength: 4 }), end, rest)
    .map(([parts, last, more]) => ({ name, argv: [...parts.flat(), ...last, ...(last.length > 0 ? more : [])] }));
});

/** The same with a word or two that may be right, wrong or in the wrong place. */
const doubtful = right.chain(({ name, argv }) => {
  const { options } = named(name);
  const letters = Object.values<Option>(options).flatMap(({ alias }) => alias ?? []);
  const long = fc.constantFrom(...Object.keys(options).map((option) => `--${option}`));
  const letter = fc.constantFrom(...letters, ...letters, ...letters, 'h', 'z', '5', '-', '=', '.');
  const group = fc.array(letter, { minLength: 1, maxLength: 3 }).map((some) => `-${some.join('')}`);
  const value = fc.constantFrom(...VALUES, ...ODD, ...ODD, ...TRAPS);
  const word = fc.oneof(
    { weight: 3, arbitrary: fc.oneof(long, group) },
    { weight: 3, arbitrary: value },
    { weight: 6, arbitrary: fc.tuple(fc.oneof(long, group), value).map(([one, rest]) => `${one}=${rest}`) },
    fc.tuple(group, value).map(([one, rest]) => one + rest),
    long.map((one) => one.replace('--', '--no-')),
    fc.tuple(long, fc.nat(1)).map(([one, end]) => one.slice(end, end - 1 || undefined)),
    fc.string({ maxLength: 4 }),
  );
  const insertion = fc.tuple(word, fc.nat(argv.length));
  return fc.array(insertion, { minLength: 1, maxLength: 2 }).map((insertions) => ({
    name,
    argv: insertions.reduce((before, [one, at]) => before.toSpliced(at, 0, one), argv),
  }));
});

describe('what is read without yargs', () => {
  test('is never read otherwise than yargs reads it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(doubtful, doubtful, doubtful, right), async ({ name, argv }) => {
        const plain = plainly(name, argv);
        if (plain !== undefined) expect(seen(name, plain)).toEqual(seen(name, await withYargs(name, argv)));
      }),
      { numRuns: Number(process.env.RUNS ?? 800) },
    );
  });
  test('is all that is plainly right', () => {
    fc.assert(fc.property(right, ({ name, argv }) => plainly(name, argv) !== undefined));
  });

  test.each<[string, string[], string[], Record<string, string[] | true>]>([
    ['ps', [], [], {}],
    ['ps', ['-a'], [], { all: true }],
    ['ps', ['-aq', '--json'], [], { all: true, quiet: true, json: true }],
    ['ps', ['--filter', 'label=job=7', '--filter=phase=running'], [], { filter: ['label=job=7', 'phase=running'] }],
    ['ps', ['--sort', '-created', '--state-dir', '/s'], [], { sort: ['-created'], 'state-dir': ['/s'] }],
    ['status', ['fix-login'], ['fix-login'], {}],
    ['wait', ['a', '--timeout', '20m', 'b', '--any'], ['a', 'b'], { timeout: ['20m'], any: true }],
    ['wait', ['--for=done', '--', 'a'], ['a'], { for: ['done'] }],
    ['stop', ['a.0001', '--kill-after', '0'], ['a.0001'], { 'kill-after': ['0'] }],
    ['send', ['fix-login', '--', '--yes', '--', ''], ['fix-login', '--yes', '--', ''], {}],
    ['logs', ['-f', 'a', '--tail', '007'], ['a'], { follow: true, tail: ['007'] }],
    ['spawn', ['make', '--jobs', '-n', '4'], ['make', '--jobs', '-n', '4'], {}],
    ['spawn', ['-n', 'a', '--', 'sh', '--', '-c'], ['sh', '--', '-c'], { name: ['a'] }],
    ['spawn', ['-l', 'job=7', '-l', 'b=', '-C', '/w', 'x'], ['x'], { label: ['job=7', 'b='], cwd: ['/w'] }],
    ['spawn', ['--no-manager', '--stdin', '-', 'cat'], ['cat'], { 'no-manager': true, stdin: ['-'] }],
    ['spawn', ['--agent', 'claude', '--prompt', '- fix it'], [], { agent: ['claude'], prompt: ['- fix it'] }],
    ['run', ['-n', 'first', '-n', 'last', '--', 'true'], ['true'], { name: ['first', 'last'] }],
    ['tmux', ['list-sessions', '-F', '#{session_name}'], ['list-sessions', '-F', '#{session_name}'], {}],
  ])('is %s %j', (name, argv, words, given) => {
    expect(seen(name, plainly(name, argv) ?? { refusal: 'left to yargs' })).toEqual(
      seen(name, { flags: new Flags(given), words }),
    );
  });

  test.each<[string, string[]]>([
    ['ps', ['--help']],
    ['ps', ['-ah']],
    ['ps', ['--al']],
    ['ps', ['--all=false']],
    ['ps', ['--all', 'false']],
    ['ps', ['--no-all']],
    ['ps', ['--sort']],
    ['ps', ['-z']],
    ['ps', ['--__proto__']],
    ['stop', ['--filter', '--all']],
    ['spawn', ['-nfirst', 'true']],
    ['spawn', ['-n=first', 'true']],
    ['spawn', ['--name=', 'true']],
    ['spawn', ['-ne', 'A=b', 'true']],
    ['spawn', ['-n-', '--', 'true']],
    ['spawn', ['-C/tmp', 'true']],
    ['spawn', ['--env=']],
    ['spawn', ['--label="job=7"', 'true']],
    ['spawn', ["--label='job=7'", 'true']],
    ['spawn', ['--label', '-5', 'true']],
    ['spawn', ['--attach-', 'true']],
    ['spawn', ['---', 'true']],
    ['rm', ['-f-', 'a']],
    ['manager', ['run', '-5']],
  ])('is not %s %j', (name, argv) => {
    expect(plainly(name, argv)).toBeUndefined();
  });

  test('is nothing of a command with an option of an unknown kind', () => {
    for (const option of [
      { type: 'number', nargs: 1 },
      { type: 'string' },
      { type: 'boolean', default: true },
    ] as const)
      expect(parsePlainly({ option }, [], false)).toBeUndefined();
  });
});

function plainly(name: string, argv: readonly string[]): Parsed | undefined {
  const { command, options } = named(name);
  return parsePlainly(options, argv, command.takesCommand ?? false);
}

/** What yargs makes of it, or its refusal. */
async function withYargs(name: string, argv: readonly string[]): Promise<Parsed | { refusal: string }> {
  const { command, options } = named(name);
  const parsed = await parseWithYargs(name, command, options, argv).catch((error: Error) => ({
    refusal: error.message,
  }));
  return 'helpText' in parsed && parsed.helpText !== undefined ? { refusal: 'help' } : parsed;
}

/** Everything that a command can learn of its command line. */
function seen(name: string, parsed: Parsed | { refusal: string }) {
  if ('refusal' in parsed) return parsed;
  const { flags, words } = parsed;
  const options = Object.keys(named(name).options);
  return { words, options: options.map((option) => [option, flags.on(option), flags.text(option), flags.all(option)]) };
}

function named(name: string) {
  const found = commands.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no command ${name}`);
  return found;
}
