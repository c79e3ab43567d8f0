import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { MetricsKeeper } from '../../../src/lifecycle/metrics-keeper.ts';
import { readLook } from '../../../src/store/look-file.ts';
import { writeManager } from '../../../src/store/write-manager.ts';
import { here } from '../../../src/system/clock.ts';
import { self } from '../../../src/system/processes.ts';
import { folder } from '../store/state.ts';

// Loaded before: what it is waited for below is turns, and no time.
await import('prom-client');

const LOOK = { atMs: 1_790_000_000_000, seconds: 0.5 };
const TICK_MS = 15_000;

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

function keeper(textfile: (dir: string) => string) {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const dir = folder();
  vi.stubEnv('XDG_CONFIG_HOME', dir);
  vi.stubEnv('AGENTCTL_METRICS_TEXTFILE', textfile(dir));
  const state = join(dir, 'state');
  mkdirSync(join(state, 'agents'), { recursive: true });
  const said: string[] = [];
  const log = { info: () => {}, error: (_: object, sentence: string) => void said.push(sentence) };
  const metrics = new MetricsKeeper({ path: state, reason: 'of a test' }, log);
  const read = (): string => readFileSync(textfile(dir), 'utf8');
  return { dir, state, said, metrics, read };
}

/** So many times its timer, each until all of it is written. */
async function tick(times: number): Promise<void> {
  for (let at = 0; at < times; at++) {
    vi.advanceTimersByTime(TICK_MS);
    await settled();
  }
}

async function settled(): Promise<void> {
  for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve));
}

describe('what the manager keeps', () => {
  test('is when it last looked, whether or not there is a textfile', async () => {
    const { state, metrics, said } = keeper(() => 'none');
    metrics.looked(LOOK, [], new Map());
    expect(readLook(state)).toEqual({ look: LOOK, sweep: undefined });
    const sweep = { atMs: LOOK.atMs + 1000, seconds: 2 };
    metrics.swept(sweep);
    metrics.looked({ ...LOOK, seconds: 1 }, [], new Map());
    expect(readLook(state).sweep).toBeUndefined();
    await settled();
    await tick(1);
    expect(readLook(state)).toEqual({ look: { ...LOOK, seconds: 1 }, sweep });
    await metrics.leave();
    expect(said).toEqual([]);
  });

  test('is the textfile, at once, every 15 s, and as it leaves', async () => {
    const others = process.listenerCount('SIGTERM');
    const { state, metrics, read } = keeper((dir) => join(dir, 'agentctl.prom'));
    const { pid, startTime } = self();
    const startedAt = new Date().toISOString();
    writeManager(state, { schemaVersion: 1, pid, startTime, ...here(), version: '0', builtAtMs: 0, startedAt });
    metrics.looked(LOOK, [], new Map());
    await settled();
    expect(read()).toMatch(/^agentctl_manager_up\{.*\} 1$/m);
    metrics.looked({ ...LOOK, seconds: 7 }, [], new Map());
    await tick(1);
    expect(read()).toMatch(/^agentctl_manager_last_look_duration_seconds\{.*\} 7$/m);
    expect(process.listenerCount('SIGTERM')).toBe(others + 1);
    await metrics.leave();
    expect(read()).toMatch(/^agentctl_manager_up\{.*\} 0$/m);
    expect(process.listenerCount('SIGTERM')).toBe(others);
  });

  test('says once why a textfile cannot be written, and again after it could', async () => {
    const { dir, said, metrics } = keeper((one) => join(one, 'folder', 'agentctl.prom'));
    metrics.looked(LOOK, [], new Map());
    await tick(3);
    expect(said).toEqual([expect.stringMatching(/^metrics: .*agentctl.prom cannot be written \(no such file or dir/)]);
    mkdirSync(join(dir, 'folder'));
    await tick(1);
    rmSync(join(dir, 'folder'), { recursive: true });
    await tick(2);
    expect(said.length).toBe(2);
    await metrics.leave();
  });

  test('is not what another state directory’s manager keeps', async () => {
    const { dir, metrics, said, read } = keeper((one) => join(one, 'agentctl.prom'));
    metrics.looked(LOOK, [], new Map());
    await settled();
    const other = join(dir, 'other');
    mkdirSync(join(other, 'agents'), { recursive: true });
    const second = new MetricsKeeper(
      { path: other, reason: 'of a test' },
      { info: () => {}, error: (_: object, sentence: string) => void said.push(sentence) },
    );
    // Its manager has gone: the file is there for the taking.
    second.looked(LOOK, [], new Map());
    await settled();
    expect(read()).toContain(`state_dir="${other}"`);
    const { pid, startTime } = self();
    const startedAt = new Date().toISOString();
    writeManager(other, { schemaVersion: 1, pid, startTime, ...here(), version: '0', builtAtMs: 0, startedAt });
    await tick(2);
    expect(read()).toContain(`state_dir="${other}"`);
    expect(said).toEqual([
      `metrics: ${join(dir, 'agentctl.prom')} is kept by the manager of ${other}: set metrics.textfile to another file for one of the two`,
    ]);
    await second.leave();
    await metrics.leave();
  });

  test('goes into no state directory that is gone', async () => {
    const { state, metrics } = keeper(() => 'none');
    rmSync(state, { recursive: true });
    metrics.looked(LOOK, [], new Map());
    await metrics.leave();
    expect(readLook(state)).toEqual({ look: undefined, sweep: undefined });
  });
});
