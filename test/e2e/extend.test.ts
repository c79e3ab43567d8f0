import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Listed, Workbench } from '../fixtures/workbench.ts';
import { AGENTCTL_VARIABLES } from './processes.ts';
import { misfits } from './schemas.ts';

/** The cap that the watchdog reads, in seconds. */
function watchdogsCap({ directory }: Listed): string | undefined {
  return readFileSync(join(directory, 'limits'), 'utf8').split(' ')[1];
}

describe.concurrent('extend', { timeout: 120_000 }, () => {
  test('adds to the deadline, the watchdog’s too, and prints it', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'one', '--max-runtime', '1h', 'sleep', '1000');
    const before = await bench.agent('one');
    const deadline = Date.parse(before.deadline as string);
    expect(await bench.run('extend', 'one', '30m')).toEqual({
      code: 0,
      stdout: `${new Date(deadline + 1_800_000).toISOString()}\n`,
      stderr: '',
    });
    expect(watchdogsCap(before)).toBe('5400');
    const agent = JSON.parse(await bench.ok('extend', '--json', `one.${before.runId}`, '90')) as Listed;
    expect(misfits('agent', agent)).toEqual([]);
    expect(Date.parse(agent.deadline as string)).toBe(deadline + 1_890_000);
    expect(watchdogsCap(before)).toBe('5490');
    expect(bench.record(before, 'orders.json')).toMatchObject({
      extensions: [
        { seconds: 1800, by: 'agentctl extend' },
        { seconds: 90, by: 'agentctl extend' },
      ],
    });

    expect(await bench.ok('extend', 'one', 'none')).toBe('none\n');
    expect(watchdogsCap(before)).toBe('none');
    // One without a cap stays without.
    expect(await bench.ok('extend', 'one', '5m')).toBe('none\n');
    expect(watchdogsCap(before)).toBe('none');
    expect(await bench.agent('one')).toMatchObject({ phase: 'running', deadline: null });
  });

  test('adds up where several extend at once', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'one', '--max-runtime', '1h', 'sleep', '1000');
    await Promise.all(Array.from({ length: 6 }, () => bench.ok('extend', 'one', '1m')));
    expect(watchdogsCap(await bench.agent('one'))).toBe('3960');
  });

  test('is in time while the agent runs, and the agent can do it itself', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished).withManager();
    const script = '"$NODE" "$AGENTCTL" extend "$AGENTCTL_NAME" 1h >said; exec sleep 1000';
    await bench.runWith(
      { env: AGENTCTL_VARIABLES },
      ...['spawn', '-n', 'one', '--max-runtime', '10s', '--', 'sh', '-c', script],
    );
    expect(await bench.written('said')).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect((await bench.run('wait', '--timeout', '11s', 'one')).code).toBe(75);
    expect(await bench.agent('one')).toMatchObject({ phase: 'running' });
  });

  test('refuses what makes no sense', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'live', '--max-runtime', '1h', 'sleep', '1000');
    const before = await bench.agent('live');
    await bench.ok('spawn', '-n', 'ended', 'true');
    await bench.ok('wait', 'ended');
    for (const [code, says, ...words] of [
      [2, 'a name and a duration'],
      [2, 'a name and a duration', 'live'],
      [2, 'a name and a duration', 'live', '1m', '2m'],
      [2, '"soon" is not a duration', 'live', 'soon'],
      [2, '"" is not a duration', 'live', ''],
      [2, '"5y" is not a duration', 'live', '5y'],
      [2, '"1.5h" is not a duration', 'live', '1.5h'],
      [2, 'unknown option -5', 'live', '-5m'],
      [2, '"-5m" is not a duration', '--', 'live', '-5m'],
      [2, '0 adds nothing', 'live', '0'],
      [2, '0 adds nothing', 'live', '0m'],
      [2, 'ten years', 'live', '4015d'],
      [1, 'ended cannot be extended: it has ended', 'ended', '1m'],
      [1, 'did you mean live?', 'liev', '1m'],
    ] as const) {
      const ran = await bench.run('extend', ...words);
      expect({ ...ran, words }).toEqual({ code, stdout: '', stderr: expect.stringContaining(says), words });
      expect(ran.stderr).toMatch(/^agentctl: [^\n]+\n$/);
    }
    expect((await bench.agent('live')).deadline).toBe(before.deadline);
  });

  test('comes too late for one that is being ended', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const script = 'trap "" TERM; echo >up; while :; do sleep 0.2; done';
    await bench.ok('spawn', '-n', 'deaf', '--max-runtime', '1h', '--kill-after', '1h', '--', 'sh', '-c', script);
    await bench.ok('logs', 'deaf');
    const stopping = bench.start(['stop', 'deaf']);
    const agent = await bench.agent('deaf');
    while ((await bench.agent('deaf')).phase === 'running');
    expect(await bench.run('extend', 'deaf', '1m')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('deaf cannot be extended: it is being ended'),
    });
    expect(watchdogsCap(agent)).toBe('3600');
    await bench.ok('kill', 'deaf');
    stopping.kill();
  });
});
