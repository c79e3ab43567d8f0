import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isEscapee,
  lineage,
  type Member,
  type Process,
  suspectsOf,
  type TreeOf,
  treeOf,
} from '../../../src/agent/tree.ts';

const RUN = 'run00001';
const UID = 1000;
const TMUX = 50;
const WRAPPER = 100;
const WATCHDOG = 101;
const AGENT = 102;

/** A process of the pane, unless told otherwise; its start time is its pid. */
function process(pid: number, parentPid: number, change: Partial<Process> = {}): Process {
  const pane = { groupId: WRAPPER, sessionId: WRAPPER, cookie: RUN, bareEnvironment: false, hasTerminal: true };
  const used = { cpuTicks: 0, memoryBytes: 0 };
  return { pid, parentPid, startTime: String(pid), zombie: false, uid: UID, name: 'sh', ...pane, ...used, ...change };
}

/** One that has left the pane: a session and group of its own, and no cookie, as `env -i setsid` makes it. */
function loose(pid: number, parentPid: number, change: Partial<Process> = {}): Process {
  return process(pid, parentPid, { groupId: pid, sessionId: pid, cookie: undefined, ...change });
}

const INIT = loose(1, 0, { name: 'systemd', uid: 0 });
const SERVER = loose(TMUX, 1, { name: 'tmux: server' });
const PANE = [
  process(WRAPPER, TMUX, { cookie: undefined }),
  process(WATCHDOG, WRAPPER, { cookie: undefined }),
  process(AGENT, WRAPPER),
];
const TREE: TreeOf = {
  runId: RUN,
  wrapper: { pid: WRAPPER, startTime: String(WRAPPER) },
  agent: { pid: AGENT, startTime: String(AGENT) },
  never: new Set([TMUX]),
  uid: UID,
  inCgroup: new Set(),
  spare: [],
};

function ties(members: readonly Member[]): Record<number, string> {
  return Object.fromEntries(members.map(({ process: { pid }, why }) => [pid, why]));
}

/** What is in the tree, without the pane itself, and what is spared. */
function found(others: readonly Process[], run: Partial<TreeOf> = {}, pane: readonly Process[] = PANE) {
  const { members, spared } = treeOf({ ...TREE, ...run }, [INIT, SERVER, ...pane, ...others]);
  const inPane = new Set(pane.map(({ pid }) => pid));
  return { members: ties(members.filter(({ process: { pid } }) => !inPane.has(pid))), spared: ties(spared) };
}

test('the pane is in its tree, although it stands below a tmux server', () => {
  expect(ties(treeOf(TREE, [INIT, SERVER, ...PANE]).members)).toEqual({
    100: 'session',
    101: 'session',
    102: 'session',
  });
});

