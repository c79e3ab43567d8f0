// Whoever ends an agent, and however many do at once: one verdict, one TERM.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { livenessOf } from '../../src/system/processes.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { type Listed, Workbench } from '../fixtures/workbench.ts';

const ROUNDS = 5;
const CAP = 2;
/** Sh: notes each TERM, and ends only when it would have heard a second one too. */
const COUNTING = `trap 'echo TERM >>"$AGENTCTL_NAME.heard"; left=25' TERM; left=100000; echo >"$AGENTCTL_NAME.ready"
while [ $left -gt 0 ]; do left=$((left - 1)); sleep 0.02; done; exit 4`;

test('a second manager is refused while the first lives', async () => {
  const bench = new Workbench().withManager();
  await bench.ok('spawn', '-n', 'a', '--', 'sleep', '1000');
  const first = bench.manager();
  const { code, stderr } = await bench.run('manager', 'run');
  expect({ code, stderr }).toMatchObject({ code: 75, stderr: expect.stringContaining(`pid ${first.pid}`) });
  expect(bench.manager()).toEqual(first);
  expect(livenessOf(first)).toBe('alive');
});

test('two managers, sweeps and a stop at once give one verdict and one TERM', async () => {
  const bench = new Workbench().withManager();
  const causes: unknown[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const agent = await spawnCounting(bench, `a${round}`);
    await waitFor('the first manager', () => livingManagers(bench).length === 1);
    const { uptimeSeconds } = bench.record(agent, 'started.json') as { uptimeSeconds: number };
    const managers = await whileNobodyIsTheManager(bench, async () => {
      const second = bench.start(['manager', 'run'], { stdio: 'ignore' });
      onTestFinished(() => void second.kill());
      await waitFor('a second manager', () => livingManagers(bench).length > 1);
      // The commands need that long to get going.
      await waitFor('its cap to be near', () => uptime() > uptimeSeconds + CAP - 0.3);
      await everybodyAtOnce(bench, agent);
      return livingManagers(bench).length;
    });

    // A stop that comes when all is over tears down: then it is in the archive.
    const ended = await bench.agent(agent.name);
    const verdict = bench.record(ended, 'verdict.json') as { cause: string; steps: { step: string }[] };
    // One that is seen dead a moment before its wrapper has published has what it left killed then already.
    const steps = verdict.steps.map(({ step }) => step).filter((step) => step !== 'kill');
    expect(steps).toEqual(ended.archived ? ['term', 'ended', 'teardown'] : ['term', 'ended']);
    expect(readFileSync(join(bench.dir, `${agent.name}.heard`), 'utf8')).toBe('TERM\n');
    expect(stoppings(bench, agent)).toMatchObject([{ cause: verdict.cause }]);
    const result = { capped: 'timed-out', stopped: 'stopped' }[verdict.cause];
    expect(ended).toMatchObject({ phase: 'ended', result, exitCode: 4 });
    causes.push(`${verdict.cause} (${managers} managers) ${ended.archived}`);
    await bench.ok('manager', 'start');
    await waitFor('one manager to be left', () => livingManagers(bench).length === 1);
  }
  if (process.env.FIGURES) console.log(causes);
}, 120_000);

/** Removes the managers' record again and again: each that lives takes itself for the manager, and goes on. */
async function whileNobodyIsTheManager<T>(bench: Workbench, act: () => Promise<T>): Promise<T> {
  let over = false;
  const removal = (async () => {
    while (!over) {
      rmSync(join(bench.state, 'manager.json'), { force: true });
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  try {
    return await act();
  } finally {
    over = true;
    await removal;
  }
}

function livingManagers(bench: Workbench): number[] {
  const log = join(bench.state, 'manager.log');
  const said = existsSync(log) ? readFileSync(log, 'utf8').matchAll(/"pid":(\d+)/g) : [];
  return [...new Set([...said].map(([, pid]) => Number(pid)))].filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('\0manager\0run');
    } catch {
      return false;
    }
  });
}

async function spawnCounting(bench: Workbench, name: string): Promise<Listed> {
  const limits = ['--max-runtime', `${CAP}s`, '--kill-after', '20s'];
  const spawned = await bench.ok('spawn', '--json', '-n', name, ...limits, '--', 'sh', '-c', COUNTING);
  await bench.written(`${name}.ready`);
  return JSON.parse(spawned) as Listed;
}

async function everybodyAtOnce(bench: Workbench, { name }: Listed): Promise<void> {
  let over = false;
  const sweeps = [1, 2].map(async () => {
    while (!over) await bench.ok('sweep');
  });
  try {
    await bench.ok('stop', name);
  } finally {
    over = true;
    await Promise.all(sweeps);
  }
}

function stoppings(bench: Workbench, { runId }: Listed): Record<string, unknown>[] {
  const lines = readFileSync(join(bench.state, 'events.ndjson'), 'utf8').trim().split('\n');
  const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return events.filter((event) => event.runId === runId && event.event === 'stopping');
}

function uptime(): number {
  return Number.parseFloat(readFileSync('/proc/uptime', 'utf8'));
}
