// Scenario 5: the state directory goes away, or becomes another, in the middle of a run.
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type FaultAgent, FaultBench } from '../fixtures/fault-bench.ts';
import { waitFor } from '../fixtures/wait-for.ts';

/** Its watchdog keeps a cap of 3 s from now on; it looks at its next beat. */
function capSoon({ directory, runId }: FaultAgent): void {
  writeFileSync(join(directory, 'limits'), `${runId} 3 1 1 0\n`);
}

const REPLACEMENTS: { by: string; act: (bench: FaultBench, old: string) => unknown }[] = [
  { by: 'nothing', act: () => {} },
  { by: 'a fresh one', act: (bench) => mkdirSync(bench.state, { mode: 0o700 }) },
  {
    by: 'a link to a fresh one',
    act: (bench) => {
      mkdirSync(join(bench.dir, 'fresh'), { mode: 0o700 });
      symlinkSync(join(bench.dir, 'fresh'), bench.state);
    },
  },
];

async function replace({ act }: (typeof REPLACEMENTS)[number]): Promise<void> {
  const bench = await FaultBench.open({ neighbour: 'elsewhere', manager: true });
  const agents = [
    await bench.launchHere('capped', 'exec sleep 1000'),
    await bench.launchHere('orphan', 'exec sleep 1000'),
  ];
  const [capped, orphan] = agents as [FaultAgent, FaultAgent];
  // Nobody finds its socket any more.
  bench.bystanders.add('tmux server of before', capped.started.tmux.serverPid);
  const manager = bench.manager();
  const old = join(bench.dir, 'old');
  capSoon(capped);
  renameSync(bench.state, old);
  act(bench, old);
  // The same name again, where there is a place for it: another agent, that no watchdog of before may touch.
  expect(await bench.run('spawn', '-n', 'capped', '--', 'sleep', '1000')).toMatchObject({ code: 0 });
  process.kill(orphan.started.wrapper.pid, 'SIGKILL');
  await waitFor('the two agents to be ended', () => agents.every((agent) => bench.left(agent).length === 0), 60_000);
  await waitFor('the old manager to leave', () => !existsSync(`/proc/${manager.pid}`), 90_000);
  expect(await bench.agent('capped')).toMatchObject({ phase: 'running' });
  expect(bench.harmed()).toEqual([]);
  rmSync(old, { recursive: true });
}

// All at once: most of the time they wait for watchdogs.
test('moved away and replaced, by whatever: its agents are ended by their watchdogs, at their caps, and nobody else is harmed', async () => {
  const done = await Promise.allSettled(REPLACEMENTS.map(replace));
  const failed = done.flatMap((one, at) => (one.status === 'rejected' ? [[REPLACEMENTS[at]?.by, one.reason]] : []));
  expect(failed).toEqual([]);
});