describe('in the tree is', () => {
  test.each<[string, Process[], Record<number, string>]>([
    ['a child', [process(200, AGENT)], { 200: 'session' }],
    ['an orphan of the session', [process(200, 1, { cookie: undefined })], { 200: 'session' }],
    ['a job with a group of its own', [process(200, AGENT, { groupId: 200, cookie: undefined })], { 200: 'session' }],
    ['what is in the group only', [loose(200, 1, { groupId: WRAPPER })], { 200: 'group' }],
    ['a daemon that kept the cookie', [loose(200, 1, { cookie: RUN })], { 200: 'cookie' }],
    ['a child that left session and cookie', [loose(200, AGENT)], { 200: 'descendant' }],
    ['a child that left the session and kept the cookie', [loose(200, AGENT, { cookie: RUN })], { 200: 'descendant' }],
    [
      'what left all but the cookie, although it stands below an agent that this one has spawned',
      [loose(200, AGENT, { cookie: 'run00002' }), loose(201, 200, { cookie: RUN })],
      { 201: 'cookie' },
    ],
    [
      'a grandchild that left both, below one that left both',
      [loose(200, AGENT), loose(201, 200)],
      { 200: 'descendant', 201: 'descendant' },
    ],
    ['a grandchild below a zombie', [process(200, AGENT, { zombie: true }), loose(201, 200)], { 201: 'descendant' }],
    ["another user's child, as sudo makes it", [loose(200, AGENT, { uid: 0 })], { 200: 'descendant' }],
    ['what carries a foreign cookie in our session', [process(200, AGENT, { cookie: 'run00002' })], { 200: 'session' }],
    [
      'what is called like a shared daemon, in the pane: somebody ran it as a command',
      [process(200, AGENT, { name: 'gradle' }), process(201, 200, { name: 'tmux' })],
      { 200: 'session', 201: 'session' },
    ],
    [
      'what only begins like the name of a shared daemon',
      [
        loose(200, AGENT, { name: 'adb_test' }),
        loose(201, AGENT, { name: 'sccache-dist-x' }),
        loose(202, AGENT, { name: 'ssh-agent-mux' }),
      ],
      { 200: 'descendant', 201: 'descendant', 202: 'descendant' },
    ],
  ])('%s', (_, others, members) => {
    expect(found(others)).toEqual({ members, spared: {} });
  });

  test.each<[string, Process[], Partial<TreeOf>, Record<number, string>]>([
    ['an orphan that left everything else', [loose(200, 1)], {}, { 200: 'cgroup' }],
    ['what it has started', [loose(200, 1), loose(201, 200)], {}, { 200: 'cgroup', 201: 'cgroup' }],
    [
      "what stands below a process that has the agent's number now",
      [loose(AGENT, 1, { startTime: '999' }), loose(200, AGENT)],
      {},
      { 102: 'cgroup', 200: 'cgroup' },
    ],
    ["another user's, where we are root", [loose(200, 1, { uid: 33 })], { uid: 0 }, { 200: 'cgroup' }],
    [
      'who is tied by more than that',
      [loose(200, AGENT), loose(201, 1, { cookie: RUN })],
      {},
      { 200: 'descendant', 201: 'cookie' },
    ],
  ])('in its control group, %s', (_, others, run, members) => {
    const inCgroup = new Set([AGENT, 200, 201]);
    const pane = others.some(({ pid }) => pid === AGENT) ? [] : PANE;
    expect(found(others, { inCgroup, ...run }, pane)).toEqual({ members, spared: {} });
  });

  test('the agent itself, when it left the session and emptied the cookie', () => {
    const pane = [...PANE.slice(0, 2), loose(AGENT, WRAPPER, { cookie: '' })];
    expect(ties(treeOf(TREE, [INIT, SERVER, ...pane]).members)).toMatchObject({ [AGENT]: 'session' });
    expect(
      found([loose(200, AGENT), process(201, 1, { ...pane[2], pid: 201, cookie: undefined })], {}, pane).members,
    ).toEqual({
      200: 'descendant',
      201: 'session',
    });
  });

  test('the agent itself and its children, when it is called like a shared daemon', () => {
    const pane = [...PANE.slice(0, 2), loose(AGENT, WRAPPER, { name: 'bazel', cookie: RUN })];
    expect(ties(treeOf(TREE, [INIT, SERVER, ...pane]).members)).toMatchObject({ [AGENT]: 'session' });
    expect(found([loose(200, AGENT, { cookie: RUN })], {}, pane)).toEqual({
      members: { 200: 'descendant' },
      spared: {},
    });
  });

  test('the rest of the session and its daemons, once wrapper and agent are gone', () => {
    const rest = [process(200, 1), loose(201, 1, { cookie: RUN }), loose(202, 1)];
    expect(found(rest, {}, [])).toEqual({ members: { 200: 'session', 201: 'cookie' }, spared: {} });
  });
});

test('an escapee is who has left all that it can leave', () => {
  const whys = ['session', 'group', 'descendant', 'cookie', 'cgroup', 'suspect', 'what a later version says'];
  expect(whys.filter(isEscapee)).toEqual(['cookie', 'cgroup']);
});

