import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { logPatienceLeftMs } from '../../../src/lifecycle/log-end.ts';
import type { Observed } from '../../../src/lifecycle/observe.ts';
import { uptimeMs, wallMs } from '../../../src/system/clock.ts';

test('the end of a log is waited for a while, and longer while it grows', () => {
  const directory = mkdtempSync(join(tmpdir(), 'agentctl-log-end-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, 'output.log'), '');
  const left = (how: string, endedSecondsAgo: number, grewSecondsAgo: number, latestMs?: number): number => {
    const grewAt = wallMs() / 1000 - grewSecondsAgo;
    utimesSync(join(directory, 'output.log'), grewAt, grewAt);
    const sentinel = { state: 'there', value: { how, uptimeMs: uptimeMs() - endedSecondsAgo * 1000 } };
    const evidence = { whereabouts: 'here', files: { sentinel } };
    return Math.round(logPatienceLeftMs({ directory, evidence } as unknown as Observed, latestMs) / 1000);
  };
  // From its end on, where nothing comes.
  expect(left('observed', 1, 100)).toBe(4);
  expect(left('observed', 10, 10)).toBeLessThanOrEqual(0);
  // From what came last on, but not for ever.
  expect(left('observed', 10, 0)).toBe(5);
  expect(left('observed', 10, 3)).toBe(2);
  expect(left('observed', 28, 0)).toBe(2);
  expect(left('observed', 31, 0)).toBeLessThanOrEqual(0);
  // A clock that was set, a sentinel of the future.
  expect(left('observed', 10, -1000)).toBe(5);
  expect(left('observed', -1000, 100, uptimeMs() - 6000)).toBeLessThanOrEqual(0);
  // No mark will come.
  expect(left('inferred', 10, 0)).toBeLessThanOrEqual(0);
});
