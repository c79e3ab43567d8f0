import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';
import { misfits } from './schemas.ts';

interface Stats {
  agents: number;
  live: number;
  since: string | null;
  groups: { group: string | null; kind: string; agents: number; live: number; damaged: number }[];
  escapees: { agents: number; processes: number };
  idleSessionSeconds: number;
  idleSessionSecondsWithExpiry: number;
  runSeconds: number;
  savedFraction: number;
}

const DAY = 86_400;

async function stats(bench: Workbench, ...args: string[]): Promise<Stats> {
  const facts = JSON.parse(await bench.ok('stats', '--json', ...args)) as Stats;
  expect(misfits('stats', facts)).toEqual([]);
  return facts;
}

describe.concurrent('stats', () => {
  test('counts live, ended, archived and damaged agents, each once', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'live', 'sleep', '1000');
    await bench.ok('spawn', '-n', 'failed', '--', 'sh', '-c', 'sleep 1; exit 3');
    await bench.run('run', '-n', 'one', 'true');
    await bench.run('run', '-n', 'one', 'true');
    await bench.run('wait', 'failed');
    mkdirSync(join(bench.state, 'agents', 'damaged'));
    const facts = await stats(bench);
    expect(facts).toMatchObject({
      schemaVersion: 1,
      agents: 5,
      live: 1,
      ended: 3,
      damaged: 1,
      results: { succeeded: 2, failed: 1 },
      successFraction: 2 / 3,
      runTime: { agents: 3 },
      // Nothing samples them here; what they used, their wrappers know.
      ...{ waiting: { seconds: null, agents: 0 }, idle: { seconds: null, agents: 0 }, cpu: { agents: 2 } },
      ...{ capHits: 0, escapees: { agents: 0, processes: 0 }, since: null, by: null, groups: [] },
      expirySeconds: DAY,
    });
    // Who may be live counts since ever, and for ever.
    expect(await stats(bench, '--since', '2030-01-01', '--by', 'label')).toMatchObject({
      ...{ agents: 2, live: 1, ended: 0, damaged: 1, successFraction: null },
      groups: [
        { group: null, kind: 'none', agents: 1, live: 1 },
        { group: null, kind: 'unknown', agents: 1, damaged: 1 },
      ],
    });
    expect(facts.runSeconds).toBeGreaterThanOrEqual(0.9);
    expect(facts.runSeconds).toBeLessThan(60);
    expect(facts.idleSessionSeconds).toBeLessThan(60);
    expect(facts.idleSessionSecondsWithExpiry).toBeGreaterThan(3 * DAY - 60);
    expect(facts.idleSessionSecondsWithExpiry).toBeLessThan(3 * DAY);
    expect(facts.savedFraction).toBeGreaterThan(0.99);

    const text = await bench.ok('stats');
    expect(text).toMatch(/^agents +5: 1 live, 3 ended, 1 of which nothing can be said$/m);
    expect(text).toMatch(/^results +2 succeeded, 1 failed$/m);
    expect(text).toMatch(/^instead of +2d23h, gone 1d after each start$/m);
    expect(text).toMatch(/^saved +99\.\d %$/m);
  });

  test('counts what had left its agent, and not what only stands in a session of its own below it', async ({
    onTestFinished,
  }) => {
    const bench = new Workbench(onTestFinished);
    const ready = (file: string) => `sh -c 'echo ok >${join(bench.dir, file)}; exec sleep 1000'`;
    await bench.ok(
      'spawn',
      '-n',
      'left',
      '--',
      'sh',
      '-c',
      `setsid ${ready('left')} & until [ -s '${join(bench.dir, 'left')}' ]; do sleep 0.05; done`,
    );
    await bench.ok(
      'spawn',
      '-n',
      'below',
      '--',
      'sh',
      '-c',
      `trap : TERM; setsid ${ready('below')} & while :; do wait; done`,
    );
    await Promise.all([bench.written('left'), bench.written('below'), bench.run('wait', 'left')]);
    await bench.ok('kill', 'below');
    await bench.ok('stop', 'left');
    expect(await stats(bench)).toMatchObject({ escapees: { agents: 1, processes: 1 }, ended: 2 });
    expect(await bench.ok('stats')).toMatch(/^escapees +1 of 1 agent$/m);
  });

  test('a session that is still there sits longer and longer, and no more once it is torn down', async ({
    onTestFinished,
  }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'one', 'true');
    await bench.run('wait', 'one');
    const first = await stats(bench);
    const second = await waitFor('it to sit there', async () => {
      const later = await stats(bench);
      return later.idleSessionSeconds > first.idleSessionSeconds && later;
    });
    expect(second.idleSessionSecondsWithExpiry).toBe(first.idleSessionSecondsWithExpiry);
    await bench.ok('stop', 'one');
    const tornDown = await stats(bench);
    expect(tornDown.idleSessionSeconds).toBeGreaterThanOrEqual(second.idleSessionSeconds);
    expect(await stats(bench)).toEqual(tornDown);
  });

  test('tells of an archived agent whose verdict is gone or damaged by when it was archived', async ({
    onTestFinished,
  }) => {
    const bench = new Workbench(onTestFinished);
    await bench.run('run', '-n', 'one', 'true');
    await bench.run('run', '-n', 'two', 'true');
    rmSync(join((await bench.agent('one')).directory, 'verdict.json'));
    writeFileSync(join((await bench.agent('two')).directory, 'verdict.json'), '{');
    const facts = await stats(bench);
    expect(facts).toMatchObject({ ended: 2, damaged: 0, results: { succeeded: 2 } });
    expect(facts.idleSessionSeconds).toBeGreaterThan(0);
    expect(facts.idleSessionSeconds).toBeLessThan(60);
  });

  test('says nothing of what was saved where nothing has ended, and writes nothing', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    expect(await stats(bench)).toMatchObject({ agents: 0, ended: 0, results: {}, savedFraction: null });
    expect(await bench.ok('stats')).toBe('agents      0: 0 live, 0 ended\n');
    expect(existsSync(bench.state)).toBe(false);
    expect(await bench.run('stats', 'one')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('stats takes no words'),
    });
  });
});