describe('not in the tree is', () => {
  test.each<[string, Process[], Partial<TreeOf>]>([
    ["a neighbour's", [loose(200, 1), loose(201, TMUX)], {}],
    ['a child of the wrapper that is not the agent and left the pane', [loose(200, WRAPPER)], {}],
    ['a foreign cookie below the agent: an agent that it spawned', [loose(200, AGENT, { cookie: 'run00002' })], {}],
    ['an emptied cookie: it was said to be its own', [loose(200, AGENT, { cookie: '' })], {}],
    [
      'what stands without a cookie below a foreign or an emptied one',
      [loose(200, AGENT, { cookie: 'run00002' }), loose(201, 200), loose(210, AGENT, { cookie: '' }), loose(211, 210)],
      {},
    ],
    ['a cookie of which ours is the beginning', [loose(200, 1, { cookie: `${RUN}0` })], {}],
    ["another user's process with our cookie", [loose(200, 1, { cookie: RUN, uid: 1001 })], {}],
    ['a zombie', [process(200, AGENT, { zombie: true })], {}],
    ['whom we never touch', [process(200, AGENT), loose(201, 1, { cookie: RUN })], { never: new Set([200, 201]) }],
    ['pid 1 and pid 0, whatever they carry', [process(0, 0)], {}],
  ])('%s', (_, others, run) => {
    expect(found(others, run).members).toEqual({});
  });

  test.each<[string, Process[]]>([
    ['an agent that it spawned', [loose(200, 1, { cookie: 'run00002' }), loose(201, 200)]],
    ['what was said to be its own', [loose(200, 1, { cookie: '' }), loose(201, 200), loose(202, 201)]],
    ["another user's, whom we could not end", [loose(200, 1, { uid: 0 })]],
    ['a zombie', [loose(200, 1, { zombie: true })]],
  ])('in its control group, %s', (_, others) => {
    expect(found(others, { inCgroup: new Set([200, 201, 202]) })).toEqual({ members: {}, spared: {} });
  });

  test('in its control group, whom we never touch', () => {
    const run = { inCgroup: new Set([200]), never: new Set([200]) };
    expect(found([loose(200, 1)], run)).toEqual({ members: {}, spared: {} });
  });

  test('init, in a container of which it is the pane', () => {
    const init = process(1, 0, { cookie: RUN });
    expect(treeOf(TREE, [init, ...PANE]).members.map(({ process: { pid } }) => pid)).toEqual([100, 101, 102]);
  });

  test('wrapper and watchdog, while they are not to be touched', () => {
    const never = new Set([WRAPPER, WATCHDOG]);
    expect(ties(treeOf({ ...TREE, never }, [INIT, SERVER, ...PANE, loose(200, AGENT)]).members)).toEqual({
      102: 'session',
      200: 'descendant',
    });
  });

  test("a session and group under the wrapper's pid, once that is another's", () => {
    const others = [
      process(WRAPPER, 1, { startTime: '999', cookie: undefined }),
      process(200, WRAPPER, { cookie: undefined }),
      process(201, 1, { sessionId: 201, cookie: undefined }),
    ];
    expect(found(others, {}, [])).toEqual({ members: {}, spared: {} });
    expect(found([...others, process(202, 1)], {}, []).members).toEqual({ 202: 'cookie' });
  });

  test("what stands below the agent's pid, once that is another's", () => {
    const others = [loose(AGENT, 1, { startTime: '999' }), loose(200, AGENT), loose(201, 1, { sessionId: AGENT })];
    expect(found(others, {}, [])).toEqual({ members: {}, spared: {} });
  });

  test("a session under the agent's pid, once nobody can say whose it was", () => {
    expect(found([loose(200, 1, { sessionId: AGENT, groupId: AGENT })], {}, []).members).toEqual({});
  });
});

describe('spared is', () => {
  const names = [
    'tmux',
    'tmux: server',
    'ssh-agent',
    'gpg-agent',
    'sccache',
    'gradle',
    'bazel',
    'bazel(repo)',
    'watchman',
    'adb',
  ];
  test.each(names)('%s, which left the pane', (name) => {
    expect(found([loose(200, AGENT, { name }), loose(201, 1, { name, cookie: RUN })])).toEqual({
      members: {},
      spared: { 200: 'descendant', 201: 'cookie' },
    });
  });

  test('what stands below such a daemon, with our cookie or without', () => {
    const others = [
      loose(200, 1, { name: 'tmux: server', cookie: RUN }),
      loose(201, 200, { cookie: RUN }),
      loose(202, 201, { cookie: RUN }),
      loose(210, AGENT, { name: 'tmux: server' }),
      loose(211, 210),
    ];
    expect(found(others)).toEqual({
      members: {},
      spared: { 200: 'cookie', 201: 'cookie', 202: 'cookie', 210: 'descendant', 211: 'descendant' },
    });
  });

  test('what is of its control group only, if it serves everyone or stands below one that does', () => {
    const others = [loose(200, 1, { name: 'tmux: server' }), loose(201, 200), loose(202, 201)];
    const inCgroup = new Set([200, 201, 202]);
    expect(found(others, { inCgroup })).toEqual({
      members: {},
      spared: { 200: 'cgroup', 201: 'cgroup', 202: 'cgroup' },
    });
  });

  test('nothing of the pane, although our own tmux server stands above it', () => {
    expect(found([process(200, AGENT), loose(201, AGENT), loose(202, AGENT, { cookie: RUN })])).toEqual({
      members: { 200: 'session', 201: 'descendant', 202: 'descendant' },
      spared: {},
    });
  });

  test('nobody whom we never touch', () => {
    const others = [loose(200, 1, { name: 'tmux: server', cookie: RUN })];
    expect(found(others, { never: new Set([200]) })).toEqual({ members: {}, spared: {} });
  });
});

