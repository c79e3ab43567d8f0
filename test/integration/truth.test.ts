import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { livenessOf } from '../../src/system/processes.ts';
import { Sampler } from '../fixtures/sampler.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { type Listed, Workbench } from '../fixtures/workbench.ts';

interface Identity {
  pid: number;
  startTime: string;
}
type Started = Record<'agent' | 'wrapper' | 'watchdog', Identity> & {
  tmux: { serverPid: number; session: string };
};

function startedOf(bench: Workbench, agent: Pick<Listed, 'directory'>): Started {
  return bench.record(agent, 'started.json') as unknown as Started;
}

async function spawnAll(bench: Workbench, names: readonly string[], command = ['sleep', '1000']): Promise<Listed[]> {
  return Promise.all(names.map(async (name) => JSON.parse(await bench.ok('spawn', '--json', '-n', name, ...command))));
}

interface Event {
  what: string;
  happens: (bench: Workbench, agent: Listed, started: Started) => unknown;
  becomes: Partial<Listed>;
}

const toTheWrapper =
  (signal: NodeJS.Signals): Event['happens'] =>
  (_bench, _agent, { wrapper }) =>
    process.kill(wrapper.pid, signal);
const lost = { phase: 'ended', result: 'lost', exitCode: null };
const running = { phase: 'running', result: null };
const stopped = { phase: 'ended', result: 'stopped', exitCode: 143 };

/** What else may happen to one is in test/faults: signals to all of them, keys, the ends of tmux, and a reboot. */
const EVENTS: Event[] = [
  {
    what: 'the agent exits',
    happens: (bench, agent) => writeFileSync(join(bench.dir, `end-${agent.name}`), ''),
    becomes: { phase: 'ended', result: 'failed', exitCode: 3 },
  },
  { what: 'TERM to the wrapper', happens: toTheWrapper('SIGTERM'), becomes: lost },
  { what: 'HUP to the wrapper', happens: toTheWrapper('SIGHUP'), becomes: lost },
  {
    what: 'kill-session',
    happens: (bench, _agent, { tmux }) => bench.ok('tmux', 'kill-session', '-t', tmux.session),
    becomes: lost,
  },
];

test('tells the truth, before and after, whatever happens to agents', async () => {
  const bench = new Workbench();
  const sampler = new Sampler(bench);
  const names = EVENTS.map((_, index) => `e${index}`);
  const command = 'until [ -e "end-$AGENTCTL_NAME" ]; do sleep 0.05; done; exit 3';
  const agents = await spawnAll(bench, names, ['sh', '-c', command]);
  for (const [index, { happens }] of EVENTS.entries()) {
    const agent = agents[index] as Listed;
    await happens(bench, agent, startedOf(bench, agent));
  }
  const phases = async () => Object.fromEntries((await bench.ps()).map((agent) => [agent.name, agent]));
  for (const [index, { what, becomes }] of EVENTS.entries()) {
    const is = await waitFor(`${what} to show`, async () => {
      const agent = (await phases())[`e${index}`];
      return agent?.phase === becomes.phase ? agent : undefined;
    });
    expect({ what, ...is }).toMatchObject({ what, ...becomes });
  }
  expect(await sampler.end()).toEqual([]);
  await bench.ok('rm', ...names);
  await waitFor('all that watched to be gone', () => bench.directoriesInUse().length === 0);
}, 120_000);

test.each(['kill-server', 'KILL'])(
  'tells the truth when the tmux server ends by %s',
  async (how) => {
    const bench = new Workbench();
    const sampler = new Sampler(bench);
    const agents = await spawnAll(bench, ['a', 'b', 'c', 'd', 'e', 'f']);
    if (how === 'KILL') process.kill(startedOf(bench, agents[0] as Listed).tmux.serverPid, 'SIGKILL');
    else await bench.ok('tmux', 'kill-server');
    await waitFor('all to have ended', async () => (await bench.ps()).every(({ phase }) => phase === 'ended'));
    for (const agent of await bench.ps()) expect(agent).toMatchObject(lost);
    // A new server takes the place of the old one.
    await bench.ok('spawn', '-n', 'a', 'sleep', '1000');
    expect(await bench.agent('a')).toMatchObject(running);
    expect(await sampler.end()).toEqual([]);
  },
  120_000,
);

