import { describe, expect, test } from 'vitest';
import { ownersOf, type Run } from '../../../src/agent/owners.ts';
import type { Process } from '../../../src/agent/tree.ts';

const UNUSED = { bareEnvironment: false, hasTerminal: true, cpuTicks: 0, memoryBytes: 0, uid: 1000, name: 'sh' };

/** A process outside of any pane; its start time is its pid. */
function process(pid: number, parentPid: number, change: Partial<Process> = {}): Process {
  const loose = { groupId: pid, sessionId: pid, zombie: false, cookie: undefined };
  return { pid, parentPid, startTime: String(pid), ...UNUSED, ...loose, ...change };
}

const identity = (pid: number) => ({ pid, startTime: String(pid) });
const A: Run = { runId: 'runaaaaa', wrapper: identity(100), watchdog: identity(101), agent: identity(102) };
const B: Run = { runId: 'runbbbbb', wrapper: identity(200), watchdog: identity(201), agent: identity(202) };

/** A run's pane; its watchdog is asleep. */
function paneOf({ runId, wrapper, watchdog, agent }: Run): Process[] {
  const pane = { groupId: wrapper.pid, sessionId: wrapper.pid };
  return [
    process(wrapper.pid, 50, pane),
    process(watchdog.pid, wrapper.pid, pane),
    process(agent.pid, wrapper.pid, { ...pane, cookie: runId }),
    process(wrapper.pid + 9, watchdog.pid, { ...pane, name: 'sleep' }),
  ];
}

const IN_A = { groupId: 100, sessionId: 100 };
const BASE = [process(1, 0), process(50, 1, { name: 'tmux: server' }), ...paneOf(A), ...paneOf(B)];

/** Whose the others are: the agents themselves left out. */
function owned(others: readonly Process[], runs: readonly Run[] = [A, B], base = BASE): Record<string, number[]> {
  const found = [...ownersOf(runs, [...base, ...others])].map(
    ([runId, tree]) => [runId.at(-1), tree.map(({ pid }) => pid).filter((pid) => pid !== 102 && pid !== 202)] as const,
  );
  return Object.fromEntries(found.filter(([, pids]) => pids.length > 0));
}

test('each run has its agent, and neither wrapper nor watchdog nor their helpers', () => {
  const pids = [...ownersOf([A, B], BASE)].map(([runId, tree]) => [runId, tree.map(({ pid }) => pid)]);
  expect(pids).toEqual([
    ['runaaaaa', [102]],
    ['runbbbbb', [202]],
  ]);
});

describe('a process counts', () => {
  test.each<[string, Process[], Record<string, number[]>]>([
    ['by its cookie, wherever it stands', [process(300, 1, { cookie: 'runaaaaa' })], { a: [300] }],
    ['by its cookie before its parent', [process(300, 102, { cookie: 'runbbbbb' })], { b: [300] }],
    ['by its cookie before its pane', [process(300, 102, { ...IN_A, cookie: 'runbbbbb' })], { b: [300] }],
    ['by its session, once it is an orphan', [process(300, 1, { sessionId: 100 })], { a: [300] }],
    ['by its group', [process(300, 1, { groupId: 100 })], { a: [300] }],
    ['by its parent', [process(300, 102), process(301, 300), process(302, 301)], { a: [300, 301, 302] }],
    [
      'whatever the order of the table',
      [process(302, 301), process(301, 300), process(300, 202)],
      { b: [302, 301, 300] },
    ],
    ['by a parent that is a zombie', [process(300, 102, { zombie: true }), process(301, 300)], { a: [301] }],
    [
      'by the nearest ancestor that has an owner',
      [process(300, 102, { cookie: 'runbbbbb' }), process(301, 300), process(302, 301, { cookie: 'runaaaaa' })],
      { b: [300, 301], a: [302] },
    ],
    [
      'for nobody here, with what stands below it, if its cookie is emptied or of a run elsewhere',
      [
        process(300, 102, { cookie: '' }),
        process(301, 300),
        process(302, 102, { cookie: 'runccccc' }),
        process(303, 302),
      ],
      {},
    ],
    ['for nobody, if nothing ties it', [process(300, 1), process(301, 50), process(302, 299)], {}],
    ['for nobody, if watcher and helper have forked it', [process(300, 109, IN_A), process(301, 100, IN_A)], {}],
    ['not as a zombie', [process(300, 102, { zombie: true })], {}],
    ['in a table with a circle', [process(300, 301), process(301, 300), process(302, 302)], {}],
  ])('%s', (_, others, expected) => {
    expect(owned(others)).toEqual(expected);
  });

  test('by the control group, unless somebody above it says otherwise', () => {
    const others = [process(300, 1), process(301, 102, { cookie: '' }), process(302, 301), process(303, 202)];
    expect(owned(others, [{ ...A, cgroupPids: new Set([300, 301, 302, 303]) }, B])).toEqual({ a: [300], b: [303] });
  });
});

describe('a number that was used again', () => {
  test("as the wrapper's gives nobody a session", () => {
    const base = [process(1, 0), process(100, 1, { startTime: '999' })];
    expect(owned([process(300, 100, { sessionId: 100 })], [A], base)).toEqual({});
  });

  test("as the agent's owns nothing below it", () => {
    const base = [process(1, 0), process(102, 1, { startTime: '999' })];
    expect([...ownersOf([A], [...base, process(300, 102)])]).toEqual([['runaaaaa', []]]);
  });

  test('leaves the session to the run whose wrapper lives', () => {
    const before: Run = { ...A, runId: 'runccccc', wrapper: { pid: 200, startTime: '7' }, agent: identity(900) };
    expect(owned([process(300, 1, { sessionId: 200 })], [before, B])).toEqual({ b: [300] });
  });
});

test('the orphans of a session whose leader has gone count for its run', () => {
  expect(owned([process(300, 1, { sessionId: 100 })], [A], [process(1, 0)])).toEqual({ a: [300] });
});

test('an agent that left its session leads one of its own', () => {
  const base = [process(1, 0), process(100, 50), process(102, 100, { cookie: '' })];
  expect(owned([process(300, 1, { sessionId: 102 })], [A], base)).toEqual({ a: [300] });
});
