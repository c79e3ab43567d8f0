// Whoever ends agents on a machine that hardly lets it run: it may come back from a short pause seconds later.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { killTree } from '../../src/lifecycle/end-tree.ts';
import { observeNamed } from '../../src/lifecycle/observe.ts';
import { livenessOf } from '../../src/system/processes.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';

/** Longer than what cannot be killed is waited for. */
const STARVED_MS = 5500;

test('what was killed only just now is not said to be beyond killing, however late that came', async () => {
  const bench = new Workbench();
  await bench.ok('spawn', '-n', 'deaf', '--', 'sh', '-c', 'trap "" HUP TERM; >ready; while :; do sleep 1; done');
  await waitFor('its traps', () => existsSync(join(bench.dir, 'ready')));
  const seen = observeNamed(bench.state, 'deaf');
  const started = seen?.evidence.files.started;
  if (seen?.runId === undefined || started?.state !== 'there') throw new Error('it has not started');

  const killed = killTree(seen.runId, started.value, false);
  for (const end = Date.now() + STARVED_MS; Date.now() < end; ); // begun, and not let run before its time is over
  const { ended, survivors } = await killed;

  expect(survivors).toEqual([]);
  expect(ended.map(({ pid }) => pid)).toContain(started.value.agent.pid);
  expect(livenessOf(started.value.agent)).toBe('dead');
});
