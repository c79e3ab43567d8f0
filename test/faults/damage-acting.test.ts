// Scenario 7, the acting side: records of agents that live are damaged, and then they are swept, stopped, and reach their
// caps. Whoever is not theirs hears nothing; nobody is given up while it lives; and each is ended by a stop or its watchdog.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { find } from '../../src/lifecycle/list.ts';
import { remove } from '../../src/lifecycle/remove.ts';
import { spawn } from '../../src/lifecycle/spawn.ts';
import { stop } from '../../src/lifecycle/stop.ts';
import { sweep } from '../../src/lifecycle/sweep.ts';
import { archivedAgentDir } from '../../src/store/paths.ts';
import { livenessOf } from '../../src/system/processes.ts';
import { type FaultAgent, FaultBench, type FaultStarted } from '../fixtures/fault-bench.ts';
import { waitFor } from '../fixtures/wait-for.ts';

const stateOf = (bench: FaultBench) => ({ path: bench.state, reason: 'of a test' });

/** By rename: what is read is the old or the new. */
function put({ directory }: Pick<FaultAgent, 'directory'>, file: string, content: string | object): void {
  const path = join(directory, file);
  writeFileSync(`${path}.new`, typeof content === 'string' ? content : JSON.stringify(content));
  renameSync(`${path}.new`, path);
}

const NONSENSE = '\u0000nonsense","agent":{"pid":12x,\n';

type Act = (agent: FaultAgent, bench: FaultBench, other: FaultAgent) => void;

const nonsense =
  (...files: string[]): Act =>
  (agent) => {
    for (const file of files) put(agent, file, NONSENSE);
  };

const none =
  (...files: string[]): Act =>
  ({ directory }) => {
    for (const file of files) rmSync(join(directory, file), { recursive: true, force: true });
  };

const instead =
  (make: (path: string) => void, ...files: string[]): Act =>
  (agent, bench, other) => {
    none(...files)(agent, bench, other);
    for (const file of files) make(join(agent.directory, file));
  };

const fifo = (path: string): void => expect(spawnSync('mkfifo', [path]).status).toBe(0);
const endless = (path: string): void => symlinkSync('/dev/zero', path);

/** What started.json may say when it was mixed up with another's, and is well-formed. */
const started =
  (change: (own: FaultStarted, others: FaultStarted) => object): Act =>
  (agent, bench, other) => {
    const own = bench.record(agent, 'started.json') as unknown as FaultStarted;
    put(agent, 'started.json', `${JSON.stringify({ ...own, ...change(own, other.started) })}\n`);
  };

/** Of these nothing can be said, and a stop refuses: their cap is kept by their watchdogs. */
const UNSAYABLE: Readonly<Record<string, Act>> = {
  'started-nonsense': nonsense('started.json'),
  'started-fifo': instead(fifo, 'started.json'),
  'started-gone': none('started.json'),
  'started-foreign': started(() => ({ runId: 'foreignrun0000000000' })),
  'started-boot': started(() => ({ bootId: '00000000-0000-0000-0000-000000000000' })),
  'both-proofs': nonsense('started.json', 'wrapper.pid'),
  'no-proof': (agent, bench, other) => {
    none('started.json', 'wrapper.pid')(agent, bench, other);
    // Nor can it just be about to start: that was long ago, and its launcher has gone.
    const long = { createdUptimeSeconds: 1, launcher: { pid: 2 ** 22, startTime: '1' } };
    put(agent, 'spec.json', { ...bench.record(agent, 'spec.json'), ...long });
  },
  'spec-nonsense': nonsense('spec.json'),
  'all-three': nonsense('spec.json', 'started.json', 'wrapper.pid'),
};

