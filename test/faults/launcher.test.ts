// Scenario 2: whoever starts an agent is SIGKILLed at each step of it. What is left is nothing, or a whole agent.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { spawn } from '../../src/lifecycle/spawn.ts';
import { stop } from '../../src/lifecycle/stop.ts';
import { sweep } from '../../src/lifecycle/sweep.ts';
import { processTable } from '../../src/system/processes.ts';
import { lives } from '../fixtures/bystanders.ts';
import { FaultBench, type Truth } from '../fixtures/fault-bench.ts';
import { Sampler } from '../fixtures/sampler.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { type Listed, type Ran, Workbench } from '../fixtures/workbench.ts';

const DIES_AT_STEP = fileURLToPath(new URL('../fixtures/dies-at-step.mjs', import.meta.url));
const STOPPED = { result: 'stopped', exitCode: 143 };

/** @param countedFrom - a word of the first step that is counted. */
function dying(bench: Workbench, at: number | 'never', args: readonly string[], countedFrom = ''): Promise<Ran> {
  const env = {
    NODE_OPTIONS: `--import=${DIES_AT_STEP}`,
    DIES_AT: String(at),
    COUNTED_FROM: countedFrom,
    STEPS: join(bench.dir, at === 'never' ? 'steps' : 'steps.of-the-dead'),
  };
  return bench.runWith({ env }, ...args);
}

/** The steps of one that lives, a line each. */
async function stepsOf(bench: Workbench, args: readonly string[], countedFrom = ''): Promise<string[]> {
  expect(await dying(bench, 'never', args, countedFrom)).toMatchObject({ code: 0 });
  return readFileSync(join(bench.dir, 'steps'), 'utf8').trim().split('\n');
}

/** A few at a time: all at once would take turns on the processor, and each as long as all. */
async function few<T>(all: readonly T[], act: (one: T, at: number) => Promise<unknown>): Promise<void> {
  const left = [...all.entries()];
  const worker = async () => {
    for (let next = left.shift(); next; next = left.shift()) await act(next[1], next[0]);
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
}

const stateOf = (bench: Workbench) => ({ path: bench.state, reason: 'of a test' });

/** A sweep, which waits for whom it ends. */
async function swept(bench: Workbench): Promise<void> {
  for await (const { problem, agent } of sweep(stateOf(bench), { dryRun: false }))
    if (problem !== undefined) throw new Error(`${agent.name}: ${problem}`);
}

/** Waits until each agent runs or has ended, whoever its launcher was. */
async function settled(bench: Workbench): Promise<Listed[]> {
  const isSettled = ({ phase, directory }: Listed) =>
    phase === 'ended' || (phase !== 'starting' && existsSync(join(directory, 'started.json')));
  await waitFor('what was started to settle', async () => (await bench.ps()).every(isSettled), 60_000);
  return bench.ps();
}

/** What is left beside the live agents: of agents half made, of locks, of sessions and of processes. */
async function halfMade(bench: Workbench): Promise<string[]> {
  const agents = await bench.ps();
  const live = agents.filter(({ phase }) => phase === 'running').map(({ name }) => name);
  const ended = agents.filter(({ phase }) => phase !== 'running').map(({ runId }) => runId);
  const list = (folder: string) => readdirSync(join(bench.state, folder));
  const sessions = spawnSync('tmux', ['-S', join(bench.state, 'tmux.sock'), 'list-sessions', '-F', '#S'], {
    encoding: 'utf8',
  });
  return [
    ...list('agents').filter((entry) => !live.includes(entry)),
    ...list('.').filter((entry) => /lock|\.json\./.test(entry)),
    ...sessions.stdout.split('\n').filter((name) => name !== '' && !live.includes(name)),
    ...processTable()
      .filter(({ cookie, zombie }) => !zombie && ended.includes(cookie ?? ''))
      .map(({ pid }) => pid),
    ...bench.directoriesInUse().filter((directory) => !live.some((name) => directory.endsWith(`/${name}`))),
  ].map(String);
}

/**
 * A launcher that died before its spec.json was whole, or before it put down that a lock is its, cannot be told from one
 * that lives: what it left goes when it is a minute old.
 */
function ageWhatIsNobodys(bench: Workbench): string[] {
  const long = new Date(Date.now() - 120_000);
  const left = ['', 'agents'].flatMap((folder) =>
    readdirSync(join(bench.state, folder)).map((entry) => join(bench.state, folder, entry)),
  );
  const nobodys = left.filter((path) => {
    if (/\.json\.\d+$/.test(path)) return true;
    if (/lock[^/]*$/.test(path)) return !existsSync(`${path}.owner`);
    const spec = join(path, 'spec.json');
    return path.includes('/.new.') && !(existsSync(spec) && readFileSync(spec, 'utf8').endsWith('}\n'));
  });
  for (const path of nobodys) utimesSync(path, long, long);
  return nobodys;
}

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
  // Who waited for less than the model did has come further by the same step: its heir is whole, or never was.
  const heirs = replaced.filter(({ runId }) => !predecessors.has(runId));
  expect(heirs.length).toBeLessThan(4);
  for (const { phase, result } of heirs) expect(phase === 'running' || result === 'lost').toBe(true);
  ageWhatIsNobodys(bench);
  await swept(bench);
  expect(await halfMade(bench)).toEqual([]);

  await stop(stateOf(bench), [...agents, ...heirs], { by: 'a test', noManager: true });
  // Where a TERM that was put down was never sent, KILL follows all the same.
  await bench.checks(Object.fromEntries(agents.map(({ name }): [string, Truth] => [name, { result: 'stopped' }])));
});

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
