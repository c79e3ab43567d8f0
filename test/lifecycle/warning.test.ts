import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';

describe.concurrent('five minutes before its cap', () => {
  test('an agent’s status line and the events say so, once', async ({ onTestFinished, expect }) => {
    const bench = new Workbench(onTestFinished).withManager();
    await bench.ok('spawn', '-n', 'late', '--max-runtime', '5m1s', 'sleep', '1000');
    await waitFor('the warning', async () => warnings(bench).length > 0 && (await statusLine(bench)) !== '');
    expect(await statusLine(bench)).toMatch(/reaches its cap in (5m|4m\d+s): agentctl extend late 30m/);
    expect(warnings(bench)).toMatchObject([{ event: 'warned', name: 'late', cause: null }]);

    // Another manager remembers.
    process.kill(bench.manager().pid, 'SIGKILL');
    await bench.ok('sweep');
    expect(warnings(bench)).toHaveLength(1);

    // More time takes it back.
    await bench.ok('extend', 'late', '1h');
    expect(await statusLine(bench)).toBe('');
    await bench.ok('sweep');
    expect(warnings(bench)).toHaveLength(1);
  });

  test('one that was extended is warned again, before its new cap', async ({ onTestFinished, expect }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'late', '--max-runtime', '4m59s', 'sleep', '1000');
    await bench.ok('sweep');
    expect(warnings(bench), 'not announced: its cap is shorter than that').toEqual([]);
    await bench.ok('extend', 'late', '1s');
    await bench.ok('sweep');
    expect(warnings(bench), 'nor is one of five minutes').toEqual([]);
    await bench.ok('extend', 'late', '1s');
    await waitFor('a warning', async () => {
      await bench.ok('sweep');
      return warnings(bench).length > 0;
    });
    await bench.ok('extend', 'late', '1s');
    await waitFor('another', async () => {
      await bench.ok('sweep');
      return warnings(bench).length > 1;
    });
  });
});

test('nothing is said of an agent without a cap', async () => {
  const bench = new Workbench();
  await bench.ok('spawn', '-n', 'free', '--max-runtime', 'none', 'sleep', '1000');
  await bench.ok('sweep');
  expect(warnings(bench)).toEqual([]);
});

/** Of the events those that this is about. */
function warnings(bench: Workbench): Record<string, unknown>[] {
  try {
    const lines = readFileSync(join(bench.state, 'events.ndjson'), 'utf8').trim().split('\n');
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ event }) => event === 'warned');
  } catch {
    return [];
  }
}

/** The session's own; the server's stands for all that have none. */
async function statusLine(bench: Workbench): Promise<string> {
  return (await bench.ok('tmux', 'show-options', '-v', '-t', '=late:', 'status-right')).trim();
}
