import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { agentTable, type Row, statusCell } from '../../../src/view/agent-table.ts';

const NOW = Date.parse('2026-01-02T12:00:00Z');

const RUNNING: Row = {
  name: 'fix',
  runId: 'run00001',
  parent: null,
  phase: 'running',
  result: null,
  exitCode: null,
  signal: null,
  reason: 'the agent runs',
  startedAt: '2026-01-02T11:50:00.000Z',
  endedAt: null,
  deadline: '2026-01-02T12:50:00.000Z',
  teardownAt: null,
  kept: false,
  archived: false,
  report: null,
  lastOutputAt: '2026-01-02T11:59:30.000Z',
  cwd: '/home/me/work',
  command: ['make', 'test'],
};

const ENDED: Row = {
  ...RUNNING,
  phase: 'ended',
  result: 'succeeded',
  exitCode: 0,
  endedAt: '2026-01-02T11:58:00.000Z',
};

beforeEach(() => {
  vi.stubEnv('HOME', '/home/me');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the status of an agent, in a cell', () => {
  test.each<[string, Partial<Row>, string]>([
    ['succeeded', {}, 'succeeded 2m ago'],
    ['failed with its code', { result: 'failed', exitCode: 3 }, 'failed (3) 2m ago'],
    ['signaled by its name', { result: 'signaled', exitCode: 137, signal: 'SIGKILL' }, 'signaled (SIGKILL) 2m ago'],
    ['timed out', { result: 'timed-out', exitCode: 143, signal: 'SIGTERM' }, 'timed-out (SIGTERM) 2m ago'],
    ['stopped, and obeyed', { result: 'stopped' }, 'stopped 2m ago'],
    ['lost, with no code to show', { result: 'lost', exitCode: null }, 'lost 2m ago'],
    ['lost, nobody knows when', { result: 'lost', exitCode: null, endedAt: null }, 'lost'],
    ['ended in the future, by a clock that was set', { endedAt: '2026-01-02T12:30:00Z' }, 'succeeded 0s ago'],
    ['with what it left running', { leftRunning: [{}, {}] }, 'succeeded 2m ago, left 2 running'],
    ['with nothing left running', { leftRunning: [] }, 'succeeded 2m ago'],
    ['kept', { result: 'failed', exitCode: 3, kept: true }, 'failed (3) 2m ago, kept'],
    ['kept with what it left running', { kept: true, leftRunning: [{}] }, 'succeeded 2m ago, left 1 running, kept'],
    ['once kept, and torn down since', { kept: true, archived: true }, 'succeeded 2m ago'],
  ])('%s', (_, change, cell) => {
    expect(statusCell({ ...ENDED, ...change }, NOW)).toBe(cell);
  });

  test.each(['queued', 'starting', 'running', 'done', 'stopping'])('%s', (phase) => {
    expect(statusCell({ ...RUNNING, phase }, NOW)).toBe(phase);
  });

  const FAILURE = { status: 'failure', waitingFor: null };
  test.each<[string, Partial<Row>]>([
    ['done (grace 4:12)', { teardownAt: '2026-01-02T12:04:12Z' }],
    ['done (grace 1:04:02)', { teardownAt: '2026-01-02T13:04:01.5Z', report: { status: 'success', waitingFor: null } }],
    ['done (grace 0:00)', { teardownAt: '2026-01-02T11:59:00Z' }],
    ['done (kept)', { teardownAt: '2026-01-02T12:04:12Z', kept: true }],
    ['done: failure', { report: FAILURE }],
    ['done: failure (grace 1:00)', { report: FAILURE, teardownAt: '2026-01-02T12:01:00Z' }],
    ['done: failure (kept)', { report: FAILURE, kept: true }],
  ])('%s', (cell, change) => {
    expect(statusCell({ ...RUNNING, phase: 'done', ...change }, NOW)).toBe(cell);
  });

  test.each([
    ['waiting (permission)', { status: null, waitingFor: 'permission' }],
    ['waiting (rate limit)', { status: null, waitingFor: 'rate limit' }],
    ['waiting (input)', null],
  ])('%s', (cell, report) => {
    expect(statusCell({ ...RUNNING, phase: 'waiting', report }, NOW)).toBe(cell);
  });

  test('unknown, and why', () => {
    expect(statusCell({ ...RUNNING, phase: 'unknown', reason: 'spec.json is missing' }, NOW)).toBe(
      'unknown: spec.json is missing',
    );
  });
});

