import { describe, expect, test } from 'vitest';
import { effectiveSettings, limitsUnder } from '../../../src/agent/settings.ts';

const where = (key: string) => `config.json:3: ${key}`;
const settingsOf = (file: Record<string, string>, env: Record<string, string> = {}) =>
  effectiveSettings(new Map(Object.entries(file)), env, where);
const fromOf = (key: string, file: Record<string, string>, env: Record<string, string> = {}) =>
  settingsOf(file, env).effective.find((one) => one.key === key);

describe('settings', () => {
  test('are the product’s promise where nobody says otherwise', () => {
    expect(settingsOf({}).settings).toEqual({
      limits: { maxRuntimeMs: 3_600_000, graceMs: 300_000, maxIdleMs: 1_800_000, killAfterMs: 10_000 },
      maxRuntimeCeilingMs: null,
      sweepIntervalMs: 900_000,
      manager: true,
      leaveAfterMs: 600_000,
      retention: { olderThanMs: null, keep: null },
      logs: { pieceBytes: 64 * 1024 ** 2, totalBytes: 1024 ** 3 },
      metrics: { textfile: null },
    });
  });

  test('come from the environment before the file, and from the file before the defaults', () => {
    const key = 'defaults.maxRuntime';
    expect(fromOf(key, {})).toMatchObject({ value: '1h', from: 'default' });
    expect(fromOf(key, { [key]: '2h' })).toMatchObject({ value: '2h', from: 'file' });
    const env = { AGENTCTL_MAX_RUNTIME: '3h' };
    expect(fromOf(key, { [key]: '2h' }, env)).toMatchObject({ value: '3h', from: 'environment' });
    expect(settingsOf({ [key]: '2h' }, env).settings.limits.maxRuntimeMs).toBe(3 * 3_600_000);
    // As if it were not set.
    expect(fromOf(key, { [key]: '2h' }, { AGENTCTL_MAX_RUNTIME: '' })).toMatchObject({ from: 'file' });
  });

  test('take no ceiling from the environment', () => {
    expect(fromOf('maxRuntimeCeiling', { maxRuntimeCeiling: '2h' }, { AGENTCTL_MAX_RUNTIME_CEILING: '9h' })).toEqual({
      key: 'maxRuntimeCeiling',
      value: '2h',
      from: 'file',
      variable: null,
    });
  });

  test('say what a default cap above the ceiling is cut down to', () => {
    const cut = (file: Record<string, string>) => fromOf('defaults.maxRuntime', file)?.cutDownTo;
    expect(cut({ maxRuntimeCeiling: '30m' })).toBe('30m');
    expect(cut({ maxRuntimeCeiling: '30m', 'defaults.maxRuntime': 'none' })).toBe('30m');
    expect(cut({ maxRuntimeCeiling: '3600' })).toBeUndefined();
    expect(cut({})).toBeUndefined();
  });

  test.each([
    [{ 'defaults.maxRuntime': '5x' }, {}, /^config.json:3: defaults.maxRuntime: "5x" is not a duration: write 90s/],
    [{ 'defaults.maxRuntime': '0' }, {}, /^config.json:3: defaults.maxRuntime: 0 leaves no time/],
    [{ 'defaults.killAfter': 'none' }, {}, /defaults.killAfter: none is not possible here/],
    [
      { 'defaults.sweepInterval': '25h' },
      {},
      /defaults.sweepInterval: "25h" is no interval of sweeps: write 1s to 24h/,
    ],
    [{}, { AGENTCTL_GRACE: 'soon' }, /^AGENTCTL_GRACE: "soon" is not a duration/],
    [{}, { AGENTCTL_MANAGER: 'maybe' }, /^AGENTCTL_MANAGER: "maybe" is neither on nor off/],
    [
      { 'metrics.textfile': 'agentctl.prom' },
      {},
      /^config.json:3: metrics.textfile: "agentctl.prom" is no textfile: write/,
    ],
    [{}, { AGENTCTL_METRICS_TEXTFILE: '/srv/agentctl.txt' }, /^AGENTCTL_METRICS_TEXTFILE: .* ends in .prom, or none/],
    [{ 'retention.keep': '1.5' }, {}, /retention.keep: "1.5" is not a number of agents/],
    [{ 'logs.piece': '5MB' }, {}, /logs.piece: "5MB" is not a size: write 64MiB/],
    [{ 'logs.piece': 'none' }, {}, /logs.piece: a piece of none is not possible: write 4KiB to 1GiB/],
    // What stands in the file is wrong, whatever outdoes it.
    [{ 'defaults.grace': '5x' }, { AGENTCTL_GRACE: '5m' }, /^config.json:3: defaults.grace/],
  ])('refuse %j with %j', (file, env, sentence) => {
    expect(() => settingsOf(file, env as Record<string, string>)).toThrow(sentence);
  });
});

describe('the ceiling', () => {
  const HOUR = 3_600_000;
  const { limits } = settingsOf({}).settings;
  const under = (ceilingMs: number | null, maxRuntimeMs?: number | null) =>
    limitsUnder({ limits, maxRuntimeCeilingMs: ceilingMs }, maxRuntimeMs === undefined ? {} : { maxRuntimeMs });

  test('is none by itself', () => {
    expect(under(null, null).maxRuntimeMs).toBe(null);
    expect(under(null, 9 * HOUR).maxRuntimeMs).toBe(9 * HOUR);
  });

  test('cuts what nobody asked for, and refuses what somebody did', () => {
    expect(under(HOUR / 2).maxRuntimeMs).toBe(HOUR / 2);
    expect(under(2 * HOUR).maxRuntimeMs).toBe(HOUR);
    expect(under(2 * HOUR, 2 * HOUR).maxRuntimeMs).toBe(2 * HOUR);
    expect(() => under(2 * HOUR, 2 * HOUR + 1)).toThrow(
      /^--max-runtime: more than the ceiling of 2h .*give 2h at most/,
    );
    expect(() => under(2 * HOUR, null)).toThrow(/ceiling/);
  });
});
