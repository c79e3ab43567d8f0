// Scenario 9: names, labels, paths and arguments that mean something to a shell, to tmux, to a path or to a terminal.
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { InvalidInput } from '../../src/agent/invalid-input.ts';
import { UnknownAgentError } from '../../src/errors.ts';
import { find } from '../../src/lifecycle/list.ts';
import { spawn } from '../../src/lifecycle/spawn.ts';
import { FaultBench } from '../fixtures/fault-bench.ts';
import { waitFor } from '../fixtures/wait-for.ts';

const OF_PATHS = [
  '../x',
  '../agents/neighbour',
  '/etc/x',
  './neighbour',
  'neighbour/',
  'a/b',
  '.',
  '..',
  '.new.0mh2k3x4y',
  '.lock.x',
  '~',
];
const OF_TMUX = [
  '=neighbour:',
  '=neighbour',
  'neighbour:',
  'neighbour:0.0',
  '%0',
  '%1',
  '$0',
  '$1',
  '@0',
  '@1',
  'neighbour.0',
  '{last}',
  '!',
  'neighbour;',
  '*',
  'n*',
];
const OF_SHELLS = [
  '$(touch pwned)',
  '`touch pwned`',
  'x; touch pwned',
  'x & touch pwned',
  "x' ; touch pwned; '",
  '"; touch pwned; "',
  'x|touch pwned',
  '>pwned',
  '$IFS',
  '#{pane_id}',
  '#(touch pwned)',
];
const OF_BYTES = [
  '',
  ' ',
  '\0',
  'x\0y',
  'x\ny',
  '\n',
  'x\ry',
  'x\ty',
  'x'.repeat(65),
  'x'.repeat(300),
  '\x1b]0;pwned\x07',
  '\x1b[2J',
  '\u009b2J',
  '\u202egnp',
  'ä',
  '名',
  '\ud800',
];
const OF_OPTIONS = ['-rf', '--force', '--', '-', '-n'];
const HOSTILE = [...OF_PATHS, ...OF_TMUX, ...OF_SHELLS, ...OF_BYTES, ...OF_OPTIONS];

const WORST = ['../agents/neighbour', '=neighbour:', '$(touch pwned)', '\x1b[2Jx\0y'];

/** All that is there. */
function everything(bench: FaultBench): string[] {
  return readdirSync(bench.dir, { recursive: true, encoding: 'utf8' }).toSorted();
}

/** Harmless to read, and a sentence. */
function expectRefusal(
  words: readonly string[],
  { code, stdout, stderr }: { code: number | null; stdout: string; stderr: string },
): void {
  const about = JSON.stringify(words);
  expect(code, about).not.toBe(0);
  expect(stdout, about).toBe('');
  expect(stderr, about).toMatch(/^(agentctl: [^\n]{10,}\n)+$/);
  expect(/[^\P{Cc}\n]|[\u202a-\u202e]/u.exec(stderr), about).toBe(null);
}

test('a hostile name is refused with a sentence by whatever takes one, and nothing is made or harmed', async () => {
  const bench = await FaultBench.open();
  await bench.many([['ps']]);
  const before = everything(bench);
  const stateDir = { path: bench.state, reason: 'of a test' };
  for (const name of HOSTILE) {
    await expect(spawn(stateDir, { name, command: ['true'], noManager: true })).rejects.toThrow(InvalidInput);
    expect(() => find(stateDir, name)).toThrow(UnknownAgentError);
  }
  expect(() => find(stateDir, 'neigh')).toThrow(UnknownAgentError); // which to tmux is the neighbour
  const commands = WORST.flatMap((name) => [
    ['spawn', `--name=${name}/`, '--', 'sleep', '1000'],
    ...['status', 'inspect', 'logs', 'screen', 'wait', 'stop', 'kill', 'keep', 'done', 'attach'].map((word) => [
      word,
      name,
    ]),
    ['rm', '-f', name],
    ['send', name, 'text'],
    ['extend', name, '1h'],
  ]);
  const ran = await bench.many(commands);
  for (const [at, words] of commands.entries()) expectRefusal(words, ran[at] ?? { code: 0, stdout: '', stderr: '' });
  expect(everything(bench)).toEqual(before);
  expect(await bench.agent('neighbour')).toMatchObject({ phase: 'running' });
  await bench.checks({});
});