/** These can be stopped. */
const SAYABLE: Readonly<Record<string, Act>> = {
  'others-session': started(({ tmux }, others) => ({ tmux: { ...tmux, session: others.tmux.session } })),
  'others-pane': started(({ tmux }, others) => ({ tmux: { ...tmux, pane: others.tmux.pane } })),
  'others-pids': started(({ wrapper, watchdog }, others) => ({
    wrapper: { ...wrapper, pid: others.wrapper.pid },
    watchdog: { ...watchdog, pid: others.watchdog.pid },
  })),
  'others-cgroup': started((_own, { cgroup }) => ({ cgroup: cgroup ?? '/sys/fs/cgroup' })),
  orders: nonsense('orders.json'),
  verdict: nonsense('verdict.json'),
  'verdict-fifo': instead(fifo, 'verdict.json'),
  'activity-folder': instead(mkdirSync, 'activity.json'),
  'limits-fifo': instead(fifo, 'limits'),
  'limits-endless': instead(endless, 'limits'),
  'heartbeat-fifo': instead(fifo, 'heartbeat'),
  'log-fifo': instead(fifo, 'output.times', 'output.log', 'times', 'screen.txt'),
};

/** So that whatever becomes of the test, what knows an agent by these can end it, and find its control group. */
function keepForTheEnd(bench: FaultBench, { name, runId, directory }: FaultAgent): void {
  const files = ['spec.json', 'started.json', 'wrapper.pid'];
  const kept = files.map((file) => ({ file, text: readFileSync(join(directory, file), 'utf8') }));
  onTestFinished(() => {
    const place = [directory, archivedAgentDir(bench.state, name, runId)].find(existsSync);
    if (place === undefined) return;
    for (const { file, text } of kept) {
      rmSync(join(place, file), { force: true });
      writeFileSync(join(place, file), text);
    }
  });
}

test('whatever is damaged while it lives, it is ended at its cap or by a stop, and nobody else', async () => {
  const damages = { ...UNSAYABLE, ...SAYABLE };
  const names = Object.keys(damages);
  const bench = await FaultBench.open({ maybeUnknown: names, sampleEveryMs: 200 });
  const state = stateOf(bench);
  const other = await bench.launchHere('other', 'exec sleep 1000');
  const agents: FaultAgent[] = [];
  for (const name of names) agents.push(await bench.launchHere(name, 'exec sleep 1000', { killAfterMs: 1000 }));
  for (const agent of agents) {
    keepForTheEnd(bench, agent);
    damages[agent.name]?.(agent, bench, other);
  }

  // What acts on all of them ends nobody, as nothing is due.
  for await (const _ of sweep(state, { dryRun: false }));
  for (const { name, started } of agents) expect(livenessOf(started.agent), `${name} lives`).toBe('alive');
  for (const { name, phase, reason } of await bench.ps()) expect(phase, `${name}: ${reason}`).not.toBe('ended');
  for (const name of Object.keys(UNSAYABLE)) {
    // Neither its name nor its directory is taken from it.
    await expect(spawn(state, { name, command: ['true'], noManager: true }), name).rejects.toThrow('is taken');
    await expect(remove(state, find(state, name)), name).rejects.toThrow('try again');
  }
  expect(bench.harmed()).toEqual([]);

  const ends = { by: 'a test', killAfterMs: 1000, noManager: true };
  for (const agent of agents) if (agent.name in UNSAYABLE) bench.capNow(agent, 1);
  await Promise.all(agents.filter(({ name }) => name in SAYABLE).map((agent) => stop(state, [agent], ends)));
  for (const { name, started } of agents)
    await waitFor(`the end of ${name}`, () => livenessOf(started.agent) === 'dead', 60_000);
  for await (const _ of sweep(state, { dryRun: false }));
  for (const agent of agents)
    await waitFor(`what is left of ${agent.name} to go`, () => bench.left(agent).length === 0, 60_000);
  const after = await bench.ps();
  for (const agent of agents) {
    const listed = after.filter(({ name }) => name === agent.name);
    expect(listed, agent.name).toHaveLength(1);
    expect(listed[0]?.result, agent.name).not.toBe('succeeded');
  }
  expect(livenessOf(other.started.agent)).toBe('alive');
  expect(after.find(({ name }) => name === 'other')).toMatchObject({ phase: 'running' });
  expect(bench.harmed()).toEqual([]);
  expect(await bench.sampler?.end()).toEqual([]);
});
