import { describe, expect, test } from 'vitest';
import { type Action, decide } from '../../../src/agent/decide.ts';
import { type Member, nextInLine, parseMaxParallel } from '../../../src/agent/queue.ts';
import { START_PATIENCE_MS, statusOf } from '../../../src/agent/status.ts';
import {
  absent,
  at,
  CREATED,
  damaged,
  evidence,
  exit,
  IN_LINE,
  NOBODY,
  STOP_ORDER,
  there,
  verdict,
} from './evidence.ts';

const WAITING = { spec: there(IN_LINE), started: absent, ...NOBODY } as const;
const LAUNCHED_MS = CREATED.uptimeMs + 60_000;
const LAUNCHED = {
  ...WAITING,
  spec: there({
    ...IN_LINE,
    launchedUptimeMs: LAUNCHED_MS,
    queue: { ...(IN_LINE.queue as NonNullable<typeof IN_LINE.queue>), launched: true },
  }),
} as const;

test.each<[string, ReturnType<typeof parseMaxParallel>]>([
  ['4', 4],
  ['job=7:4', { label: 'job', value: '7', max: 4 }],
  ['job=a:b:12', { label: 'job', value: 'a:b', max: 12 }],
  ['job=:1', { label: 'job', value: '', max: 1 }],
  ['a/b=c=d:1', { label: 'a/b', value: 'c=d', max: 1 }],
])('--max-parallel %s', (text, queue) => {
  expect(parseMaxParallel(text, '--max-parallel')).toEqual(queue);
});

test.each([
  '',
  '0',
  '-1',
  '1.5',
  '4 ',
  ' 4',
  'four',
  '1e3',
  '9999999',
  'job=7',
  'job=7:',
  'job=7:0',
  'job=7:x',
  '=7:4',
  'job:4',
  ':4',
])('--max-parallel %j is refused in a sentence', (text) => {
  expect(() => parseMaxParallel(text, '--max-parallel')).toThrow(
    /^--max-parallel: ".*" (does not say|is not a label)/s,
  );
});

describe('who is next', () => {
  const JOB = { label: 'job', value: '7', max: 2, index: 0, launched: false };
  const member = (runId: string, change: Partial<Member> = {}): Member => ({
    runId,
    labels: { job: '7' },
    phase: 'queued',
    queue: JOB,
    isInDoubt: false,
    createdAtMs: 0,
    ...change,
  });
  const runs = (phase: Member['phase'], change: Partial<Member> = {}) =>
    member(`is ${phase}`, { phase, queue: null, ...change });

  test.each<[string, Member[], string[]]>([
    ['nobody, where nobody waits', [runs('running')], []],
    ['as many as there are places', [member('a'), member('b'), member('c')], ['a', 'b']],
    [
      'the first of a batch, whatever its run id is',
      [member('a', { queue: { ...JOB, index: 2 } }), member('b', { queue: { ...JOB, index: 1 } }), member('z')],
      ['b', 'z'],
    ],
    [
      'whoever came before, batch or not',
      [
        member('a', { createdAtMs: 2 }),
        member('b', { createdAtMs: 1, queue: { ...JOB, index: 9 } }),
        member('c', { createdAtMs: 3 }),
      ],
      ['a', 'b'],
    ],
    ['one, where another runs', [runs('running'), member('a'), member('b')], ['a']],
    ['nobody, where as many run as may', [runs('running'), runs('starting'), member('a')], []],
    ['nobody, where more run than may', [runs('running'), runs('running'), runs('running'), member('a')], []],
    ...(['starting', 'running', 'waiting', 'done', 'stopping', 'unknown'] as const).map(
      (phase): [string, Member[], string[]] => [
        `fewer by one that is ${phase}`,
        [runs(phase), member('a'), member('b')],
        ['a'],
      ],
    ),
    [
      'whoever is behind one of whom nobody knows whether it is to be stopped',
      [member('a', { isInDoubt: true }), member('b'), member('c')],
      ['b', 'c'],
    ],
    ['as many, whoever has ended', [runs('ended'), member('a'), member('b')], ['a', 'b']],
    [
      'as many, whoever runs with another label',
      [runs('running', { labels: { job: '8' } }), runs('running', { labels: {} }), member('a'), member('b')],
      ['a', 'b'],
    ],
    [
      'of each queue its own',
      [
        member('a'),
        member('b', { labels: { job: '8' }, queue: { ...JOB, value: '8', max: 1 } }),
        member('c', { labels: { job: '8' }, queue: { ...JOB, value: '8', max: 1 } }),
      ],
      ['a', 'b'],
    ],
    [
      'nobody who would overtake by a larger number of its own',
      [runs('running'), runs('running'), member('a'), member('b', { queue: { ...JOB, max: 3, index: 1 } })],
      [],
    ],
    [
      'whoever has a larger number, where that leaves a place',
      [runs('running'), runs('running'), member('b', { queue: { ...JOB, max: 3 } })],
      ['b'],
    ],
    [
      'nobody by a label that only the prototype has',
      [runs('running', { labels: {} }), member('a', { labels: {}, queue: { ...JOB, label: 'toString', max: 1 } })],
      ['a'],
    ],
  ])('is %s', (_, members, next) => {
    expect([...nextInLine(members)].sort()).toEqual(next);
    expect([...nextInLine(members.toReversed())].sort()).toEqual(next);
  });
});

