// Who looks again and again reads nothing anew of whom nothing has changed in, and must see all that has, at once.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Lookout } from '../../src/lifecycle/lookout.ts';
import { type Observed, observeAll } from '../../src/lifecycle/observe.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';

interface Started {
  wrapper: { pid: number };
  watchdog: { pid: number };
  agent: { pid: number };
  tmux: { serverPid: number };
}

class Watch {
  readonly lookout: Lookout;
  readonly #state: string;

  constructor(bench: Workbench) {
    this.#state = bench.state;
    this.lookout = new Lookout(bench.state);
  }

  /** What is seen now, which is what a look at everything sees. */
  sees(): Record<string, string> {
    const brief = (agents: readonly Observed[]): Record<string, string> =>
      Object.fromEntries(
        agents.map(({ name, status, evidence: { files } }) => [
          name,
          [status.phase, status.result, files.keptBy && 'kept'].filter(Boolean).join(' '),
        ]),
      );
    const seen = brief(this.lookout.look());
    expect(seen).toEqual(brief(observeAll(this.#state)));
    return seen;
  }

  sawEndOf(name: string): Promise<unknown> {
    const ended = ({ status }: Observed) => status.phase === 'ended';
    return waitFor(`the end of ${name}`, () => this.lookout.look(new Set([name])).some(ended));
  }

  /** Until nothing is read anew of these agents. */
  async settles(...names: readonly string[]): Promise<void> {
    const files = () => this.lookout.look(new Set(names)).map(({ evidence }) => evidence.files);
    await waitFor(`${names.join(', ')} to be left unread`, () => {
      const before = files();
      return before.length === names.length && files().every((one, at) => one === before[at]);
    });
  }
}

test('of whom nothing has changed in nothing is read, and whatever is done to an agent is seen by the next look', async () => {
  const bench = new Workbench();
  const watch = new Watch(bench);
  await bench.ok('spawn', '-n', 'runs', '--grace', 'none', '--', 'sh', '-c', 'read line; exit 3');
  await bench.ok('spawn', '-n', 'says', '--grace', 'none', '--', 'sleep', '1000');
  await bench.ok('spawn', '-n', 'dies', '--', 'sleep', '1000');
  expect(watch.sees()).toEqual({ runs: 'running', says: 'running', dies: 'running' });

  await watch.settles('runs', 'says', 'dies');
  await bench.ok('done', 'says');
  expect(watch.sees()).toMatchObject({ says: 'done' });
  await bench.ok('keep', 'says');
  expect(watch.sees()).toMatchObject({ says: 'done kept' });

  await bench.ok('send', 'runs', 'go on');
  await watch.sawEndOf('runs');
  expect(watch.sees()).toMatchObject({ runs: 'ended failed' });
  await watch.settles('runs', 'says');
  await bench.ok('keep', 'runs');
  expect(watch.sees()).toMatchObject({ runs: 'ended failed kept' });
  await bench.ok('keep', '--release', 'runs');
  expect(watch.sees()).toMatchObject({ runs: 'ended failed' });

  const { wrapper, watchdog, agent, tmux } = bench.record(
    await bench.agent('dies'),
    'started.json',
  ) as unknown as Started;
  // Whoever reaps its wrapper cannot: that stays in the process table.
  for (const pid of [tmux.serverPid, watchdog.pid]) process.kill(pid, 'SIGSTOP');
  process.kill(wrapper.pid, 'SIGKILL');
  const dies = () => watch.lookout.look().find(({ name }) => name === 'dies')?.status;
  await waitFor('its wrapper to be missed', () => dies()?.phase === 'stopping');
  for (const { pid } of [watchdog, agent]) process.kill(pid, 'SIGKILL');
  await waitFor('it to be lost', () => dies()?.result === 'lost');
  process.kill(tmux.serverPid, 'SIGCONT');
  expect(watch.sees()).toMatchObject({ dies: 'ended lost' });

  await watch.settles('runs', 'says');
  await bench.ok('stop', 'says');
  expect(watch.sees()).toMatchObject({ says: 'ended stopped kept' });
  await bench.ok('rm', '-f', 'runs');
  expect(Object.keys(watch.sees()).sort()).toEqual(['dies', 'says']);
});

test('who waits in line is left unread too, until it is started or given up', async () => {
  const bench = new Workbench();
  const watch = new Watch(bench);
  const lines = ['a', 'b', 'c'].map((name) =>
    JSON.stringify({ name, command: ['sh', '-c', 'read line'], grace: '0s' }),
  );
  const batch = bench.file('batch.ndjson', `${lines.join('\n')}\n`);
  await bench.ok('spawn', '--batch', batch, '--max-parallel', '1');
  expect(watch.sees()).toEqual({ a: 'running', b: 'queued', c: 'queued' });
  await watch.settles('a', 'b', 'c');
  await bench.ok('stop', 'c');
  expect(watch.sees()).toEqual({ a: 'running', b: 'queued', c: 'ended stopped' });
  await bench.ok('send', 'a', 'go on');
  await watch.sawEndOf('a');
  expect(watch.sees()).toMatchObject({ a: 'ended succeeded' });
  await bench.ok('sweep');
  expect(watch.sees()).toMatchObject({ b: 'running' });
});

test('another run that takes the name is seen as another', async () => {
  const bench = new Workbench();
  const lookout = new Lookout(bench.state);
  await bench.ok('spawn', '-n', 'same', '--', 'sleep', '1000');
  const first = lookout.look()[0]?.runId;
  await bench.ok('spawn', '-n', 'same', '--replace', '--', 'sleep', '1000');
  const second = lookout.look()[0]?.runId;
  expect(second).not.toBe(first);
  expect(second).toBe((await bench.agent('same')).runId);
  // What is no agent is none.
  mkdirSync(join(bench.state, 'agents', '.new.x'));
  writeFileSync(join(bench.state, 'agents', 'file'), '');
  expect(lookout.look(new Set(['same', 'nobody'])).map(({ name }) => name)).toEqual(['same']);
});
