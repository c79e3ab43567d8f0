import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Activity } from '../../../src/agent/activity.ts';
import { readActivity, writeActivity } from '../../../src/store/activity-file.ts';
import { asNobody, folder, RUN } from './state.ts';

const ACTIVITY: Activity = {
  lookedAtMs: 1_060_250,
  asleepMs: 28_800_500,
  samples: [
    { awakeMs: 1_000_250, cpuMs: 1230, outputBytes: 0 },
    { awakeMs: 1_060_250, cpuMs: 4560, outputBytes: 4096 },
  ],
  cpuMs: 4560,
  treeCpuMs: 120,
  peakMemoryBytes: 123_456_789,
  warnedCapMs: 3_600_000,
};

const RECORD = {
  schemaVersion: 1,
  runId: RUN,
  lookedAtAwakeSeconds: 1060.25,
  asleepSeconds: 28_800.5,
  samples: [
    { awakeSeconds: 1000.25, cpuSeconds: 1.23, outputBytes: 0 },
    { awakeSeconds: 1060.25, cpuSeconds: 4.56, outputBytes: 4096 },
  ],
  cpuSeconds: 4.56,
  treeCpuSeconds: 0.12,
  peakMemoryBytes: 123_456_789,
  warnedCapSeconds: 3600,
};

function put(content: object | string): string {
  const path = folder();
  writeFileSync(join(path, 'activity.json'), typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('what is remembered of an agent', () => {
  test('stands on disk in seconds, for nobody else to read', () => {
    const path = folder();
    writeActivity(path, RUN, ACTIVITY);
    expect(JSON.parse(readFileSync(join(path, 'activity.json'), 'utf8'))).toEqual(RECORD);
    expect(statSync(join(path, 'activity.json')).mode & 0o777).toBe(0o600);
    expect(readdirSync(path)).toEqual(['activity.json']);
  });

  test.each<[string, Activity]>([
    ['whole', ACTIVITY],
    ['without samples or a warning', { ...ACTIVITY, samples: [], warnedCapMs: null }],
    ['at the time of the boot', { ...ACTIVITY, lookedAtMs: 0, samples: [{ awakeMs: 0, cpuMs: 0, outputBytes: 0 }] }],
    ['in a container that counts its uptime from its own start', { ...ACTIVITY, asleepMs: -90_000 }],
    ['without a word on suspend, as an older agentctl put it down', { ...ACTIVITY, asleepMs: undefined }],
  ])('comes back as it was: %s', (_, activity) => {
    const path = folder();
    writeActivity(path, RUN, activity);
    expect(readActivity(path, RUN)).toEqual(activity);
  });

  test('is replaced by what is remembered later', () => {
    const path = put('nonsense');
    writeActivity(path, RUN, ACTIVITY);
    writeActivity(path, RUN, { ...ACTIVITY, cpuMs: 9000 });
    expect(readActivity(path, RUN)?.cpuMs).toBe(9000);
  });

  test('says the same cap as `limits` does, so that nobody is warned twice', () => {
    for (const seconds of [1, 301, 3600, 12_345, 315_360_000]) {
      const path = folder();
      writeActivity(path, RUN, { ...ACTIVITY, warnedCapMs: seconds * 1000 });
      expect(readActivity(path, RUN)?.warnedCapMs).toBe(seconds * 1000);
    }
  });
});

describe('nothing is remembered', () => {
  test.each<[string, object | string]>([
    ['where the file is empty', ''],
    ['where it is not JSON', '{"schemaVersion": 1, "samp'],
    ['of another run', { ...RECORD, runId: 'run00002' }],
    ['by a newer agentctl', { ...RECORD, schemaVersion: 2 }],
    ['without samples', { ...RECORD, samples: undefined }],
    ['with half a sample', { ...RECORD, samples: [{ awakeSeconds: 1 }] }],
    ['of a time before the boot', { ...RECORD, lookedAtAwakeSeconds: -1 }],
    ['of a time that cannot be', { ...RECORD, lookedAtAwakeSeconds: 1e308 }],
    ['of CPU that cannot be', { ...RECORD, samples: [{ awakeSeconds: 1, cpuSeconds: 1e308, outputBytes: 0 }] }],
    ['by an agentctl that kept less', { schemaVersion: 1, runId: RUN }],
  ])('%s: idleness begins anew', (_, content) => {
    expect(readActivity(put(content), RUN)).toBeUndefined();
  });

  test('where there is no file, or no agent', () => {
    expect(readActivity(folder(), RUN)).toBeUndefined();
    expect(readActivity(join(folder(), 'gone'), RUN)).toBeUndefined();
  });
});

describe('what cannot be remembered', () => {
  test('since the agent was archived meanwhile, is let go, and makes no folder', () => {
    const gone = join(folder(), 'gone');
    writeActivity(gone, RUN, ACTIVITY);
    expect(existsSync(gone)).toBe(false);
  });

  test('since it may not be written, leaves what was remembered before', () => {
    const path = put(RECORD);
    chmodSync(join(path, 'activity.json'), 0o644);
    chmodSync(path, 0o755);
    asNobody(() => writeActivity(path, RUN, { ...ACTIVITY, cpuMs: 9000 }));
    if (process.getuid?.() === 0) expect(readActivity(path, RUN)?.cpuMs).toBe(4560);
  });
});
