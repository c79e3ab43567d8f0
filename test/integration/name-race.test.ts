import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { type Ran, Workbench } from '../fixtures/workbench.ts';

const SPAWNS = 20;

function spawnAtOnce(bench: Workbench, ...options: string[]): Promise<Ran[]> {
  return Promise.all(
    Array.from({ length: SPAWNS }, () => bench.run('spawn', '-n', 'one', ...options, 'sleep', '1000')),
  );
}

/** What the losers of a race may leave is nothing: no directory, no session, no process. */
async function expectOnlyOne(bench: Workbench): Promise<void> {
  await waitFor('the locks to be given back', () => readdirSync(join(bench.state, 'agents')).length === 1);
  expect(readdirSync(join(bench.state, 'agents'))).toEqual(['one']);
  expect(await bench.ok('tmux', 'list-sessions', '-F', '#{session_name}')).toBe('one\n');
  await waitFor('the others to be gone', () => bench.directoriesInUse().length === 1);
  expect(bench.directoriesInUse()).toEqual([join(bench.state, 'agents', 'one')]);
}

test('starts exactly one of 20 agents of one name, and the 19 say so', async () => {
  const bench = new Workbench();
  const ran = await spawnAtOnce(bench);
  expect(ran.filter(({ code }) => code === 0)).toEqual([{ code: 0, stdout: 'one\n', stderr: '' }]);
  const losers = ran.filter(({ code }) => code !== 0);
  for (const { code, stdout, stderr } of losers) {
    expect({ code, stdout }).toEqual({ code: 75, stdout: '' });
    expect(stderr).toMatch(/^agentctl: the name one is taken by an agent that is (starting|running): [^\n]+\n$/);
  }
  expect(await bench.ps()).toMatchObject([{ name: 'one', phase: 'running' }]);
  await expectOnlyOne(bench);
});

test('archives an ended holder of the name once, its log whole, when 20 want the name', async () => {
  const bench = new Workbench();
  await bench.ok('spawn', '-n', 'one', 'seq', '1000');
  expect((await bench.run('wait', 'one')).code).toBe(0);
  const before = await bench.agent('one');
  const ran = await spawnAtOnce(bench);
  expect(ran.filter(({ code }) => code === 0)).toHaveLength(1);
  for (const { code, stderr } of ran.filter(({ code }) => code !== 0)) {
    expect(code).toBe(75);
    expect(stderr).toMatch(/^agentctl: [^\n]+\n$/);
  }
  expect(readdirSync(join(bench.state, 'archive'))).toEqual([`one.${before.runId}`]);
  const lines = (await bench.ok('logs', `one.${before.runId}`)).trim().split('\n');
  expect(lines).toEqual(Array.from({ length: 1000 }, (_, index) => String(index + 1)));
  await expectOnlyOne(bench);
});

test('leaves one agent, and each earlier one stopped and archived, when 20 replace each other', async () => {
  const bench = new Workbench();
  await bench.ok('spawn', '-n', 'one', 'sleep', '1000');
  const ran = await spawnAtOnce(bench, '--replace');
  for (const { code, stderr } of ran) {
    if (code === 0) expect(stderr).toBe('');
    else expect({ code, stderr }).toEqual({ code: 75, stderr: expect.stringMatching(/^agentctl: [^\n]+\n$/) });
  }
  const started = ran.filter(({ code }) => code === 0).length;
  expect(started).toBeGreaterThan(0);
  const agents = await bench.ps();
  expect(agents.filter(({ archived }) => !archived)).toMatchObject([{ name: 'one', phase: 'running' }]);
  // Whoever was replaced while it was being started may have been told so, and is in the archive all the same.
  const replaced = agents.filter(({ archived }) => archived);
  expect(replaced.length).toBeGreaterThanOrEqual(started);
  for (const agent of replaced) {
    expect(agent).toMatchObject({ phase: 'ended', result: 'stopped' });
    expect(bench.cookieHolders(agent.runId)).toEqual([]);
  }
  await expectOnlyOne(bench);
}, 120_000);

test('runs the first command of the README twice in a row, and twice at once', async () => {
  const bench = new Workbench();
  const hello = () => bench.run('run', '--name', 'hello', '--', 'sh', '-c', 'echo working; sleep 2; echo done');
  const whole = { code: 0, stdout: 'working\ndone\n', stderr: '' };
  expect(await hello()).toEqual(whole);
  expect(await hello()).toEqual(whole);
  const both = (await Promise.all([hello(), hello()])).sort((a, b) => Number(a.code) - Number(b.code));
  expect(both[0]).toEqual(whole);
  expect(both[1]).toEqual({
    code: 125,
    stdout: '',
    stderr: expect.stringMatching(/^agentctl: the name hello is taken [^\n]+\n$/),
  });
});
