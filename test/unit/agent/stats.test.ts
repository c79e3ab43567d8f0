import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../../src/agent/evidence.ts';
import { EXPIRY_MS, type Fate, fateOf } from '../../../src/agent/fate.ts';
import { runTimesOf } from '../../../src/agent/run-times.ts';
import { statsOf } from '../../../src/agent/stats.ts';
import { standingOf, statusOf } from '../../../src/agent/status.ts';
import {
  absent,
  at,
  damaged,
  ENDED_UPTIME_MS,
  evidence,
  exit,
  NOBODY,
  NOW,
  STARTED,
  STARTED_RECORD,
  there,
  verdict,
} from './evidence.ts';

const RAN_MS = ENDED_UPTIME_MS - STARTED.uptimeMs;
const SECOND = 1000;

function lived(change: Parameters<typeof evidence>[0] = {}, archivedAtMs?: number): Fate {
  const seen: Evidence = evidence(change);
  return fateOf({ evidence: seen, status: statusOf(seen), archivedAtMs });
}

const ended = { ...NOBODY, sentinel: there(exit(0)) };
const tornDown = (afterMs: number) => there(verdict('natural', { teardown: ENDED_UPTIME_MS + afterMs }));

describe('the idle time of a session whose agent has ended', () => {
  test.each<[string, Fate, number, number]>([
    ['goes on to now', lived(ended), NOW.uptimeMs - ENDED_UPTIME_MS, EXPIRY_MS - RAN_MS],
    [
      'ends with its teardown',
      lived({ ...ended, archived: true, verdict: tornDown(5 * SECOND) }),
      5 * SECOND,
      EXPIRY_MS - RAN_MS,
    ],
    [
      'ends with its teardown, also before it is archived',
      lived({ ...ended, verdict: tornDown(5 * SECOND) }),
      5 * SECOND,
      EXPIRY_MS - RAN_MS,
    ],
    [
      'is told by uptime: a clock that was set moves nothing',
      lived({ ...ended, now: { ...NOW, wallMs: NOW.wallMs + 10 * EXPIRY_MS } }),
      NOW.uptimeMs - ENDED_UPTIME_MS,
      EXPIRY_MS - RAN_MS,
    ],
    [
      'without a step of its teardown ends as it is archived',
      lived({ ...ended, archived: true }, at(ENDED_UPTIME_MS).wallMs + 7 * SECOND),
      7 * SECOND,
      EXPIRY_MS - RAN_MS,
    ],
    [
      'with a damaged verdict ends as it is archived',
      lived({ ...ended, archived: true, verdict: damaged('verdict.json') }, at(ENDED_UPTIME_MS).wallMs + 7 * SECOND),
      7 * SECOND,
      EXPIRY_MS - RAN_MS,
    ],
    [
      'is never less than nothing',
      lived({ ...ended, archived: true }, at(ENDED_UPTIME_MS).wallMs - SECOND),
      0,
      EXPIRY_MS - RAN_MS,
    ],
    ['is not compared where nobody knows when it was archived', lived({ ...ended, archived: true }), 0, 0],
    [
      'is not compared where the machine took the session along',
      lived({ ...ended, archived: true, whereabouts: 'rebooted' }, NOW.wallMs),
      0,
      0,
    ],
    [
      'is told of one that was torn down before the machine went',
      lived({ ...ended, archived: true, whereabouts: 'rebooted', verdict: tornDown(SECOND) }),
      SECOND,
      EXPIRY_MS - RAN_MS,
    ],
    ['is none where it never started', lived({ ...ended, started: absent }), 0, 0],
    [
      'would have been none where it ran for longer than the expiry',
      lived({
        ...ended,
        sentinel: there(exit(0, { uptimeMs: STARTED_RECORD.uptimeMs + 2 * EXPIRY_MS })),
        now: at(STARTED_RECORD.uptimeMs + 2 * EXPIRY_MS + SECOND),
      }),
      SECOND,
      0,
    ],
    ['is none while it lives', lived(), 0, 0],
  ])('%s', (_, agent, idleMs, withExpiryMs) => {
    const { idleSessionMs, idleSessionWithExpiryMs } = statsOf([agent]);
    expect([idleSessionMs, idleSessionWithExpiryMs]).toEqual([idleMs, withExpiryMs]);
  });
});

