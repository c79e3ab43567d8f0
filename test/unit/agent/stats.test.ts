import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../../src/agent/evidence.ts';
import { EXPIRY_MS, type Lived, statsOf } from '../../../src/agent/stats.ts';
import { statusOf } from '../../../src/agent/status.ts';
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

function lived(change: Parameters<typeof evidence>[0] = {}, archivedAtMs?: number): Lived {
  const seen: Evidence = evidence(change);
  return { evidence: seen, status: statusOf(seen), archivedAtMs };
}

const ended = { ...NOBODY, sentinel: there(exit(0)) };
const tornDown = (afterMs: number) => there(verdict('natural', { teardown: ENDED_UPTIME_MS + afterMs }));

describe('the idle time of a session whose agent has ended', () => {
  test.each<[string, Lived, number, number]>([
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
      runMs: 0,
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
      runMs: 3 * RAN_MS,
      idleSessionMs: 40 * SECOND,
      idleSessionWithExpiryMs: 3 * without,
      savedFraction: 1 - (40 * SECOND) / (3 * without),
    });
  });

  test('say so where more was wasted than with the expiry', () => {
    const late = lived({ ...ended, verdict: tornDown(2 * EXPIRY_MS) });
    expect(statsOf([late]).savedFraction).toBeLessThan(-1);
  });
});
