import { expect, test } from 'vitest';
import { postmortemReport } from '../../../src/view/postmortem-report.ts';

const NONE = { ended: [], spared: [], survivors: [], suspects: [] };
const SLEEP = { pid: 12, program: 'sleep', why: 'session' };

const FAILED = {
  name: 'fix',
  runId: 'run00001',
  tornDown: true,
  program: 'claude',
  cwd: '/home/me/repo',
  endedAt: '2026-01-02T12:00:00.000Z',
  result: 'failed',
  exitCode: 3,
  reason: 'exited with 3',
  steps: [{ step: 'teardown', at: '2026-01-02T12:05:00.000Z' }],
  report: null,
  screen: 'one\n\ntwo\n',
  log: { text: 'one\ntwo', bytes: 2048, drewScreen: false },
  processes: NONE,
  resources: { wallSeconds: 65, cpuSeconds: 1.5, peakMemoryBytes: 1024 * 1024, savedSeconds: null },
  resume: null,
  git: { status: '## main...origin/main [ahead 1]\n M a\n?? new\n', cut: false },
  gitMissing: null,
};

test('tells what happened, the last words, what was left and where to look, in that order', () => {
  expect(postmortemReport(FAILED, '/state/archive/fix.run00001')).toBe(
    `fix failed: exited with 3
  ended     2026-01-02T12:00:00.000Z, exit code 3, claude
  steps     torn down 12:05:00
  used      1m5s, 1.50 s of CPU, 1.0 MiB at most
last words
  | one
  | two
what was left
  cwd       /home/me/repo
  git       main...origin/main [ahead 1]: 2 changes
             M a
            ?? new
where to look
  files     /state/archive/fix.run00001
  log       agentctl logs fix.run00001 (2.0 KiB)
  all       agentctl inspect fix.run00001`,
  );
});

test('shows terminal codes as text, wherever they come from', () => {
  const evil = 'a\u001b]0;title\u0007b';
  const text = postmortemReport(
    {
      ...FAILED,
      reason: evil,
      program: evil,
      cwd: evil,
      screen: evil,
      report: { state: 'done', source: 'hook', status: evil, message: evil, waitingFor: null, resultFile: evil },
      processes: { ...NONE, survivors: [{ ...SLEEP, program: evil }] },
      git: { status: `## ${evil}\n?? ${evil}\n`, cut: false },
      resume: evil,
    },
    evil,
  );
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  expect(text.match(/\\x1b\]0;title\\x07/g)?.length).toBeGreaterThanOrEqual(10);
});

test.each([
  ['a log, where nobody saw the screen', { screen: null }, /last words\n {2}\| one\n {2}\| two\n/],
  ['none', { screen: ' \n', log: null }, /last words: none\n/],
  [
    'no log of a program that drew on the screen',
    { screen: null, log: { ...FAILED.log, drewScreen: true } },
    /: none\n/,
  ],
  ['why git says nothing', { git: null, gitMissing: 'git is not installed' }, /git {7}git is not installed\n/],
  ['a clean repository', { git: { status: '## main\n', cut: false } }, /git {7}main: no changes\n/],
  ['one change', { git: { status: '## main\n M a\n', cut: false } }, /git {7}main: 1 change\n/],
  [
    'changes without end',
    { git: { status: `## main\n${' M a\n'.repeat(9)}`, cut: true } },
    /more than 9 changes\n(.+\n){4} +and 5 more\n/,
  ],
  [
    'what runs still',
    { tornDown: false, processes: { ...NONE, survivors: [SLEEP] } },
    /runs {6}sleep \(pid 12, session\)\n/,
  ],
  [
    'a few of many',
    { processes: { ...NONE, ended: [SLEEP, SLEEP, SLEEP, SLEEP, SLEEP] } },
    /ended( +sleep.+?){1}, 2 more\n/,
  ],
  ['an unknown code', { exitCode: null, result: 'lost' }, /its exit code is not known/],
])('tells %s', (_, change, expected) => {
  expect(postmortemReport({ ...FAILED, ...change }, '/dir')).toMatch(expected);
});

test('fits 24 lines, whatever its screen and its repository hold', () => {
  const text = postmortemReport(
    {
      ...FAILED,
      screen: 'line\n'.repeat(100),
      git: { status: `## main\n${'?? file\n'.repeat(100)}`, cut: false },
      report: {
        state: 'done',
        source: 'done',
        status: 'failure',
        message: 'gave up',
        waitingFor: null,
        resultFile: null,
      },
    },
    '/dir',
  );
  expect(text.split('\n').length).toBeLessThanOrEqual(24);
});
