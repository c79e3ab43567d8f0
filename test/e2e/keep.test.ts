import { describe, expect, test } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { type Listed, Workbench } from '../fixtures/workbench.ts';

/** Past this a grace of 1 s is over, and a manager has seen it. */
const LONG_AFTER_MS = 3000;

async function longAfter(agent: Listed): Promise<void> {
  await waitFor('the grace to pass', () => Date.now() > Date.parse(agent.endedAt as string) + LONG_AFTER_MS);
}

describe.concurrent('keep', { timeout: 120_000 }, () => {
  test('holds the teardown until --release', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished).withManager();
    await bench.ok('spawn', '-n', 'one', '--grace', '1s', '--', 'sh', '-c', 'read -r code; exit $code');
    expect(await bench.run('keep', 'one')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await bench.agent('one')).toMatchObject({ phase: 'running', kept: true });
    await bench.ok('send', 'one', '3');
    expect((await bench.run('wait', 'one')).code).toBe(3);
    const agent = await bench.agent('one');
    await longAfter(agent);
    expect(await bench.agent('one')).toMatchObject({ archived: false, kept: true });
    expect(await bench.ok('tmux', 'list-sessions', '-F', '#{session_name}')).toBe('one\n');
    // Twice is no harm.
    await bench.ok('keep', `one.${agent.runId}`);
    await bench.ok('keep', '--release', 'one');
    await waitFor('its teardown', async () => (await bench.agent('one')).archived);
    expect((await bench.run('tmux', 'list-sessions')).stdout).toBe('');
  });

  test('holds one that is done, but neither its cap nor a stop', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished).withManager();
    await bench.ok('spawn', '-n', 'done', '--grace', '1s', 'sleep', '1000');
    await bench.ok('spawn', '-n', 'capped', '--max-runtime', '6s', 'sleep', '1000');
    await bench.ok('keep', 'done', 'capped');
    await bench.ok('done', 'done');
    expect((await bench.run('wait', '--timeout', '30s', 'capped')).code).toBe(124);
    expect(await bench.agent('done')).toMatchObject({ phase: 'done', kept: true });
    await bench.ok('stop', 'done');
    expect(await bench.agent('done')).toMatchObject({ phase: 'ended' });
  });

  test('refuses what makes no sense, and then keeps none', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'live', 'sleep', '1000');
    await bench.run('run', '-n', 'archived', 'true');
    for (const [code, says, ...words] of [
      [2, 'keep needs a name'],
      [2, 'keep needs a name', '--release'],
      [2, 'did you mean --release?', '--relase', 'live'],
      [1, 'did you mean live?', 'live', 'liev'],
      [1, 'archived cannot be kept: it has been torn down', 'archived'],
      [1, 'archived cannot be kept: it has been torn down', '--release', 'archived'],
    ] as const) {
      const ran = await bench.run('keep', ...words);
      expect({ ...ran, words }).toEqual({ code, stdout: '', stderr: expect.stringContaining(says), words });
      expect(ran.stderr).toMatch(/^agentctl: [^\n]+\n$/);
    }
    expect(await bench.agent('live')).toMatchObject({ kept: false });
  });
});
