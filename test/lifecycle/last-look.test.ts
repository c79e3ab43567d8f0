import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Company } from '../../src/agent/evidence.ts';
import { reconcile } from '../../src/lifecycle/reconcile.ts';
import { awakeMs } from '../../src/system/clock.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { type Listed, Workbench } from '../fixtures/workbench.ts';

const ALONE: Company = { attached: false, typedAtMs: undefined, liveChildren: [], waits: false };

test('an agent that ends between the decision and the signal has ended by itself', async () => {
  const bench = new Workbench();
  const script = 'until [ -e go ]; do sleep 0.01; done; exit 5';
  const agent = JSON.parse(
    await bench.ok('spawn', '--json', '-n', 'a', '--max-idle', '1s', '--', 'sh', '-c', script),
  ) as Listed;
  const current = { awakeMs: awakeMs(), cpuMs: 0, outputBytes: 0 };
  const samples = [{ ...current, awakeMs: current.awakeMs - 1500 }];
  const rest = { lookedAtMs: 0, asleepMs: 0, cpuMs: 0, treeCpuMs: 0, peakMemoryBytes: 0, warnedCapMs: null };
  const activity = { memory: { ...rest, samples }, current };
  // Asked once without the lock and once with it: then the decision is made, and rests on what was read before.
  let asked = 0;
  const company = async (): Promise<Company> => {
    asked += 1;
    if (asked === 2) {
      writeFileSync(join(bench.dir, 'go'), '');
      await waitFor('its end', async () => (await bench.agent('a')).phase === 'ended');
    }
    return ALONE;
  };
  const stateDir = { path: bench.state, reason: 'of a test' };
  const { action } = await reconcile(stateDir, agent, { circumstances: { activity, company } });
  expect(action).toMatchObject({ do: 'term', cause: 'idle' });
  expect(asked).toBe(2);
  expect(await bench.agent('a')).toMatchObject({ result: 'failed', exitCode: 5 });
  expect(bench.record(agent, 'verdict.json')).toMatchObject({ cause: 'natural', steps: [] });
});
