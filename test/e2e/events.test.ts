// What is told of agents: events, and the commands of --on that hear of them.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { appendEvent, rotateEvents } from '../../src/store/events-file.ts';
import { lives } from '../fixtures/bystanders.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';
import { misfits } from './schemas.ts';

interface Told {
  event: string;
  name: string;
  cause: string | null;
  reason: string;
  result?: string | null;
}

async function told(bench: Workbench, ...filters: string[]): Promise<Told[]> {
  const out = await bench.ok('events', '--json', ...filters.flatMap((filter) => ['--filter', filter]));
  return out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Told);
}
const UNTIL_GO = 'while [ ! -e go ]; do sleep 0.1; done; exit 4';
const kinds = (events: readonly Told[]) => events.map(({ event }) => event);

test('a life is told in order, once, also to whoever follows; and its hooks hear of it', async () => {
  const bench = new Workbench().withManager();
  bench.configure({ on: { ended: 'cat >>ended' } });
  const follower = bench.start(['events', '-f', '--json']);
  let followed = '';
  follower.stdout?.on('data', (chunk: Buffer) => (followed += chunk));
  const hooks = ['--on', 'done=cat >done', '--on', 'done=echo no >&2; exit 3', '--on', 'lost=touch lost'];
  await bench.ok('spawn', '-n', 'a', '--grace', '1s', ...hooks, '--', 'sleep', '1000');
  await bench.ok('done', 'a', '-m', 'all of it');
  await waitFor('its teardown', () => followed.includes('"torn-down"'));
  follower.kill();
  await waitFor('its hooks to have run', () => followed.includes('hook-failed'));

  const all = await told(bench);
  expect(kinds(all).filter((event) => event !== 'hook-failed')).toEqual([
    'spawned',
    'started',
    'done',
    'stopping',
    'ended',
    'torn-down',
  ]);
  for (const event of all) expect(misfits('event', event)).toEqual([]);
  expect(followed.trim().split('\n')).toHaveLength(all.length);
  expect(all.find(({ event }) => event === 'ended')).toMatchObject({ cause: 'done', result: 'succeeded' });
  expect(all.find(({ event }) => event === 'hook-failed')).toMatchObject({
    cause: 'done',
    reason: 'echo no >&2; exit 3: it exited with 3: no',
  });
  expect(kinds(await told(bench, 'event=done', 'event=ended', 'name=a'))).toEqual(['done', 'ended']);
  expect(await told(bench, 'name=b')).toEqual([]);

  const done = JSON.parse(readFileSync(join(bench.dir, 'done'), 'utf8'));
  expect(done).toMatchObject({
    event: { event: 'done', reason: 'all of it' },
    agent: { name: 'a', phase: 'done', directory: expect.any(String) },
  });
  expect(JSON.parse(readFileSync(join(bench.dir, 'ended'), 'utf8'))).toMatchObject({ event: { event: 'ended' } });
});

test('without a manager the next sweep tells, and runs the hooks', async () => {
  const bench = new Workbench();
  await bench.ok('spawn', '-n', 'a', '--grace', '0', '--on', 'ended=cat >ended', '--', 'sh', '-c', UNTIL_GO);
  expect(kinds(await told(bench))).toEqual(['spawned', 'started']);
  writeFileSync(join(bench.dir, 'go'), '');
  await waitFor('its end', async () => (await bench.agent('a')).phase === 'ended');
  expect(kinds(await told(bench))).toEqual(['spawned', 'started']);
  await bench.ok('sweep');
  expect(kinds(await told(bench))).toEqual(['spawned', 'started', 'ended', 'torn-down']);
  expect(JSON.parse(readFileSync(join(bench.dir, 'ended'), 'utf8')).event).toMatchObject({
    event: 'ended',
    cause: 'natural',
    result: 'failed',
    exitCode: 4,
  });
  await bench.ok('sweep');
  expect(await told(bench)).toHaveLength(4);

  // Across the pieces of a full file, and only so many of those.
  rotateEvents(bench.state, { pieceBytes: 10, pieces: 2 });
  await bench.run('run', '-n', 'b', 'true');
  expect(kinds(await told(bench, 'name=a'))).toHaveLength(4);
  expect(kinds(await told(bench, 'name=b'))).toContain('ended');
  for (let times = 0; times < 4; times++) {
    rotateEvents(bench.state, { pieceBytes: 1, pieces: 2 });
    const line = { name: `c${times}`, runId: '00000000', cause: null, reason: '' };
    appendEvent(bench.state, { ...line, at: new Date().toISOString(), event: 'spawned' });
  }
  expect(new Set((await told(bench)).map(({ name }) => name))).toEqual(new Set(['c1', 'c2', 'c3']));
});

