import { expect, test } from 'vitest';
import { makeRunId } from '../../../src/agent/name.ts';
import { ageMs, endWithoutRecord, expired, type Retention } from '../../../src/agent/retention.ts';

const DAY = 86_400_000;
const NOW = { wallMs: Date.UTC(2026, 10, 26), uptimeMs: 2 * DAY };

/** Agents that ended so many days ago, in an order that is none. */
function ended(...days: number[]) {
  return days.map((ago) => ({
    runId: `run${String(1000 - ago)}`,
    ago,
    end: { wallMs: NOW.wallMs - ago * DAY, uptimeMs: undefined },
  }));
}

test.each<[string, number[], Retention, number[]]>([
  ['no limit', [1, 400], { olderThanMs: null, keep: null }, []],
  ['an age', [8, 1, 30, 6], { olderThanMs: 7 * DAY, keep: null }, [30, 8]],
  ['exactly that age', [7], { olderThanMs: 7 * DAY, keep: null }, [7]],
  ['a number', [8, 1, 30, 6], { olderThanMs: null, keep: 2 }, [30, 8]],
  ['more than there are', [8, 1], { olderThanMs: null, keep: 3 }, []],
  ['none at all', [8, 1], { olderThanMs: null, keep: 0 }, [8, 1]],
  ['both, the number being the stricter', [8, 9, 10], { olderThanMs: 7 * DAY, keep: 2 }, [10]],
  ['both, the age being the stricter', [1, 2, 8], { olderThanMs: 7 * DAY, keep: 1 }, [8]],
  ['an end in the future, by age', [-5], { olderThanMs: 0, keep: null }, []],
  ['an end in the future, by number', [-5, 1], { olderThanMs: null, keep: 1 }, [1]],
  ['nobody', [], { olderThanMs: 0, keep: 0 }, []],
])('%s: lets go whom both limits let go, the oldest first', (_, days, limits, gone) => {
  expect(expired(ended(...days), limits, NOW).map(({ ago }) => ago)).toEqual(gone);
});

test('a wall clock that was set forward makes nothing of this boot old', () => {
  const end = { wallMs: NOW.wallMs - 100 * DAY, uptimeMs: NOW.uptimeMs - 1000 };
  expect(ageMs(end, NOW)).toBe(1000);
  expect(ageMs({ ...end, uptimeMs: undefined }, NOW)).toBe(100 * DAY);
  expect(expired([{ runId: 'run00001', end }], { olderThanMs: DAY, keep: null }, NOW)).toEqual([]);
});

test.each<[string, string, number, number]>([
  [
    'its directory changed after',
    makeRunId(NOW.wallMs - 9 * DAY, new Uint8Array(8)),
    NOW.wallMs - DAY,
    NOW.wallMs - DAY,
  ],
  ['its directory is older', makeRunId(NOW.wallMs - DAY, new Uint8Array(8)), NOW.wallMs - 9 * DAY, NOW.wallMs - DAY],
  ['its run id has no time', 'run00001', NOW.wallMs - DAY, NOW.wallMs - DAY],
  ['its run id is of another age', 'zzzzzzzzzzzzzzzzz', NOW.wallMs - DAY, NOW.wallMs - DAY],
])('without a record the later time counts: %s', (_, runId, modifiedAtMs, expected) => {
  expect(endWithoutRecord(runId, modifiedAtMs).wallMs).toBe(expected);
});
