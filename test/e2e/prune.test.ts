import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { archivedAgent } from '../fixtures/archive.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';
import { misfits } from './schemas.ts';

const DAY = 86_400_000;

function daysAgo(days: number): number {
  return Date.now() - days * DAY;
}

function prepared(bench: Workbench): Workbench {
  for (const folder of ['agents', 'archive']) mkdirSync(join(bench.state, folder), { recursive: true, mode: 0o700 });
  chmodSync(bench.state, 0o700);
  return bench;
}

const RUN = ['manager', 'run', '--leave-after', 'none'];

function archived(bench: Workbench): string[] {
  return readdirSync(join(bench.state, 'archive'))
    .map((entry) => entry.split('.')[0] ?? entry)
    .toSorted();
}

describe.concurrent('prune', () => {
  test('removes archived agents by age and by number, and nobody else', async ({ onTestFinished }) => {
    const bench = prepared(new Workbench(onTestFinished));
    await bench.ok('spawn', '-n', 'live', 'sleep', '1000');
    await bench.ok('spawn', '-n', 'ended', 'true');
    await bench.run('wait', 'ended');
    for (const [name, days] of Object.entries({ old: 30, older: 40, oldest: 50, young: 1, future: -2 }))
      archivedAgent(bench.state, { name, endedAtMs: daysAgo(days) });
    const [dry, both, json, rest] = await bench.many([
      ['prune', '--older-than', '7d', '--dry-run'],
      ['prune', '--older-than', '7d', '--keep', '4'],
      ['prune', '--keep', '2', '--json'],
      ['prune', '--older-than', '0'],
    ]);
    expect(dry?.stdout).toMatch(
      /^oldest\.\w+ {2}ended 50d ago {2}\d+ B\nolder\.\w+ .+\nold\.\w+ .+\n3 agents would be removed, \d\.\d KiB\n$/,
    );
    expect(both?.stdout).toMatch(/^oldest\..+\n1 agent removed, /);
    const sum = JSON.parse(json?.stdout ?? '');
    expect(misfits('prune', sum)).toEqual([]);
    expect(sum).toMatchObject({ dryRun: false, count: 2, removed: [{ name: 'older' }, { name: 'old' }], left: [] });
    expect(sum.bytes).toBe(sum.removed[0].bytes + sum.removed[1].bytes);
    expect(rest?.stdout).toMatch(/^young\..+\n1 agent removed, /);
    expect([dry, both, json, rest].map((ran) => [ran?.code, ran?.stderr])).toEqual(Array(4).fill([0, '']));
    expect(archived(bench)).toEqual(['future']);
    expect((await bench.ps()).map(({ name }) => name).toSorted()).toEqual(['ended', 'future', 'live']);
    const gone = await bench.run('logs', 'older');
    expect(gone).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('there is no agent "older"') });
  });

  test('says what it needs, and takes a limit from the configuration only where none is given', async ({
    onTestFinished,
  }) => {
    const bench = prepared(new Workbench(onTestFinished));
    for (const [name, days] of Object.entries({ a: 30, b: 2 }))
      archivedAgent(bench.state, { name, endedAtMs: daysAgo(days) });
    const refused = await bench.many([
      ['prune'],
      ['prune', 'a'],
      ['prune', '--older-than', 'yesterday'],
      ['prune', '--older-than', 'none'],
      ['prune', '--keep', '-1'],
      ['prune', '--kep', '1'],
    ]);
    const says = [
      '--older-than 7d, --keep 100',
      'takes no words',
      'is not a duration',
      'none is not possible',
      '--keep',
      'keep',
    ];
    for (const [index, ran] of refused.entries()) {
      expect(ran).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(says[index] ?? '') });
      expect(ran.stderr).toMatch(/^agentctl: [^\n]+\n/);
    }
    const env = { AGENTCTL_RETENTION_OLDER_THAN: '7d' };
    expect((await bench.runWith({ env }, 'prune', '--keep', '2')).stdout).toBe('0 agents removed, 0 B\n');
    expect((await bench.runWith({ env }, 'prune')).stdout).toMatch(/^a\..+\n1 agent removed/);
    expect(await bench.runWith({ env: { AGENTCTL_RETENTION_KEEP: 'all' } }, 'prune')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('AGENTCTL_RETENTION_KEEP: "all" is not a number of agents'),
    });
    expect(archived(bench)).toEqual(['b']);
  });

  test('deals with what is damaged, linked, or not an agent at all', async ({ onTestFinished }) => {
    const bench = prepared(new Workbench(onTestFinished));
    const archive = join(bench.state, 'archive');
    const outside = join(bench.dir, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'precious'), 'x');
    symlinkSync(outside, join(archive, 'linked.run00001'));
    mkdirSync(join(archive, 'empty.run00002'));
    utimesSync(join(archive, 'empty.run00002'), daysAgo(30) / 1000, daysAgo(30) / 1000);
    const damaged = archivedAgent(bench.state, { name: 'damaged', endedAtMs: daysAgo(30) });
    writeFileSync(join(damaged, 'exit.json'), '{');
    utimesSync(damaged, daysAgo(30) / 1000, daysAgo(30) / 1000);
    for (const other of ['notes', 'a.b.c', '.hidden', 'name.UPPER', '.removed.half.run00003'])
      mkdirSync(join(archive, other));
    const old = await bench.run('prune', '--older-than', '7d');
    expect(old).toMatchObject({ code: 0, stderr: '' });
    expect(old.stdout).toMatch(/^(empty|damaged)\..+\n(empty|damaged)\..+\n2 agents removed/);
    expect(await bench.run('prune', '--older-than', '0')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^linked\.run00001 .+\n1 agent removed, 0 B\n$/),
    });
    expect(readdirSync(archive).toSorted()).toEqual(['.hidden', 'a.b.c', 'name.UPPER', 'notes']);
    expect(readFileSync(join(outside, 'precious'), 'utf8')).toBe('x');
    rmSync(archive, { recursive: true });
    expect(await bench.ok('prune', '--keep', '0')).toBe('0 agents removed, 0 B\n');
    rmSync(bench.state, { recursive: true });
    expect(await bench.ok('prune', '--keep', '0')).toBe('0 agents removed, 0 B\n');
    expect(existsSync(bench.state)).toBe(false);
  });

  test('leaves what another user owns, and says so', async ({ onTestFinished, skip }) => {
    if (process.getuid?.() !== 0) skip('only root can give a directory to another user');
    const bench = prepared(new Workbench(onTestFinished));
    chownSync(archivedAgent(bench.state, { name: 'theirs', endedAtMs: daysAgo(30) }), 1, 1);
    archivedAgent(bench.state, { name: 'ours', endedAtMs: daysAgo(20) });
    const { code, stdout, stderr } = await bench.run('prune', '--keep', '0');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ours\..+\n1 agent removed/);
    expect(stderr).toMatch(/^agentctl: theirs\.\w+ stays: it belongs to user 1: it is left to them\n$/);
    expect(archived(bench)).toEqual(['theirs']);
  });

  test('is done by the manager as configured, whatever becomes of it meanwhile', async ({ onTestFinished }) => {
    const bench = prepared(new Workbench(onTestFinished));
    bench.env.AGENTCTL_RETENTION_OLDER_THAN = '7d';
    for (let number = 0; number < 300; number++)
      archivedAgent(bench.state, { name: `old${number}`, endedAtMs: daysAgo(10) + number });
    archivedAgent(bench.state, { name: 'young', endedAtMs: daysAgo(1) });
    const torn = ['t1', 't2', 't3'];
    for (const name of torn)
      await bench.ok('spawn', '-n', name, '--no-manager', '--grace', '0', '--', 'sh', '-c', 'exit 3');
    for (const name of torn) await waitFor('its end', async () => (await bench.agent(name)).phase === 'ended');
    const olds = (): number => archived(bench).filter((name) => name.startsWith('old')).length;
    // In the foreground, as a service runs it: it has the environment that it is given.
    let manager = bench.start(RUN, { stdio: 'ignore' });
    // In the midst of both, and once more.
    for (const atMost of [290, 200]) {
      await waitFor('it to prune', () => olds() < atMost);
      const over = once(manager, 'exit');
      manager.kill('SIGKILL');
      await over;
      manager = bench.start(RUN, { stdio: 'ignore' });
    }
    await waitFor('all that is due to be gone', () => archived(bench).join() === ['t1', 't2', 't3', 'young'].join());
    await waitFor('it to be said', () => bench.managerLog().some((line) => line.do === 'prune'));
    const lines = readFileSync(join(bench.state, 'events.ndjson'), 'utf8').trim().split('\n');
    const events = lines.map((text) => JSON.parse(text) as { event: string; name: string });
    for (const name of torn) {
      const agent = await bench.agent(name);
      expect(agent).toMatchObject({ result: 'failed', exitCode: 3, archived: true });
      expect(bench.record(agent, 'postmortem.json')).toMatchObject({ exitCode: 3, tornDown: true });
      for (const once of ['ended', 'torn-down'])
        expect(events.filter((one) => one.name === name && one.event === once).length).toBeLessThanOrEqual(1);
    }
    const said = bench.managerLog().filter((line) => line.do === 'prune');
    expect(said.length).toBe(1);
    expect(said[0]).toMatchObject({ removed: expect.any(Number), bytes: expect.any(Number) });
    expect(bench.managerLog().some(({ level }) => level === 50)).toBe(false);
  });

  test('is left by a manager whose limit cannot be read, which says so', async ({ onTestFinished }) => {
    const bench = prepared(new Workbench(onTestFinished));
    bench.env.AGENTCTL_RETENTION_KEEP = 'few';
    archivedAgent(bench.state, { name: 'old', endedAtMs: daysAgo(400) });
    bench.start(RUN, { stdio: 'ignore' });
    const line = await waitFor('it to be said', () => bench.managerLog().find((one) => one.do === 'prune'));
    expect(line).toMatchObject({ level: 50 });
    expect(line.message).toMatch(/^not pruned: AGENTCTL_RETENTION_KEEP: "few" is not a number of agents/);
    expect(archived(bench)).toEqual(['old']);
  });
});
