// Scenario 2: whoever starts an agent is SIGKILLed at each step of it. What is left is nothing, or a whole agent.
import { expect, test } from 'vitest';
import { spawn } from '../../src/lifecycle/spawn.ts';
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

const STOPPED = { result: 'stopped', exitCode: 143 };

test('a spawn that is killed at any step leaves a whole agent or nothing, and its name', async () => {
  const bench = await FaultBench.open();
  const program = bench.worker('launched', 'exec sleep 1000');
  const order = (name: string) => ['spawn', '-n', name, '--grace', '0s', '--', program];
  const steps = await stepsOf(bench, order('whole'));
  expect(steps.length).toBeGreaterThan(20);
  await few(steps, async (step, at) => {
    expect({ step, code: (await dying(bench, at, order(`n${at}`))).code }).toEqual({ step, code: null });
  });

  const agents = (await settled(bench)).filter(({ name }) => name !== 'neighbour');
  for (const { phase, result } of agents)
    expect(phase === 'running' || result === 'lost', `${phase} ${result}`).toBe(true);
  const whole = agents.filter(({ phase }) => phase === 'running');
  // At the least: who never died, who died after tmux had answered.
  expect(whole.length).toBeGreaterThan(2);
  expect(whole.length).toBeLessThan(steps.length / 2);
  await swept(bench);
  expect(ageWhatIsNobodys(bench).length).toBeLessThan(4);
  await swept(bench);
  expect(await halfMade(bench)).toEqual([]);

  for (const agent of whole) bench.know(agent);
  await stop(stateOf(bench), whole, { by: 'a test', noManager: true });
  await bench.checks(Object.fromEntries(whole.map(({ name }): [string, Truth] => [name, STOPPED])));
  await few(steps, (_, at) => spawn(stateOf(bench), { name: `n${at}`, command: ['true'], cwd: '/', noManager: true }));
});
