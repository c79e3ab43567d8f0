import { describe, expect, test } from 'vitest';
import { InvalidInput } from '../../../src/agent/invalid-input.ts';
import { parseSince } from '../../../src/agent/since.ts';

const NOW = Date.UTC(2026, 0, 31, 12);

describe('since when', () => {
  test.each([
    ['1h', NOW - 3_600_000],
    ['1d12h', NOW - 36 * 3_600_000],
    ['90', NOW - 90_000],
    ['0', NOW],
    ['2026-01-30T09:30:00Z', Date.UTC(2026, 0, 30, 9, 30)],
    ['2026-01-30T09:30:00.25Z', Date.UTC(2026, 0, 30, 9, 30, 0, 250)],
    ['2026-01-30', Date.UTC(2026, 0, 30)],
    ['2028-02-29', Date.UTC(2028, 1, 29)],
    ['2030-01-01', Date.UTC(2030, 0, 1)],
  ])('is read from %s', (text, ms) => {
    expect(parseSince(text, '--since', NOW)).toBe(ms);
  });

  test.each([
    ['', 'is not a duration'],
    ['yesterday', 'is not a duration'],
    ['none', 'not possible here'],
    ['4000d', 'longer than ten years'],
    ['2026-02-30', 'is no instant'],
    ['2026-13-01', 'is no instant'],
    ['2026-01-30T09:30:00', 'is no instant'], // of which time zone?
    ['2026-01-30T09:30:00+01:00', 'is no instant'],
    ['2026-01-30 09:30', 'is no instant'],
    ['2026-01-30T24:00:00Z', 'is no instant'],
    ['20260-01-30', 'is no instant'],
    ['1-2', 'is no instant'],
  ])('is not %j', (text, problem) => {
    const read = () => parseSince(text, '--since', NOW);
    expect(read).toThrow(InvalidInput);
    expect(read).toThrow(problem);
    expect(read).toThrow('2026-01-31T09:30:00Z');
  });
});
