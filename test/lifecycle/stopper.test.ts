// A stop is carried out by whoever ordered it. The manager does it where that one has died.
import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { orderStop } from '../../src/store/orders-file.ts';
import { ringBell } from '../../src/store/state-dir.ts';
import { now } from '../../src/system/clock.ts';
import { identityOf } from '../../src/system/processes.ts';
import { Bystanders } from '../fixtures/bystanders.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';

test('the manager leaves a stop to its stopper, for as long as that lives', async () => {
  const bench = new Workbench().withManager();
  const bystanders = new Bystanders();
  await bench.ok('spawn', '-n', 'agent', '--', 'sleep', '1000');
  const { runId, directory } = await bench.agent('agent');
  const pid = bystanders.add('stopper', spawn('sleep', ['1000'], { stdio: 'ignore' }).pid ?? 0);
  const { wallMs: atMs, uptimeMs } = now();
  orderStop(directory, runId, { atMs, uptimeMs, killAfterMs: 10_000, by: 'a test', stopper: identityOf(pid) });
  ringBell(bench.state);
  // By its teardown the manager has looked at all of them since.
  await bench.ok('spawn', '-n', 'other', '--grace', '0', '--', 'true');
  await waitFor('a teardown', async () =>
    (await bench.ps()).some(({ name, archived }) => name === 'other' && archived),
  );
  expect(await bench.agent('agent')).toMatchObject({ phase: 'stopping', reason: 'a test asked it to stop' });
  const died = now();
  process.kill(pid, 'SIGKILL');
  await waitFor('its end', async () => (await bench.agent('agent')).phase === 'ended');
  const { steps } = bench.record(await bench.agent('agent'), 'verdict.json') as {
    steps: { step: string; uptimeSeconds: number }[];
  };
  expect(await bench.agent('agent')).toMatchObject({ result: 'stopped', exitCode: 143 });
  expect(steps[0]?.uptimeSeconds).toBeGreaterThanOrEqual(died.uptimeMs / 1000 - 0.1);
});