describe('the stats of all agents', () => {
  test('are nothing where there are none', () => {
    expect(statsOf([])).toEqual({
      agents: 0,
      live: 0,
      ended: 0,
      damaged: 0,
      results: {},
      successFraction: null,
      runMs: 0,
      runTimes: runTimesOf([]),
      waiting: { ms: null, agents: 0 },
      idle: { ms: null, agents: 0 },
      cpu: { ms: null, agents: 0 },
      capHits: 0,
      escapees: { agents: 0, processes: 0 },
      idleSessionMs: 0,
      idleSessionWithExpiryMs: 0,
      savedFraction: null,
    });
  });

  test('count each once, by what became of it, and hide no damaged one', () => {
    const agents = [
      lived(),
      lived({ wrapper: 'dead' }),
      lived({ ...ended, verdict: tornDown(10 * SECOND) }),
      lived({ ...ended, verdict: tornDown(30 * SECOND) }),
      lived({ ...ended, sentinel: there(exit(3)), verdict: tornDown(0) }),
      lived({ spec: damaged('spec.json') }),
      lived({ whereabouts: 'elsewhere' }),
    ];
    const without = EXPIRY_MS - RAN_MS;
    expect(statsOf(agents)).toEqual({
      agents: 7,
      live: 2,
      ended: 3,
      damaged: 2,
      results: { succeeded: 2, failed: 1 },
      successFraction: 2 / 3,
      runMs: 3 * RAN_MS,
      runTimes: runTimesOf([RAN_MS, RAN_MS, RAN_MS]),
      waiting: { ms: null, agents: 0 },
      idle: { ms: null, agents: 0 },
      cpu: { ms: null, agents: 0 },
      capHits: 0,
      escapees: { agents: 0, processes: 0 },
      idleSessionMs: 40 * SECOND,
      idleSessionWithExpiryMs: 3 * without,
      savedFraction: 1 - (40 * SECOND) / (3 * without),
    });
  });

  test('say so where more was wasted than with the expiry', () => {
    const late = lived({ ...ended, verdict: tornDown(2 * EXPIRY_MS) });
    expect(statsOf([late]).savedFraction).toBeLessThan(-1);
  });

  test('have no run time of one that never started, and count it as ended', () => {
    const never = lived({ ...ended, started: absent, sentinel: there(exit(null, { how: 'inferred' })) });
    expect(statsOf([never, lived(ended)])).toMatchObject({
      ended: 2,
      results: { lost: 1, succeeded: 1 },
      successFraction: 0.5,
      runMs: RAN_MS,
      runTimes: { agents: 1 },
    });
  });

  test('add up what was measured, and say of how many; nobody looked, or knew, is not nothing', () => {
    const using = (used: Fate['used']): Fate => ({ ...lived(ended), used });
    const agents = [
      using({ cpuMs: 1000, waitingMs: null, idleMs: 0 }),
      using({ cpuMs: 2500, waitingMs: null, idleMs: 700 }),
      using({ cpuMs: null, waitingMs: null, idleMs: null }),
      using(undefined),
      { ...lived(), used: { cpuMs: 9, waitingMs: 9, idleMs: 9 } },
    ];
    expect(statsOf(agents)).toMatchObject({
      cpu: { ms: 3500, agents: 2 },
      idle: { ms: 700, agents: 2 },
      waiting: { ms: null, agents: 0 },
    });
  });

  test('count who was ended at its cap, by manager or watchdog, and not who ended before that', () => {
    const capped = (term: number, code = 0) =>
      lived({ ...ended, sentinel: there(exit(code)), verdict: there(verdict('capped', { term })) });
    const byWatchdog = lived({ ...ended, sentinel: there(exit(143, { cause: 'capped' })) });
    const agents = [capped(ENDED_UPTIME_MS - 1), capped(ENDED_UPTIME_MS + 1), byWatchdog];
    expect(statsOf(agents)).toMatchObject({ capHits: 2, results: { 'timed-out': 2, succeeded: 1 } });
  });

  test('count those who escaped, and whom they had left', () => {
    const agents = [0, 2, 0, 1].map((escapees) => ({ ...lived(ended), escapees }));
    expect(statsOf(agents).escapees).toEqual({ agents: 2, processes: 3 });
  });
});

describe('what became of an agent', () => {
  test('is told of fewer files, and the same', () => {
    for (const change of [{}, ended, { spec: damaged('spec.json') }, { ...NOBODY, whereabouts: 'rebooted' as const }]) {
      const { deadlineMs, teardownAtMs, ...standing } = statusOf(evidence(change));
      expect(standingOf(evidence(change))).toEqual(standing);
    }
  });

  test('has of its spec only what groups are made of; nothing where that is damaged', () => {
    const { spec } = evidence().files;
    if (spec.state !== 'there') throw new Error('it has one');
    const of = { labels: { job: '7' }, profile: 'claude', cwd: '/repository' };
    expect(lived({ spec: there({ ...spec.value, ...of }) }).origin).toEqual(of);
    expect(lived({ ...ended, spec: damaged('spec.json') })).toMatchObject({ is: 'ended', origin: undefined });
  });
});