describe('a table of agents', () => {
  const rows = (agents: Row[], tree = false): string[][] =>
    agentTable(agents, { columns: undefined, tree, nowMs: NOW })
      .split('\n')
      .map((line) => line.split(/ {2,}/));

  test.each<[string, Partial<Row>, string[]]>([
    ['that runs', {}, ['fix', 'running', '10m', '50m', '30s', '~/work', 'make test']],
    ['without a cap', { deadline: null }, ['fix', 'running', '10m', 'none', '30s', '~/work', 'make test']],
    [
      'past its cap',
      { deadline: '2026-01-02T11:00:00Z' },
      ['fix', 'running', '10m', '0s', '30s', '~/work', 'make test'],
    ],
    [
      'that starts',
      { phase: 'starting', startedAt: null, deadline: null, lastOutputAt: null },
      ['fix', 'starting', '-', '-', '-', '~/work', 'make test'],
    ],
    ['that has ended', ENDED, ['fix', 'succeeded 2m ago', '8m', '-', '-', '~/work', 'make test']],
    [
      'of which nothing is known',
      { phase: 'unknown', startedAt: null, deadline: null, lastOutputAt: null, cwd: null, command: [] },
      ['fix', 'unknown: the agent runs', '-', '-', '-', '-', '-'],
    ],
    ['at home', { cwd: '/home/me' }, ['fix', 'running', '10m', '50m', '30s', '~', 'make test']],
    [
      "next to somebody's home",
      { cwd: '/home/me2' },
      ['fix', 'running', '10m', '50m', '30s', '/home/me2', 'make test'],
    ],
    [
      'that would paint the terminal',
      { cwd: '/x\x1b[2J', command: ['a\nb', '\x9b2J'] },
      ['fix', 'running', '10m', '50m', '30s', '/x\\x1b[2J', "'a\\x0ab' '\\x9b2J'"],
    ],
  ])('has one %s', (_, change, row) => {
    expect(rows([{ ...RUNNING, ...change }])).toEqual([
      ['NAME', 'STATUS', 'RUNTIME', 'LEFT', 'IDLE', 'CWD', 'COMMAND'],
      row,
    ]);
  });

  test('is a header where there are none', () => {
    expect(rows([])).toHaveLength(1);
  });

  test('fits 80 columns with a command of any length', () => {
    const text = agentTable([{ ...RUNNING, command: ['x'.repeat(500)] }], { columns: 80, tree: false, nowMs: NOW });
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBe(80);
  });

  test('as a tree has children below their parents, at any depth, and orphans at the top', () => {
    const agent = (name: string, runId: string | null, parent: string | null): Row => ({
      ...RUNNING,
      name,
      runId,
      parent: parent === null ? null : { runId: parent },
    });
    const agents = [
      agent('grandchild', 'r3', 'r2'),
      agent('child', 'r2', 'r1'),
      agent('damaged', null, null),
      agent('top', 'r1', null),
      agent('orphan', 'r4', 'gone'),
      agent('second', 'r5', 'r1'),
    ];
    const lines = agentTable(agents, { columns: undefined, tree: true, nowMs: NOW }).split('\n').slice(1);
    expect(lines.map((line) => /^ *\S+/.exec(line)?.[0])).toEqual([
      'damaged',
      'top',
      '  child',
      '    grandchild',
      '  second',
      'orphan',
    ]);
  });

  test('as a tree hides nobody, also where records make a circle', () => {
    const agents = [
      { ...RUNNING, name: 'a', runId: 'r1', parent: { runId: 'r2' } },
      { ...RUNNING, name: 'b', runId: 'r2', parent: { runId: 'r1' } },
      { ...RUNNING, name: 'c', runId: 'r3', parent: { runId: 'r3' } },
    ];
    expect(rows(agents, true).map((row) => row.find((cell) => cell !== ''))).toEqual(
      expect.arrayContaining(['a', 'b', 'c']),
    );
  });
});
