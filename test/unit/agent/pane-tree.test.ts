import { describe, expect, test } from 'vitest';
import { busyWith, type PaneTree, paneTree } from '../../../src/agent/pane-tree.ts';
import type { Process } from '../../../src/agent/tree.ts';

const SERVER = 50;
const PANE = 100;

/** A process of the pane's session and group, unless told otherwise; its start time is its pid. */
function process(pid: number, parentPid: number, change: Partial<Process> = {}): Process {
  const pane = { groupId: PANE, sessionId: PANE, cookie: undefined, bareEnvironment: false, hasTerminal: true };
  const used = { cpuTicks: 0, memoryBytes: 0 };
  return { pid, parentPid, startTime: String(pid), zombie: false, uid: 1000, name: 'sh', ...pane, ...used, ...change };
}

/** One with a session and a group of its own. */
function loose(pid: number, parentPid: number, change: Partial<Process> = {}): Process {
  return process(pid, parentPid, { groupId: pid, sessionId: pid, ...change });
}

const INIT = loose(1, 0, { name: 'systemd' });
const TMUX = loose(SERVER, 1, { name: 'tmux: server' });
const SHELL = process(PANE, SERVER);
const NOBODY: PaneTree = {
  panes: [{ pid: PANE, startTime: String(PANE) }],
  known: [],
  cookies: new Set(),
  never: new Set([SERVER]),
};

/** Who is in the tree besides the pane, and who is spared. */
function found(others: readonly Process[], change: Partial<PaneTree> = {}, pane: readonly Process[] = [SHELL]) {
  const { members, spared } = paneTree({ ...NOBODY, ...change }, [INIT, TMUX, ...pane, ...others]);
  const ties = members.map(({ process: { pid }, why }) => [pid, why] as const).filter(([pid]) => pid !== PANE);
  return { members: Object.fromEntries(ties), spared: spared.map(({ process: { pid } }) => pid) };
}

const known = (process: Process) => ({ process, why: 'descendant' as const });

describe('in the tree of a pane is', () => {
  test.each<[string, Process[], Record<number, string>]>([
    ['a child', [process(200, PANE)], { 200: 'session' }],
    ['a job with a group of its own', [process(200, PANE, { groupId: 200 })], { 200: 'session' }],
    ['an orphan of its session', [process(200, 1)], { 200: 'session' }],
    ['what is in its group only', [loose(200, 1, { groupId: PANE })], { 200: 'group' }],
    ['a child that left the session', [loose(200, PANE)], { 200: 'descendant' }],
    ['a child of an orphan of the session', [process(200, 1), loose(201, 200)], { 200: 'session', 201: 'descendant' }],
    [
      'a child that a table names before its parent',
      [loose(201, 200), loose(200, PANE)],
      {
        200: 'descendant',
        201: 'descendant',
      },
    ],
    ['a tmux client that it shows', [process(200, PANE, { name: 'tmux: client' })], { 200: 'session' }],
    ["another user's, below sudo", [process(200, PANE, { uid: 0 })], { 200: 'session' }],
  ])('%s', (_, others, members) => {
    expect(found(others)).toEqual({ members, spared: [] });
  });

  test('what is left of its session when its leader has gone', () => {
    expect(found([process(200, 1)], {}, [])).toEqual({ members: { 200: 'session' }, spared: [] });
  });

  test('who was there before and has lost its parent since, with what it starts and leaves', () => {
    const daemon = loose(200, PANE);
    const change = { known: [known(daemon)] };
    const now = [{ ...daemon, parentPid: 1 }, loose(201, 200)];
    expect(found(now, change).members).toEqual({ 200: 'descendant', 201: 'descendant' });
    expect(found([loose(202, 1, { sessionId: 200 })], change).members).toEqual({ 202: 'session' });
  });

  test('a descendant with the cookie with which its whole server was started', () => {
    const cookies = new Set(['agent001']);
    expect(found([loose(200, PANE, { cookie: 'agent001' })], { cookies }).members).toEqual({ 200: 'descendant' });
  });
});

describe('not in the tree of a pane is', () => {
  test.each<[string, Process[]]>([
    ['another pane of the same server', [loose(200, SERVER), process(201, 200, { groupId: 200, sessionId: 200 })]],
    ['the same program elsewhere', [loose(200, 1)]],
    ["an agent's process, nor what is below it", [loose(200, PANE, { cookie: 'agent001' }), loose(201, 200)]],
    ['what was said to be its own', [loose(200, PANE, { cookie: '' })]],
    ['a zombie', [process(200, PANE, { zombie: true })]],
    ['a tmux server that it has started, with its panes', [loose(200, 1, { name: 'tmux: server' }), loose(201, 200)]],
    ['two that are each other’s parents', [loose(200, 201), loose(201, 200)]],
  ])('%s', (_, others) => {
    expect(found(others)).toEqual({ members: {}, spared: [] });
  });

  test('init, whoever is forbidden, and the session of a number that was used again', () => {
    const never = new Set([SERVER, 200]);
    expect(found([process(200, PANE)], { never }).members).toEqual({});
    const again = process(PANE, 1, { startTime: '999' });
    expect(found([process(200, PANE)], {}, [again]).members).toEqual({});
    expect(paneTree({ ...NOBODY, panes: [{ pid: 1, startTime: '1' }] }, [{ ...INIT, sessionId: 1 }]).members).toEqual(
      [],
    );
  });

  test('one with the number of somebody who was there before', () => {
    expect(found([loose(200, 1, { startTime: '999' })], { known: [known(loose(200, PANE))] }).members).toEqual({});
  });

  test('a daemon that serves everyone and is still its child, with what is below it: that is spared', () => {
    const daemon = [loose(200, PANE, { name: 'ssh-agent' }), loose(201, 200)];
    expect(found(daemon)).toEqual({ members: {}, spared: [200, 201] });
    expect(found([loose(200, PANE, { name: 'tmux: server' }), loose(201, 200)]).spared).toEqual([200, 201]);
  });
});

test('a chain of forks may be as long as it likes', () => {
  const chain = Array.from({ length: 10_000 }, (_, at) => loose(200 + at, at === 0 ? PANE : 199 + at));
  expect(Object.keys(found(chain.toReversed()).members)).toHaveLength(10_000);
});

describe('a pane is busy with', () => {
  const job = (pid: number, parentPid: number) => process(pid, parentPid, { groupId: 200 });
  test.each<[string, number | undefined, Process[], number]>([
    ['what is furthest down in the foreground', 200, [job(200, PANE), job(201, 200), job(202, 201)], 202],
    ['the oldest of several', 200, [job(200, PANE), job(201, PANE)], 200],
    ['nobody in the background', 200, [job(200, PANE), process(300, PANE, { groupId: 300 })], 200],
    ['what the pane runs where nobody is in the foreground', 200, [process(300, PANE, { groupId: 300 })], PANE],
    ['what the pane runs where that cannot be known', undefined, [job(200, PANE)], PANE],
    ['nobody of another session', 200, [loose(200, 1)], PANE],
    ['one of two that are each other’s parents', 200, [job(200, 201), job(201, 200)], 200],
  ])('%s', (_, group, others, pid) => {
    expect(busyWith(SHELL, group, [SHELL, ...others]).pid).toBe(pid);
  });
});
