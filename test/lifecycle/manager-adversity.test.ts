import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readRecord } from '../../src/store/record-file.ts';
import { AGENTCTL_VARIABLES } from '../e2e/processes.ts';
import { mayBeSkipped } from '../fixtures/installed.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';

/** Says T for each TERM, and stays. */
const DEAF = 'trap "echo T >>terms" TERM; echo >ready; while :; do sleep 0.05; done';
/** Long before cap + 30 s: then it was the manager, not the watchdog. */
const BY_THE_MANAGER_MS = 15_000;

test('what agents put into the place of files keeps the manager from nobody else', async () => {
  const bench = new Workbench().withManager();
  const deeds: ((directory: string) => string)[] = [
    (directory) => fifo(join(directory, 'reports', '999999999999999-1.json')),
    (directory) => fifo(join(directory, 'orders.json')),
    (directory) => fifo(join(directory, 'activity.json')),
    (directory) => fifo(join(directory, 'times')),
    (directory) => link('/dev/zero', join(directory, 'reports', '999999999999999-1.json')),
    (directory) => link('output.log', join(directory, 'output.log')),
  ];
  const agents = join(bench.state, 'agents');
  for (const deed of deeds.keys()) await bench.ok('spawn', '-n', `odd${deed}`, 'sleep', '1000');
  await bench.ok('manager', 'stop');
  const done = [
    ...deeds.map((deed, number) => deed(join(agents, `odd${number}`))),
    link('.new.circle', join(agents, '.new.circle')),
    link('.lock.circle', join(agents, '.lock.circle')),
    fifo(join(bench.state, 'events.ndjson')),
  ];
  try {
    await bench.ok('manager', 'start');
    await bench.ok('spawn', '-n', 'other', '--max-runtime', '1s', 'sleep', '1000');
    await waitFor('its cap', async () => (await bench.agent('other')).phase === 'ended', BY_THE_MANAGER_MS);
    expect(await bench.agent('other')).toMatchObject({ result: 'timed-out' });
    expect(await bench.ps()).toHaveLength(deeds.length + 1);
  } finally {
    // Nor is it to hold up whoever tidies up.
    for (const path of done) rmSync(path, { force: true });
  }
});

test('a record that is endless or long is damaged', () => {
  const bench = new Workbench();
  const validate = Object.assign((_data: unknown): _data is object => true, { errors: null });
  expect(readRecord('/dev/zero', validate)).toMatchObject({ state: 'damaged' });
  const long = bench.file('long.json', Buffer.alloc(17 * 1024 * 1024, ' '));
  expect(readRecord(long, validate)).toMatchObject({ state: 'damaged' });
});

describe('a TERM that cannot be put down', () => {
  test('is sent once by the manager, and followed by KILL', async () => {
    const bench = new Workbench().withManager();
    const deaf = ['-n', 'deaf', '--max-runtime', '2s', '--kill-after', '1s', '--', 'sh', '-c', DEAF];
    await bench.ok('spawn', ...deaf);
    await waitFor('it to be deaf', () => existsSync(join(bench.dir, 'ready')));
    const { directory } = await bench.agent('deaf');
    writeFileSync(join(directory, 'verdict.json'), '{');
    await waitFor('its end', async () => (await bench.agent('deaf')).phase === 'ended', BY_THE_MANAGER_MS);
    expect(await bench.agent('deaf')).toMatchObject({ exitCode: 137 });
    expect(readFileSync(join(bench.dir, 'terms'), 'utf8')).toBe('T\n');
  });

  test('is sent once by a sweep, and followed by KILL', async () => {
    const bench = new Workbench();
    const deaf = ['-n', 'deaf', '--max-runtime', '1s', '--kill-after', '1s', '--', 'sh', '-c', DEAF];
    await bench.ok('spawn', ...deaf);
    await waitFor('it to be deaf', () => existsSync(join(bench.dir, 'ready')));
    const { directory } = await bench.agent('deaf');
    writeFileSync(join(directory, 'verdict.json'), '{');
    await waitFor('its cap', async () => (await bench.ok('sweep', '--dry-run')).includes('would be sent TERM'));
    await bench.ok('sweep');
    expect(await bench.agent('deaf')).toMatchObject({ phase: 'ended', exitCode: 137 });
    expect(readFileSync(join(bench.dir, 'terms'), 'utf8')).toBe('T\n');
  });
});

