// What a user sets once, and what happens where that is wrong.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Bystanders, lives } from '../fixtures/bystanders.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';
import { misfits } from './schemas.ts';

test('config tells what is in force and why, and spawn does so', async () => {
  const bench = new Workbench();
  bench.configure({ defaults: { grace: '7m', maxIdle: 900 }, spare: ['my-daemon'], on: { done: 'true' } });
  bench.env.AGENTCTL_MAX_RUNTIME = '2h';
  const file = join(bench.dir, 'config', 'agentctl', 'config.json');
  const [table, json, path, valid, ...refused] = await bench.many([
    ['config'],
    ['config', '--json'],
    ['config', 'path'],
    ['config', 'validate'],
    ['config', 'path', '--json'],
    ['config', 'validate', '--json'],
  ]);
  expect(table?.stdout).toMatch(/^stateDir: \/.*\/state \(given by AGENTCTL_STATE_DIR\)$/m);
  expect(table?.stdout).toMatch(/^defaults\.maxRuntime +2h +environment: AGENTCTL_MAX_RUNTIME$/m);
  expect(table?.stdout).toMatch(/^defaults\.grace +7m +file$/m);
  expect(table?.stdout).toMatch(/^defaults\.killAfter +10s +default$/m);
  expect(table?.stdout).toMatch(/^spare +my-daemon +file$/m);
  expect(misfits('settings', JSON.parse(json?.stdout ?? ''))).toEqual([]);
  expect(path?.stdout).toBe(`${file}\n`);
  expect(valid?.stdout).toBe(`${file} is valid\n`);
  for (const one of refused) {
    expect(one).toMatchObject({ code: 2, stdout: '' });
    expect(one.stderr).toMatch(/^agentctl: config (path|validate) has no JSON: /);
  }

  const spawned = JSON.parse(await bench.ok('spawn', '--json', '-n', 'a', '--max-idle', '1h', 'sleep', '1000'));
  expect(spawned.limits).toMatchObject({ maxRuntimeSeconds: 7200, graceSeconds: 420, maxIdleSeconds: 3600 });
  expect(readFileSync(join(spawned.directory, 'spared'), 'utf8')).toBe('my-daemon\n');
});

test('a broken config.json is told of by line, and leaves nothing half made; what does not need it works', async () => {
  const bench = new Workbench();
  await bench.ok('spawn', '-n', 'before', 'sleep', '1000');
  bench.configure('{\n  "defaults": { "grace": "5x" }\n}');
  const file = join(bench.dir, 'config', 'agentctl', 'config.json');
  const [config, validate, spawn, extend, start, ps, stop] = await bench.many([
    ['config'],
    ['config', 'validate'],
    ['spawn', '-n', 'after', 'true'],
    ['extend', 'before', '1h'],
    ['manager', 'start'],
    ['ps', '-q'],
    ['stop', 'before'],
  ]);
  for (const refused of [config, validate, spawn, extend, start]) {
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused?.stderr).toMatch(new RegExp(`^agentctl: ${file}:2: defaults.grace is "5x": write a duration`));
  }
  expect(ps).toEqual({ code: 0, stdout: 'before\n', stderr: '' });
  expect(stop).toMatchObject({ code: 0 });
  expect((await bench.ps()).map(({ name }) => name)).toEqual(['before']);
});

test('no flag and no extend passes the ceiling', async () => {
  const bench = new Workbench();
  bench.configure({ maxRuntimeCeiling: '30m' });
  const cut = JSON.parse(await bench.ok('spawn', '--json', '-n', 'a', 'sleep', '1000'));
  expect(cut.limits.maxRuntimeSeconds).toBe(1800);
  const asked = JSON.parse(await bench.ok('spawn', '--json', '-n', 'b', '--max-runtime', '20m', 'sleep', '1000'));
  expect(asked.limits.maxRuntimeSeconds).toBe(1200);
  const [over, none, extendOver, extendNone, extended] = await bench.many([
    ['spawn', '-n', 'c', '--max-runtime', '31m', 'true'],
    ['spawn', '-n', 'c', '--max-runtime', 'none', 'true'],
    ['extend', 'b', '11m'],
    ['extend', 'b', 'none'],
    ['extend', 'b', '10m'],
  ]);
  for (const refused of [over, none]) {
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused?.stderr).toMatch(/--max-runtime: more than the ceiling of 30m .*: give 30m at most/);
  }
  for (const refused of [extendOver, extendNone]) {
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused?.stderr).toMatch(/extend b: more than the ceiling of 30m .*: give 10m at most/);
  }
  expect(extended).toMatchObject({ code: 0 });
  expect((await bench.ps()).map(({ name }) => name).sort()).toEqual(['a', 'b']);
});

test('stateDir there is where agents live, unless somebody says otherwise', async () => {
  const bench = new Workbench();
  const other = join(bench.dir, 'other');
  bench.configure({ stateDir: other });
  const { AGENTCTL_STATE_DIR: _own, ...env } = bench.env;
  bench.env.AGENTCTL_STATE_DIR = undefined;
  expect(JSON.parse((await bench.runWith({ env }, 'info', '--json')).stdout)).toMatchObject({ stateDirectory: other });
  bench.configure('{');
  expect(await bench.runWith({ env }, 'ps')).toMatchObject({ code: 2, stdout: '' });
  // What is needed to mend it.
  const file = join(bench.dir, 'config', 'agentctl', 'config.json');
  expect(await bench.runWith({ env }, 'config', 'path')).toEqual({ code: 0, stdout: `${file}\n`, stderr: '' });
  expect(await bench.runWith({ env }, '--state-dir', other, 'ps')).toMatchObject({ code: 0 });
});

test('a daemon of a name that is spared survives the teardown, and the watchdog; another one does not', async () => {
  const bench = new Workbench();
  const bystanders = new Bystanders();
  bench.configure({ spare: ['my-daemon'] });
  const script = (then: string): string =>
    `for name in my-daemon other-daemon; do
      ln -sf "$(command -v sleep)" $name; setsid ./$name 6071 & echo $! >$AGENTCTL_NAME.$name
    done; ${then}`;
  const started = async (name: string) => ({
    spared: bystanders.add(name, Number(await bench.written(`${name}.my-daemon`))),
    other: Number(await bench.written(`${name}.other-daemon`)),
  });
  await bench.ok('spawn', '-n', 'a', '--grace', '0', '--', 'sh', '-c', script('exit 3'));
  await bench.ok('spawn', '-n', 'b', '--kill-after', '0', '--', 'sh', '-c', script('sleep 1000'));
  const [a, b] = [await started('a'), await started('b')];

  await bench.run('wait', 'a');
  expect([a.spared, a.other].map(lives)).toEqual([true, true]);
  await bench.ok('sweep');
  expect([a.spared, a.other].map(lives)).toEqual([true, false]);
  const { spared, ended } = bench.record(await bench.agent('a'), 'verdict.json');
  expect([spared, ended]).toMatchObject([[{ pid: a.spared }], [{ pid: a.other }]]);

  const { wrapper } = bench.record(await bench.agent('b'), 'started.json') as { wrapper: { pid: number } };
  process.kill(wrapper.pid, 'SIGKILL');
  await waitFor('the watchdog to end the rest', () => !lives(b.other));
  await waitFor('its end', async () => (await bench.agent('b')).phase === 'ended');
  expect(bystanders.dead()).toEqual([]);
});