test('tells the truth of an agent that outlives wrapper and watchdog, until it is stopped', async () => {
  const bench = new Workbench();
  const [agent] = await spawnAll(
    bench,
    ['deaf'],
    ['sh', '-c', 'trap "" HUP; echo ready; while :; do sleep 0.05; done'],
  );
  const { watchdog, wrapper, agent: identity } = startedOf(bench, agent as Listed);
  await waitFor('its trap', async () => (await bench.ok('logs', 'deaf')) === 'ready\n');
  const sampler = new Sampler(bench);
  process.kill(watchdog.pid, 'SIGKILL');
  process.kill(wrapper.pid, 'SIGKILL');
  await waitFor('the deaths to show', async () => (await bench.agent('deaf')).phase !== 'running');
  expect(await bench.agent('deaf')).toMatchObject({ phase: 'stopping', result: null });
  expect(livenessOf(identity)).toBe('alive');
  await bench.ok('stop', 'deaf', '--kill-after', '1');
  expect(livenessOf(identity)).toBe('dead');
  expect(await bench.agent('deaf')).toMatchObject({ phase: 'ended', exitCode: null });
  expect(await sampler.end()).toEqual([]);
});

test('tells the truth while agents are started, end and are archived', async () => {
  const bench = new Workbench();
  mkdirSync(bench.state, { recursive: true });
  const sampler = new Sampler(bench);
  const rounds = async (name: string) => {
    for (let round = 0; round < 4; round++) {
      await bench.ok('spawn', '-n', name, 'true');
      await bench.ok('spawn', '-n', `${name}-live`, '--replace', 'sleep', '1000');
      expect((await bench.run('run', '-n', `${name}-run`, 'true')).code).toBe(0);
      await bench.run('wait', name);
    }
  };
  await Promise.all([rounds('a'), rounds('b')]);
  expect(await sampler.end()).toEqual([]);
}, 120_000);

test('stops an agent whose directory got an order that was meant for the run before it', async () => {
  const bench = new Workbench();
  const [agent] = await spawnAll(bench, ['heir']);
  const at = { at: new Date(0).toISOString(), uptimeSeconds: 1 };
  const stop = { ...at, killAfterSeconds: 0, by: 'somebody' };
  const orders = join((agent as Listed).directory, 'orders.json');
  writeFileSync(orders, JSON.stringify({ schemaVersion: 1, runId: '00000000other', stop }));
  expect(await bench.agent('heir')).toMatchObject(running);
  await bench.ok('stop', 'heir');
  expect(await bench.agent('heir')).toMatchObject(stopped);
});

test('shows damaged records as such, and the others beside them', async () => {
  const bench = new Workbench();
  const names = ['spec', 'started', 'sentinel', 'empty', 'fine'];
  const agents = await spawnAll(bench, names, ['true']);
  for (const name of names) await bench.run('wait', name);
  // The wrapper stays a while after the end: only when it is gone is nobody left to write.
  for (const agent of agents) {
    const { wrapper } = startedOf(bench, agent);
    await waitFor('its wrapper to go', () => livenessOf(wrapper) === 'dead');
  }
  const damage = (name: string, file: string, text: string) =>
    writeFileSync(join((agents[names.indexOf(name)] as Listed).directory, file), text);
  damage('spec', 'spec.json', '{"schemaVersion":1');
  damage('started', 'started.json', '[]');
  damage('sentinel', 'exit.json', '{"schemaVersion":1,"runId":"00000000other","code":0}');
  damage('empty', 'exit.json', '');
  mkdirSync(join(bench.state, 'agents', 'nothing'));
  writeFileSync(join(bench.state, 'agents', 'file'), '');
  writeFileSync(join(bench.state, 'agents', 'not-an.agent'), '');
  const seen = Object.fromEntries((await bench.ps()).map((agent) => [agent.name, agent]));
  expect(Object.keys(seen).sort()).toEqual(['empty', 'file', 'fine', 'nothing', 'sentinel', 'spec', 'started']);
  for (const name of ['sentinel', 'nothing', 'file']) expect(seen[name]).toMatchObject({ phase: 'unknown' });
  expect(seen.fine).toMatchObject({ phase: 'ended', result: 'succeeded' });
  // It ended, whatever else is damaged; and an empty sentinel is "not yet", with nobody left to write it: lost.
  expect(seen.spec).toMatchObject({ phase: 'ended', result: 'succeeded' });
  expect(seen.started).toMatchObject({ phase: 'ended', result: 'succeeded' });
  expect(seen.empty).toMatchObject(lost);
  for (const name of ['spec', 'nothing', 'file', 'empty', 'started', 'fine']) {
    await bench.ok('rm', name);
    expect(existsSync(join(bench.state, 'agents', name))).toBe(false);
  }
}, 120_000);