test('a verdict without a TERM protects no agent', async () => {
  const bench = new Workbench();
  await bench.ok('spawn', '-n', 'late', 'sleep', '1000');
  const { directory, runId } = await bench.agent('late');
  const given = { schemaVersion: 1, runId, cause: 'lost', reason: 'it was never started', steps: [] };
  writeFileSync(join(directory, 'verdict.json'), JSON.stringify({ ...given, ended: [], spared: [], survivors: [] }));
  await bench.ok('stop', 'late', '--kill-after', '1s');
  expect(bench.cookieHolders(runId)).toEqual([]);
});

test('a parent of which nothing can be read has not ended', async () => {
  const bench = new Workbench().withManager();
  bench.file(
    'spawn-child',
    `#!/bin/sh\n"$NODE" "$AGENTCTL" spawn --with-parent -n child sleep 1000\nexec sleep 1000\n`,
    0o755,
  );
  Object.assign(bench.env, AGENTCTL_VARIABLES);
  await bench.ok('spawn', '-n', 'parent', './spawn-child');
  await waitFor('the child', async () =>
    (await bench.ps()).some(({ name, phase }) => name === 'child' && phase === 'running'),
  );
  const spec = join(bench.state, 'agents', 'parent', 'spec.json');
  const whole = readFileSync(spec);
  writeFileSync(spec, '{');
  onTestFinished(() => {
    if (existsSync(spec)) writeFileSync(spec, whole);
  });
  // The manager has looked, and at both, when it has said that it skips the parent.
  await bench.run('done', 'child', '--message', 'only to ring');
  await waitFor('the manager to see it', () =>
    readFileSync(join(bench.state, 'manager.log'), 'utf8').includes('skipped parent'),
  );
  await bench.run('sweep');
  expect(await bench.agent('child')).toMatchObject({ phase: 'done' });
  writeFileSync(spec, whole);
});

test.skipIf(mayBeSkipped('prlimit'))('a manager without file descriptors lives on', async () => {
  const bench = new Workbench().withManager();
  await bench.ok('spawn', '-n', 'a', '--max-runtime', '3s', 'sleep', '1000');
  const { pid } = bench.manager();
  await waitFor('it to run', () => hasBegun(bench));
  const before = /^Max open files\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.[1] ?? '';
  execFileSync('prlimit', ['--pid', String(pid), '--nofile=3:']);
  await waitFor('it to be in trouble', () => {
    utimesSync(join(bench.state, 'bell'), 0, new Date());
    return readFileSync(join(bench.state, 'manager.log'), 'utf8').includes('EMFILE');
  });
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${before}:`]);
  await waitFor('its cap', async () => (await bench.agent('a')).phase === 'ended', BY_THE_MANAGER_MS);
  expect(bench.manager().pid).toBe(pid);
});

test('a manager whose bell was removed hears the next one', async () => {
  const bench = new Workbench().withManager();
  await bench.ok('spawn', '-n', 'first', 'sleep', '1000');
  await waitFor('it to run', () => hasBegun(bench));
  rmSync(join(bench.state, 'bell'));
  await bench.ok('spawn', '-n', 'short', '--max-runtime', '1s', 'sleep', '1000');
  await waitFor('its cap', async () => (await bench.agent('short')).phase === 'ended', BY_THE_MANAGER_MS);
});

test('what is no longer kept goes at once', async () => {
  const bench = new Workbench().withManager();
  await bench.ok('spawn', '-n', 'a', '--grace', '0', 'sleep', '1000');
  await bench.ok('keep', 'a');
  await bench.ok('done', 'a');
  await waitFor('the manager to be there', () => hasBegun(bench));
  await bench.ok('manager', 'status');
  await bench.ok('keep', '--release', 'a');
  // Sooner than it asks by itself who keeps it, which is every 15 s.
  await waitFor('its end', async () => (await bench.agent('a')).phase === 'ended', 12_000);
});

test('a result is kept for nobody else to read', async () => {
  const bench = new Workbench();
  await bench.ok('spawn', '-n', 'a', 'sleep', '1000');
  const result = bench.file('result', 'secret');
  chmodSync(result, 0o666);
  await bench.ok('done', 'a', '--result', result);
  const { report } = (await bench.agent('a')) as unknown as { report: { resultFile: string } };
  expect(statSync(report.resultFile).mode & 0o777).toBe(0o600);
});

function hasBegun({ state }: Workbench): boolean {
  const log = join(state, 'manager.log');
  return existsSync(log) && readFileSync(log, 'utf8').includes('began');
}

function fifo(path: string): string {
  rmSync(path, { force: true });
  execFileSync('mkfifo', [path]);
  return path;
}

function link(target: string, path: string): string {
  rmSync(path, { force: true });
  symlinkSync(target, path);
  return path;
}
