import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDuration, parseDuration, parseFiniteDuration } from '../../../src/agent/duration.ts';
import { InvalidInput } from '../../../src/agent/invalid-input.ts';

const TEN_YEARS_MS = 3650 * 86_400_000;

describe('a duration', () => {
  test.each<[string, number | null]>([
    ['90s', 90_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['1h30m', 5_400_000],
    ['7d', 604_800_000],
    ['1d2h3m4s', 93_784_000],
    ['1h5s', 3_605_000],
    ['90m', 5_400_000],
    ['0', 0],
    ['0s', 0],
    ['007', 7000],
    ['3600', 3_600_000],
    ['none', null],
    ['3650d', TEN_YEARS_MS],
    [String(TEN_YEARS_MS / 1000), TEN_YEARS_MS],
  ])('%s is read', (text, ms) => {
    expect(parseDuration(text, '--grace')).toBe(ms);
  });

  test.each([
    '',
    ' ',
    '5 m',
    ' 5m',
    '5m\n',
    '1.5h',
    '-5m',
    '+5m',
    '5M',
    '5min',
    'm',
    '30m1h',
    '1h1h',
    '1e3',
    '0x10',
    'None',
    'inf',
    '٥m',
  ])('%j is none, and the message says where and what to write', (text) => {
    expect(() => parseDuration(text, '--max-runtime')).toThrow(InvalidInput);
    expect(() => parseDuration(text, '--max-runtime')).toThrow(/^--max-runtime: .*: write 90s, 5m, 1h30m/);
  });

  test.each(['3651d', '3650d1s', String(TEN_YEARS_MS / 1000 + 1), '9'.repeat(400), `${'9'.repeat(400)}d`])(
    'past ten years is refused, with "none" as the way out: %s',
    (text) => {
      expect(() => parseDuration(text, '--grace')).toThrow(/longer than ten years: write none/);
    },
  );

  test.each([
    ['soon', '--since: "soon" is not a duration: write 90s, 5m, 1h30m, or a number of seconds'],
    ['9999d', '--since: 9999d is longer than ten years: write 3650d at most'],
  ])('nor is it proposed there: %s', (text, sentence) => {
    expect(() => parseFiniteDuration(text, '--since')).toThrow(new InvalidInput(sentence));
  });

  test('none is refused where it makes no sense', () => {
    expect(parseFiniteDuration('10s', '--kill-after')).toBe(10_000);
    expect(() => parseFiniteDuration('none', '--kill-after')).toThrow(/^--kill-after: none is not possible/);
    expect(() => parseFiniteDuration('soon', '--kill-after')).toThrow(InvalidInput);
  });
});

describe('a duration for people', () => {
  test.each<[number | null, string]>([
    [null, 'none'],
    [0, '0s'],
    [999, '0s'],
    [-5000, '0s'],
    [1000, '1s'],
    [59_999, '59s'],
    [60_000, '1m'],
    [61_000, '1m1s'],
    [3_605_000, '1h'],
    [5_400_000, '1h30m'],
    [5_461_000, '1h31m'],
    [90_061_000, '1d1h'],
    [86_400_000 * 400, '400d'],
  ])('of %s ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test('reads back as the same, cut to its second unit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: TEN_YEARS_MS }), (ms) => {
        const back = parseDuration(formatDuration(ms), '') ?? Number.NaN;
        const unit = ms < 3_600_000 ? 1000 : ms < 86_400_000 ? 60_000 : 3_600_000;
        expect(back).toBe(Math.floor(ms / unit) * unit);
      }),
    );
  });

  test('is a fixed point: what was written is written again', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: TEN_YEARS_MS }), (ms) => {
        const text = formatDuration(ms);
        expect(formatDuration(parseDuration(text, ''))).toBe(text);
      }),
    );
  });
});
