// Scenario 2, of a spawn that ends its predecessor first: that one is whole, or ended all the way.
import { expect, test } from 'vitest';
import { stop } from '../../src/lifecycle/stop.ts';
import {
  ageWhatIsNobodys,
  dying,
  few,
  halfMade,
  settled,
  stateOf,
  stepsOf,
  swept,
} from '../fixtures/dying-launchers.ts';
import { FaultBench, type Truth } from '../fixtures/fault-bench.ts';

test('a spawn --replace that is killed while it ends its predecessor leaves that one whole, or ends it all the way', async () => {
  const bench = await FaultBench.open();
  const program = bench.worker('heir', 'exec sleep 1000');
  const order = (name: string) => ['spawn', '-n', name, '--replace', '--grace', '0s', '--', program];
  const OLD = "trap '' HUP; exec sleep 1000";
  await bench.launchHere('first', OLD);
  const all = await stepsOf(bench, order('first'), 'orders.json');
  // Half a draft and a question to tmux change nothing for anybody.
  const steps = [...all.entries()]
    .slice(0, all.findIndex((step) => /renameSync .*\.new\./.test(step)) + 1)
    .filter(([, step]) => !/^(writeSync|ch(mod|own)Sync)|display-message|capture-pane/.test(step));
  expect(steps.length).toBeGreaterThan(20);
  const predecessors = new Set<string>();
  await few(steps, async ([at]) => predecessors.add((await bench.launchHere(`n${at}`, OLD)).runId));
  await few(steps, async ([at, step]) => {
    expect({ step, code: (await dying(bench, at, order(`n${at}`), 'orders.json')).code }).toEqual({ step, code: null });
  });

  await settled(bench);
  await swept(bench);
  const replaced = (await bench.ps()).filter(({ name }) => /^n\d/.test(name));
  const agents = replaced.filter(({ runId }) => predecessors.has(runId));
  expect(agents.length).toBe(steps.length);
  // Ordered or not, it is one of both.
  for (const { phase, result } of agents) expect(phase === 'running' || result === 'stopped').toBe(true);
  // Who waited for less than the model did has come further by the same step: its heir is whole, or never was. How many do
  // is the machine's matter.
  const heirs = replaced.filter(({ runId }) => !predecessors.has(runId));
  expect(heirs.length).toBeLessThan(steps.length / 2);
  for (const { phase, result } of heirs) expect(phase === 'running' || result === 'lost').toBe(true);
  ageWhatIsNobodys(bench);
  await swept(bench);
  expect(await halfMade(bench)).toEqual([]);

  await stop(stateOf(bench), [...agents, ...heirs], { by: 'a test', noManager: true });
  // Where a TERM that was put down was never sent, KILL follows all the same.
  await bench.checks(Object.fromEntries(agents.map(({ name }): [string, Truth] => [name, { result: 'stopped' }])));
});