test('a hook whose manager is killed meanwhile goes on, once, and the next to look tells of its failure', async () => {
  const bench = new Workbench().withManager();
  const hook = 'ended=echo ran >>ran; while [ ! -e go ]; do sleep 0.1; done; echo heard; cat >heard; exit 5';
  await bench.ok('spawn', '-n', 'a', '--grace', '0', '--on', hook, 'true');
  await bench.written('ran');
  const { pid } = bench.manager();
  process.kill(pid, 'SIGKILL');
  await waitFor('the manager to go', () => !lives(pid));
  await bench.ok('sweep');
  writeFileSync(join(bench.dir, 'go'), '');
  const hooks = () => readdirSync(join(bench.state, 'hooks'));
  await waitFor('its end', () => hooks().some((entry) => entry.includes('failed-5')) && hooks().length === 2);
  const failed = async () => (await told(bench, 'event=hook-failed')).map(({ cause, reason }) => [cause, reason]);
  await waitFor('it to be told', async () => {
    await bench.ok('sweep');
    return (await failed()).length > 0;
  });
  expect(await failed()).toEqual([['ended', `${hook.slice('ended='.length)}: it exited with 5: heard`]]);
  expect(hooks()).toEqual([]);
  expect(readFileSync(join(bench.dir, 'ran'), 'utf8')).toBe('ran\n');
  expect(JSON.parse(readFileSync(join(bench.dir, 'heard'), 'utf8'))).toMatchObject({ event: { event: 'ended' } });
});

test('a manager that is told to leave in the midst of telling tells all of it', async () => {
  const bench = new Workbench();
  await bench.ok('spawn', '-n', 'a', '--grace', '0', '--on', 'ended=echo ran >>ran', '--', 'sh', '-c', UNTIL_GO);
  // Its mark is made, its line is not.
  const env = {
    NODE_OPTIONS: `--import=${fileURLToPath(new URL('../fixtures/stop-at.mjs', import.meta.url))}`,
    STOP_AT: 'openSync:events.ndjson',
    STOP_SIGNAL: 'SIGTERM',
    STOP_MARK: join(bench.dir, 'mark'),
  };
  const manager = bench.start(['manager', 'run', '--leave-after', 'none'], { env });
  await waitFor('the manager', () => existsSync(join(bench.state, 'manager.json')));
  writeFileSync(join(bench.dir, 'go'), '');
  await waitFor('it to leave', () => manager.exitCode !== null || manager.signalCode !== null);
  // By the signal itself: systemd's unit tells by it.
  expect(manager.signalCode).toBe('SIGTERM');
  expect(existsSync(join(bench.dir, 'mark'))).toBe(true);
  await bench.ok('sweep');
  expect(kinds(await told(bench))).toEqual(['spawned', 'started', 'ended', 'torn-down']);
  expect(readFileSync(join(bench.dir, 'ran'), 'utf8')).toBe('ran\n');
});

test('bad words to events and --on are told in a sentence, and start nothing', async () => {
  const bench = new Workbench();
  const ran = await bench.many([
    ['events', 'a'],
    ['events', '--filter', 'phase=ended'],
    ['events', '--since', 'soon'],
    ['spawn', '-n', 'a', '--on', 'donne=x', 'true'],
    ['spawn', '-n', 'a', '--on', 'done', 'true'],
    ['config', 'pth'],
  ]);
  expect(ran.map(({ code, stdout }) => ({ code, stdout }))).toEqual(ran.map(() => ({ code: 2, stdout: '' })));
  expect(ran.map(({ stderr }) => stderr.split('\n').length)).toEqual(ran.map(() => 2));
  expect(await bench.ps()).toEqual([]);
});
