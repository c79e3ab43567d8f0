import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AgentFiles } from '../../../src/agent/evidence.ts';
import { DEFAULT_LIMITS } from '../../../src/agent/limits.ts';
import { archivedFiles, limitsToDisk, readAgentFiles, readClaim } from '../../../src/store/agent-files.ts';
import { modifiedAt, modifiedMs } from '../../../src/store/modified-at.ts';
import { EXIT, folder, RUN, SPEC, STARTED } from './state.ts';

/** An agent's directory with these files: records as objects, all else as text. */
function agent(files: Record<string, object | string>): string {
  const path = folder();
  for (const [file, content] of Object.entries(files)) {
    writeFileSync(join(path, file), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return path;
}

/** All that is said there, that too which is read only when it is asked for. */
function readAll(path: string, name: string, archived: boolean): AgentFiles {
  const files = readAgentFiles(path, name, archived);
  const { recorded, heartbeatAtMs } = files;
  return { ...files, recorded, heartbeatAtMs };
}

const read = (files: Record<string, object | string>) => readAll(agent(files), 'fix', false);

const AT = '2026-01-02T12:00:10.000Z';
const ORDERS = {
  schemaVersion: 1,
  runId: RUN,
  stop: { at: AT, uptimeSeconds: 1010.07, killAfterSeconds: 2.5, by: 'agentctl stop' },
};
const VERDICT = {
  schemaVersion: 1,
  runId: RUN,
  cause: 'stopped',
  reason: 'stopped by agentctl stop',
  steps: [{ step: 'term', at: AT, uptimeSeconds: 1010.29 }],
  ended: [],
  spared: [],
  survivors: [],
};
const WHOLE = {
  'spec.json': SPEC,
  'started.json': STARTED,
  'exit.json': EXIT,
  'exit.tmp': { ...EXIT, code: null, how: 'pending' },
  'orders.json': ORDERS,
  'verdict.json': VERDICT,
  limits: `${RUN} 90 10 5 30\n`,
  heartbeat: '',
};

describe('the files of an agent', () => {
  test('are read in milliseconds', () => {
    const path = agent(WHOLE);
    utimesSync(join(path, 'heartbeat'), 5, 1_700_000_000.5);
    expect(readAll(path, 'fix', true)).toEqual({
      name: 'fix',
      archived: true,
      spec: {
        state: 'there',
        value: {
          name: 'fix',
          runId: RUN,
          parent: { name: 'boss', runId: 'run00000' },
          withParent: false,
          leaveRunning: false,
          spare: [],
          on: {},
          reports: null,
          command: ['make', 'test'],
          cwd: '/work',
          labels: { job: '7' },
          limits: { maxRuntimeMs: 3_600_000, graceMs: 300_000, maxIdleMs: null, killAfterMs: 500 },
          createdAtMs: Date.parse('2026-01-02T12:00:00.250Z'),
          queue: null,
          launchedAtMs: Date.parse('2026-01-02T12:00:00.250Z'),
          launchedUptimeMs: 1_000_250,
          launcher: { pid: 90, startTime: '900' },
          place: { bootId: 'boot', pidNamespace: 'pid:[1]' },
        },
      },
      started: {
        state: 'there',
        value: {
          agent: { pid: 102, startTime: '1002' },
          wrapper: { pid: 100, startTime: '1000' },
          watchdog: { pid: 101, startTime: '1001' },
          place: { bootId: 'boot', pidNamespace: 'pid:[1]' },
          tmux: { serverPid: 50, session: '$1', pane: '%1' },
          spare: [],
          cgroup: null,
          uptimeMs: 1_000_750,
          startedAtMs: Date.parse('2026-01-02T12:00:00.750Z'),
        },
      },
      sentinel: { state: 'there', value: { code: 0, how: 'observed', cause: 'natural', uptimeMs: 1_234_560 } },
      recorded: { state: 'there', value: { code: null, how: 'pending', cause: 'natural', uptimeMs: 1_234_560 } },
      stopOrder: {
        state: 'there',
        value: { atMs: Date.parse(AT), uptimeMs: 1_010_070, killAfterMs: 2500, by: 'agentctl stop' },
      },
      verdict: {
        state: 'there',
        value: {
          cause: 'stopped',
          reason: 'stopped by agentctl stop',
          steps: [{ step: 'term', atMs: Date.parse(AT), uptimeMs: 1_010_290 }],
        },
      },
      report: undefined,
      session: undefined,
      typed: false,
      unreadReports: [],
      capMs: 90_000,
      heartbeatAtMs: 1_700_000_000_500,
    });
  });

  test('tell by its verdict what it used, and how many had escaped; and by its spec whose profile it had', () => {
    const note = (pid: number, why: string) => ({ pid, command: 'sleep 1', why });
    const verdict = {
      ...VERDICT,
      ended: [note(1, 'cookie'), note(2, 'session'), note(3, 'cgroup')],
      spared: [note(4, 'cookie')],
      survivors: [note(5, 'cookie'), note(6, 'descendant')],
      suspects: [note(7, 'suspect')],
      resources: {
        ...{ wallSeconds: 5, peakMemoryBytes: null, savedSeconds: null },
        ...{ cpuSeconds: 1.2345, waitingSeconds: null },
      },
    };
    const files = read({ ...WHOLE, 'spec.json': { ...SPEC, agent: 'claude' }, 'verdict.json': verdict });
    expect(files.verdict).toMatchObject({
      value: { escapees: 3, used: { cpuMs: 1235, waitingMs: null, idleMs: null } },
    });
    expect(files.spec).toMatchObject({ value: { profile: 'claude' } });
    const endless = { ...verdict, resources: { ...verdict.resources, cpuSeconds: 1e300 } };
    expect(read({ ...WHOLE, 'verdict.json': endless }).verdict).toMatchObject({ value: { used: { cpuMs: 1e13 } } });
  });

  test.each<[string, Record<string, object | string>]>([
    ['whole', WHOLE],
    ['none', {}],
    ['damaged', { ...WHOLE, 'spec.json': '{', 'exit.json': '[]', 'orders.json': 'x' }],
    ["another run's", { ...WHOLE, 'verdict.json': { ...VERDICT, runId: 'run00009' } }],
  ])('of an archived one are the same when each is read as it is asked for: %s', (_, files) => {
    const path = agent(files);
    const atOnce = readAll(path, 'fix', true);
    const asked = archivedFiles(path, 'fix');
    for (const what of Object.keys(atOnce) as (keyof typeof atOnce)[]) {
      expect(asked[what], what).toEqual(atOnce[what]);
      expect(asked[what], what).toEqual(atOnce[what]);
    }
  });

  test('of a directory that is gone are all absent', () => {
    expect(readAll(join(folder(), 'gone'), 'gone', false)).toEqual({
      name: 'gone',
      archived: false,
      spec: { state: 'absent' },
      started: { state: 'absent' },
      sentinel: { state: 'absent' },
      recorded: { state: 'absent' },
      stopOrder: { state: 'absent' },
      verdict: { state: 'absent' },
      typed: false,
      unreadReports: [],
      capMs: undefined,
      heartbeatAtMs: undefined,
    });
  });

  test.each([
    ['exit.json', 'sentinel'],
    ['exit.tmp', 'recorded'],
    ['started.json', 'started'],
    ['verdict.json', 'verdict'],
  ] as const)('of another run are damaged: %s', (file, part) => {
    const files = read({ ...WHOLE, [file]: { ...WHOLE[file], runId: 'run00002' } });
    expect(files[part]).toEqual({ state: 'damaged', problem: `${file} is damaged: it belongs to another run` });
    expect(Object.values(files).filter((one) => one?.state === 'damaged')).toHaveLength(1);
  });

  test('of another run, written as this one took over the name, are no orders', () => {
    const files = read({ ...WHOLE, 'orders.json': { ...WHOLE['orders.json'], runId: 'run00002' } });
    expect(files).toMatchObject({ stopOrder: { state: 'absent' }, keptBy: undefined });
  });

  test('are read one by one: a damaged one hides no other', () => {
    for (const file of ['spec.json', 'started.json', 'exit.json', 'exit.tmp', 'orders.json', 'verdict.json']) {
      const files = read({ ...WHOLE, [file]: '{' });
      const damaged = Object.values(files).filter((one) => one?.state === 'damaged');
      expect(damaged).toEqual([{ state: 'damaged', problem: `${file} is damaged: it is not JSON` }]);
    }
  });

  test('may belong to nobody knows whom, where the spec is gone', () => {
    expect(read({ 'exit.json': EXIT }).sentinel.state).toBe('there');
  });

  test('hold no stop order where other things were ordered', () => {
    const keep = { at: AT, by: 'agentctl keep' };
    const { stopOrder, keptBy } = read({ 'orders.json': { schemaVersion: 1, runId: RUN, keep } });
    expect({ stopOrder, keptBy }).toEqual({ stopOrder: { state: 'absent' }, keptBy: 'agentctl keep' });
  });

  test.each<[string, string | undefined, number | null | undefined]>([
    ['a cap', `${RUN} 3600 10 5 30`, 3_600_000],
    ['a cap of 0', `${RUN} 0 10 5 30`, 0],
    ['no cap', `${RUN} none 10 5 30`, null],
    ['a parent too', `${RUN} 60 10 5 30 boss run00000\n`, 60_000],
    ['nothing yet', '', undefined],
    ['half of it', RUN, undefined],
    ['something else', `${RUN} -5 10`, undefined],
    ['a fraction', `${RUN} 1.5 10`, undefined],
    ['nothing at all', undefined, undefined],
  ])('hold %s in `limits`', (_, limits, capMs) => {
    expect(read(limits === undefined ? {} : { limits }).capMs).toBe(capMs);
  });
});

describe('times that no date can hold', () => {
  test.each<[string, object, string]>([
    ['spec.json', { ...SPEC, createdAt: '2026-99-99T00:00:00Z' }, 'there is no 2026-99-99T00:00:00Z'],
    ['spec.json', { ...SPEC, createdUptimeSeconds: 1e300 }, 'an uptime of 1e+300 s cannot be'],
    ['started.json', { ...STARTED, uptimeSeconds: 1e12 }, 'an uptime of 1000000000000 s cannot be'],
    ['exit.json', { ...EXIT, uptimeSeconds: 1e300 }, 'an uptime of 1e+300 s cannot be'],
    ['exit.tmp', { ...EXIT, uptimeSeconds: 1e300 }, 'an uptime of 1e+300 s cannot be'],
    [
      'orders.json',
      { ...ORDERS, stop: { ...ORDERS.stop, at: '2026-01-01T99:00:00Z' } },
      'there is no 2026-01-01T99:00:00Z',
    ],
    [
      'verdict.json',
      { ...VERDICT, steps: [{ step: 'term', at: AT, uptimeSeconds: 1e300 }] },
      'an uptime of 1e+300 s cannot be',
    ],
  ])('damage the record that holds one, and no other: %s', (file, record, problem) => {
    const damaged = Object.values(read({ ...WHOLE, [file]: record })).filter((one) => one?.state === 'damaged');
    expect(damaged).toEqual([{ state: 'damaged', problem: `${file} is damaged: ${problem}` }]);
  });

  test('are cut down to one that it can, in limits', () => {
    const limits = { maxRuntimeSeconds: 1e300, graceSeconds: 1e300, maxIdleSeconds: null, killAfterSeconds: 1e300 };
    const files = read({ ...WHOLE, 'spec.json': { ...SPEC, limits }, limits: `${RUN} ${'9'.repeat(30)} 10 5 30` });
    const long = 1e13;
    expect(files.spec).toMatchObject({
      value: { limits: { maxRuntimeMs: long, graceMs: long, maxIdleMs: null, killAfterMs: long } },
    });
    expect(files.capMs).toBe(long);
    expect(() => new Date(Date.parse('9999-12-31T00:00:00Z') + long).toISOString()).not.toThrow();
  });
});

test('times of files are cut down to a date, with room for what is added to it', () => {
  const times = [Number.POSITIVE_INFINITY, 1e300, 8.64e15 + 1, -1, -1e300].map((mtimeMs) => modifiedMs({ mtimeMs }));
  expect(times).toEqual([...Array<number>(3).fill(Date.parse('9999-12-31T23:59:59.999Z')), 0, 0]);
  expect(modifiedMs({ mtimeMs: 1234.5 })).toBe(1234.5);
});

describe('the time of the start', () => {
  test("is the launcher's clock and the uptime since, which know it better than a shell", () => {
    expect(read(WHOLE).started).toMatchObject({ value: { startedAtMs: Date.parse('2026-01-02T12:00:00.750Z') } });
  });

  test("is the shell's where the spec is damaged", () => {
    const startedAtMs = Date.parse('2026-01-02T12:00:00Z');
    expect(read({ 'started.json': STARTED }).started).toMatchObject({ value: { startedAtMs } });
  });

  test('is in the boot of the launcher, or its record is damaged: a live agent would be taken for lost', () => {
    expect(read({ ...WHOLE, 'started.json': { ...STARTED, bootId: 'another' } }).started).toEqual({
      state: 'damaged',
      problem: 'started.json is damaged: it tells of another boot than spec.json',
      contradicts: true,
    });
  });
});

describe("the wrapper's claim", () => {
  test.each<[string, string | undefined, object | undefined]>([
    ['is read', '4321 98765\n', { pid: 4321, startTime: '98765' }],
    ['is none before it is made', undefined, undefined],
    ['is none while it is empty', '', undefined],
    ['is none by half', '4321', undefined],
    ['is none in words', 'sh 98765', undefined],
  ])('%s', (_, content, claim) => {
    expect(readClaim(agent(content === undefined ? {} : { 'wrapper.pid': content }))).toEqual(claim);
  });
});

describe('limits', () => {
  test('stand on disk in seconds, without an end as null', () => {
    expect(limitsToDisk(DEFAULT_LIMITS)).toEqual({
      maxRuntimeSeconds: 3600,
      graceSeconds: 300,
      maxIdleSeconds: 1800,
      killAfterSeconds: 10,
    });
    expect(limitsToDisk({ maxRuntimeMs: null, graceMs: null, maxIdleMs: null, killAfterMs: 1500 })).toEqual({
      maxRuntimeSeconds: null,
      graceSeconds: null,
      maxIdleSeconds: null,
      killAfterSeconds: 1.5,
    });
  });

  test('come back from disk as they were', () => {
    const limits = { maxRuntimeMs: 0, graceMs: null, maxIdleMs: 90_000, killAfterMs: 250 };
    expect(read({ 'spec.json': { ...SPEC, limits: limitsToDisk(limits) } }).spec).toMatchObject({ value: { limits } });
  });
});

test('the time of a file is undefined where there is none', () => {
  const path = folder();
  mkdirSync(join(path, 'a'));
  utimesSync(join(path, 'a'), 1, 2);
  expect(modifiedAt(join(path, 'a'))).toBe(2000);
  rmSync(join(path, 'a'), { recursive: true });
  expect(modifiedAt(join(path, 'a'))).toBeUndefined();
});
