import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { reconcile } from '../../src/lifecycle/reconcile.ts';
import { Workbench } from '../fixtures/workbench.ts';

test('an agent that somebody else tears down while it is acted on needs nothing any more', async () => {
  const bench = new Workbench();
  await bench.ok('spawn', '-n', 'raced', '--grace', '0', 'true');
  await bench.run('wait', 'raced');
  const { runId, directory } = await bench.agent('raced');
  const archived = join(bench.state, 'archive', `raced.${runId}`);
  let asked = 0;
  const company = async () => {
    // The second time it is asked with the lock.
    if (++asked === 2) renameSync(directory, archived);
    return { attached: false, typedAtMs: undefined, liveChildren: [], waits: false };
  };
  const state = { path: bench.state, reason: 'of a test' };
  const decision = await reconcile(state, { name: 'raced', runId }, { circumstances: { company } });
  expect({ asked, decision }).toEqual({ asked: 2, decision: { action: { do: 'nothing' }, nextAtMs: undefined } });
  expect(await bench.agent('raced')).toMatchObject({ result: 'succeeded', archived: true });
  await bench.ok('tmux', 'kill-session', '-t', '=raced');
});