test('labels, filters, variables and limits: refused with a sentence', async () => {
  const bench = await FaultBench.open();
  await bench.many([['ps']]);
  const before = everything(bench);
  const commands = [
    ...['\x1b]0;x\x07', 'x\ny', 'x\0y', 'x'.repeat(257), '\u009b2J'].map((value) => [
      'spawn',
      '-l',
      `key=${value}`,
      'true',
    ]),
    ...['', '=', '../x=1', '/x=1', '-x=1', '$(x)=1', 'x y=1', `${'k'.repeat(64)}=1`, 'ä=1', '\x1b[2J=1'].map(
      (label) => ['spawn', `--label=${label}`, 'true'],
    ),
    ...['', '=x', 'x\0y=1'].map((variable) => ['spawn', `--env=${variable}`, 'true']),
    ['spawn', '--max-runtime=$(touch pwned)', 'true'],
    ['spawn', '--grace=1;touch pwned', 'true'],
    ['spawn', '--max-idle=-1', 'true'],
    ['spawn', '--kill-after=99999999999999999999h', 'true'],
    ['spawn', '--grace=٣s', 'true'],
    ...['$(touch pwned)', '1x1;touch', '0x0', '-1x5', '99999x99999'].map((size) => ['spawn', `--size=${size}`, 'true']),
    ...['/nowhere/$(touch pwned)', 'x\0y', '\n'].map((folder) => ['spawn', '-C', folder, 'true']),
    ['spawn', '--', '$(touch pwned)'],
    ['spawn', '--', 'true\0'],
    ['spawn', '--', 'true', 'x\0y'],
  ];
  const ran = await bench.many(commands);
  for (const [at, words] of commands.entries()) expectRefusal(words, ran[at] ?? { code: 0, stdout: '', stderr: '' });
  expect(everything(bench)).toEqual(before);
  await bench.checks({});
});

test('what may be stored is stored as it is: folder, program, arguments, variables and labels act on nothing', async () => {
  const bench = await FaultBench.open();
  const hostile = [...OF_SHELLS, ...OF_TMUX, 'x\ny', '\x1b]0;pwned\x07', '-rf', ';', '\\;'].join(' ');
  const folder = join(bench.dir, "in $(touch pwned)`touch pwned`;touch pwned;'\n#(touch pwned)");
  mkdirSync(folder);
  bench.file(
    '$(touch pwned);x',
    '#!/bin/bash\nprintf "%s\\0" "$@" "$A_B" "$PWD" >"$OUT"; env -0 >"$OUT.env"; exit 3\n',
    0o755,
  );
  const program = join(bench.dir, '$(touch pwned);x');
  const out = join(bench.dir, 'out');
  const labels = { 'a/../../b': hostile.replaceAll(/\p{Cc}/gu, ''), 'a..b': '../../x' };
  const agent = await spawn(
    { path: bench.state, reason: 'of a test' },
    {
      command: [program, hostile, ...OF_OPTIONS],
      cwd: folder,
      env: { OUT: out, A_B: hostile, 'x;touch pwned': hostile, '$(touch pwned)': 'y' },
      labels,
      limits: { graceMs: 0 },
      noManager: true,
    },
  );
  const { name } = bench.know(JSON.parse(JSON.stringify(agent)));
  expect(name).toMatch(/^[A-Za-z0-9][A-Za-z0-9_-]*$/);
  await waitFor('its words', () => existsSync(`${out}.env`) && readFileSync(`${out}.env`, 'utf8').includes('OUT='));
  expect(readFileSync(out, 'utf8').split('\0')).toEqual([hostile, ...OF_OPTIONS, hostile, folder, '']);
  const variables = readFileSync(`${out}.env`, 'utf8').split('\0');
  expect(variables).toContain(`x;touch pwned=${hostile}`);
  expect(variables).toContain('$(touch pwned)=y');
  const shown = await bench.many([
    ['ps', '-a'],
    ['ps', '-a', '--filter', 'label=a..b=../../x', '-q'],
    ['status', name],
    ['inspect', name],
  ]);
  expect(shown.map(({ code }) => code)).toEqual([0, 0, 3, 0]);
  expect(shown[1]?.stdout).toBe(`${name}\n`);
  for (const { stdout } of shown) expect(/[^\P{Cc}\n]/u.exec(stdout)).toBe(null);
  expect(JSON.parse(shown[3]?.stdout ?? '')).toMatchObject({ labels, cwd: folder });
  await bench.checks({ [name]: { result: 'failed', exitCode: 3 } });
  expect(everything(bench).filter((path) => path.endsWith('pwned'))).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});