describe('a table that was read while it changed', () => {
  test('may have parents in a circle', () => {
    const others = [
      loose(200, 201),
      loose(201, 202),
      loose(202, 200),
      loose(203, 203),
      loose(204, 203, { cookie: RUN }),
    ];
    expect(found(others)).toEqual({ members: { 204: 'cookie' }, spared: {} });
    expect(lineage(200, others)).toEqual([200, 201, 202, 200]);
  });

  test('never makes a stranger a member, whatever the links', () => {
    const pid = () => fc.integer({ min: 0, max: 12 });
    const stranger = fc
      .tuple(pid(), pid(), fc.boolean(), fc.constantFrom(undefined, '', 'run00002'), fc.constantFrom('sh', 'tmux'))
      .map(([id, parent, zombie, cookie, name]) => loose(id, parent, { zombie, cookie, name }));
    fc.assert(
      fc.property(fc.uniqueArray(stranger, { selector: (one) => one.pid }), (others) => {
        expect(found(others)).toEqual({ members: {}, spared: {} });
      }),
    );
  });
});

describe('a suspect', () => {
  /** What `env -i setsid` makes, and has lost its parent. */
  const bare = (change: Partial<Process> = {}, parentPid = 1) =>
    loose(200, parentPid, { bareEnvironment: true, hasTerminal: false, ...change });
  const suspects = (others: readonly Process[], run: Partial<TreeOf> = {}) =>
    suspectsOf({ ...TREE, ...run }, [INIT, SERVER, ...PANE, ...others]).map(({ pid }) => pid);

  test.each<[string, Process[]]>([
    ['an orphan without an environment', [bare()]],
    ['one whom the user’s systemd took in', [loose(60, 1, { name: 'systemd' }), bare({}, 60)]],
    ['one that is as old as the agent', [bare({ startTime: String(AGENT) })]],
  ])('is %s', (_, others) => {
    expect(suspects(others)).toEqual([200]);
  });

  test.each<[string, Process[], Partial<TreeOf>]>([
    ['older than the agent', [bare({ startTime: '99' })], {}],
    ['one that has a parent', [loose(190, 1), bare({}, 190)], {}],
    ['one that has a terminal', [bare({ hasTerminal: true })], {}],
    ['one with a usual environment', [bare({ bareEnvironment: false })], {}],
    ['one with a cookie, whosever', [bare({ cookie: 'run00002' })], {}],
    ['one that said it was its own', [bare({ cookie: '' })], {}],
    ["another user's", [bare({ uid: 0 })], {}],
    ['a zombie', [bare({ zombie: true })], {}],
    ['a daemon that serves everyone', [bare({ name: 'gradle' })], {}],
    ['what is in the tree', [bare({ sessionId: WRAPPER })], {}],
    ['whom we never touch', [bare()], { never: new Set([200]) }],
  ])('is not %s', (_, others, run) => {
    expect(suspects(others, run)).toEqual([]);
  });
});

describe('a lineage', () => {
  test('goes from a process up to below init', () => {
    const table = [INIT, SERVER, ...PANE, process(200, AGENT)];
    expect(lineage(200, table)).toEqual([200, AGENT, WRAPPER, TMUX]);
  });

  test.each<[string, number, Process[], number[]]>([
    ['is the process alone where the table has not got it', 7, [INIT], [7]],
    ['ends where a parent is missing', 200, [process(200, 150)], [200]],
    ['of a child of init is itself', TMUX, [INIT, SERVER], [TMUX]],
  ])('%s', (_, pid, table, pids) => {
    expect(lineage(pid, table)).toEqual(pids);
  });
});
