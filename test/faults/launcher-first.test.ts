// Scenario 2, of the first spawn of all: it starts the manager and the tmux server too.
import { expect, test } from 'vitest';
import { lives } from '../fixtures/bystanders.ts';
import { ageWhatIsNobodys, dying, few, halfMade, settled, stepsOf, swept } from '../fixtures/dying-launchers.ts';
import { FaultBench } from '../fixtures/fault-bench.ts';
import { Sampler } from '../fixtures/sampler.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';

test('a first spawn that is killed as it starts the manager and the tmux server keeps neither from the next', async () => {
  const witnesses = await FaultBench.open();
  const order = ['spawn', '-n', 'first', '--replace', '--grace', '0s', '--', 'sleep', '1000'];
  const model = new Workbench().withManager();
  const all = await stepsOf(model, order, 'manager.lock');
  const steps = all.slice(0, all.findIndex((step) => step.startsWith('closed') && step.includes('start-server')) + 1);
  expect(steps.filter((step) => step.startsWith('spawned')).length).toBeGreaterThan(2);
  const benches = steps.map(() => new Workbench().withManager());
  const lies: string[] = [];
  await few(benches, async (bench, at) => {
    const step = steps[at];
    const sampler = new Sampler(bench, 200);
    expect({ step, code: (await dying(bench, at, order, 'manager.lock')).code }).toEqual({ step, code: null });
    const [agent] = await settled(bench);
    expect(agent?.phase === 'running' || agent?.result === 'lost', `${step}: ${agent?.phase} ${agent?.result}`).toBe(
      true,
    );
    await swept(bench);
    ageWhatIsNobodys(bench);
    await swept(bench);
    // Its manager may hold a lock just then: that is not left behind.
    await waitFor(`nothing to be left (${step})`, async () => (await halfMade(bench)).length === 0).catch(() => {});
    expect({ step, left: await halfMade(bench) }).toEqual({ step, left: [] });
    // The name is free, or its agent whole; and one manager looks after it.
    await bench.ok(...order);
    expect(await bench.agent('first')).toMatchObject({ phase: 'running' });
    await waitFor('its manager', () => lives(bench.manager().pid));
    const managers = bench.traces().filter((trace) => trace.includes('manager run'));
    expect({ step, managers: managers.length }).toEqual({ step, managers: 1 });
    lies.push(...(await sampler.end()));
  });
  expect(lies).toEqual([]);
  await witnesses.checks({});
});