describe('one that waits in line', () => {
  const turn = 'it waits for its turn: of those with job=7 no more than 4 run at one time';
  test.each<[string, Parameters<typeof evidence>[0], object]>([
    ['is queued', WAITING, { phase: 'queued', result: null, reason: turn }],
    [
      'is queued, whatever has become of who spawned it',
      { ...WAITING, now: at(CREATED.uptimeMs + 1e9) },
      { phase: 'queued' },
    ],
    ['is queued across a restart of the machine', { ...WAITING, whereabouts: 'rebooted' }, { phase: 'queued' }],
    ['is queued, seen from elsewhere', { ...WAITING, whereabouts: 'elsewhere' }, { phase: 'queued' }],
    [
      'is queued until a stop is carried out',
      { ...WAITING, stopOrder: there(STOP_ORDER) },
      { phase: 'queued', reason: 'agentctl stop asked it to stop before it was started' },
    ],
    [
      'has ended, where it was stopped',
      { ...WAITING, verdict: there(verdict('stopped', { ended: 1_100_000 })) },
      {
        phase: 'ended',
        result: 'stopped',
        exitCode: null,
        reason: 'stopped, it says',
        endedAtMs: at(1_100_000).wallMs,
      },
    ],
    [
      'has ended with its parent',
      { ...WAITING, verdict: there(verdict('with-parent', { ended: 1_100_000 })) },
      { phase: 'ended', result: 'stopped' },
    ],
    ['is being started', { ...LAUNCHED, launcher: 'alive', now: at(LAUNCHED_MS + 1e6) }, { phase: 'starting' }],
    [
      'is being started for a while, though nobody is seen at it',
      { ...LAUNCHED, now: at(LAUNCHED_MS + START_PATIENCE_MS - 1) },
      { phase: 'starting' },
    ],
    [
      'waits again, where whoever started it died',
      { ...LAUNCHED, now: at(LAUNCHED_MS + START_PATIENCE_MS) },
      { phase: 'queued', reason: `${turn}; whoever set about starting it died on the way` },
    ],
    [
      'waits again, where the machine was restarted meanwhile',
      { ...LAUNCHED, whereabouts: 'rebooted' },
      { phase: 'queued', reason: `${turn}; the machine was restarted as it began` },
    ],
    [
      'is lost, where it came to nothing',
      { ...LAUNCHED, verdict: there(verdict('lost', { ended: 1_100_000 })) },
      { phase: 'ended', result: 'lost', reason: 'lost, it says' },
    ],
    ['runs', { spec: LAUNCHED.spec }, { phase: 'running' }],
    ['runs, where its spec was read before it was started', { spec: WAITING.spec }, { phase: 'running' }],
    [
      'ends as any other',
      { spec: LAUNCHED.spec, sentinel: there(exit(3)) },
      { phase: 'ended', result: 'failed', exitCode: 3 },
    ],
  ])('%s', (_, change, status) => {
    expect(statusOf(evidence(change))).toMatchObject(status);
  });

  const nothing: Action = { do: 'nothing' };
  const start: Action = { do: 'start', reason: 'there is a place for it' };
  const child = { ...IN_LINE, withParent: true, parent: { name: 'boss', runId: 'run00000' } };
  test.each<[string, Parameters<typeof evidence>[0], Action]>([
    ['is left alone, where nobody counted', WAITING, nothing],
    ['is left alone, where there is no place', { ...WAITING, mayStart: false }, nothing],
    ['is started', { ...WAITING, mayStart: true }, start],
    ['is started after a restart of the machine', { ...WAITING, whereabouts: 'rebooted', mayStart: true }, start],
    [
      'is left to its own manager, seen from elsewhere',
      { ...WAITING, whereabouts: 'elsewhere', mayStart: true },
      nothing,
    ],
    [
      'is not started, where it is to stop',
      { ...WAITING, mayStart: true, stopOrder: there(STOP_ORDER) },
      { do: 'cancel', cause: 'stopped', reason: 'stopped by agentctl stop before it was started' },
    ],
    [
      'is stopped from elsewhere too',
      { ...WAITING, whereabouts: 'elsewhere', stopOrder: there(STOP_ORDER) },
      { do: 'cancel', cause: 'stopped', reason: 'stopped by agentctl stop before it was started' },
    ],
    [
      'is not started, where it may be to stop',
      { ...WAITING, mayStart: true, stopOrder: damaged('orders.json') },
      nothing,
    ],
    [
      'ends with its parent',
      { ...WAITING, spec: there(child), mayStart: true, parentEnded: true },
      { do: 'cancel', cause: 'with-parent', reason: 'its parent boss ended before it was started' },
    ],
    [
      'is left alone as it is being started',
      { ...LAUNCHED, launcher: 'alive', mayStart: true, stopOrder: there(STOP_ORDER) },
      nothing,
    ],
    [
      'is torn down once it was stopped',
      {
        ...WAITING,
        verdict: there({ ...verdict('stopped', { ended: 1_000_000 }) }),
        now: at(1e9),
        company: { attached: false, typedAtMs: undefined, liveChildren: [], waits: false },
      },
      { do: 'teardown' },
    ],
  ])('%s', (_, change, action) => {
    expect(decide(evidence(change)).action).toEqual(action);
  });
});
