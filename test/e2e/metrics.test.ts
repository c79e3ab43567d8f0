import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { archivedAgent } from '../fixtures/archive.ts';
import { promtool } from '../fixtures/promtool.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';

/** A metric's value, by its name and the labels that it has besides its state directory. */
function valueIn(metrics: string, name: string, labels = ''): number | undefined {
  const line = metrics.split('\n').find((one) => one.startsWith(`${name}{${labels}${labels && ','}state_dir=`));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

describe.concurrent('metrics', () => {
  test('tell of live, ended, archived and damaged agents, and fall for none that is removed', async ({
    onTestFinished,
    expect,
  }) => {
    const bench = new Workbench(onTestFinished);
    await Promise.all([
      bench.ok('spawn', '-n', 'live', 'sleep', '1000'),
      bench.run('run', '-n', 'failed', '--', 'sh', '-c', 'exit 3'),
      bench.run('run', '-n', 'good', 'true'),
    ]);
    archivedAgent(bench.state, { name: 'old', endedAtMs: Date.now() - 9 * 86_400_000 });
    mkdirSync(join(bench.state, 'archive', 'broken.run00001'));
    mkdirSync(join(bench.state, 'agents', 'broken'));
    const [before, pruned, after, removed, last, words] = await bench.many([
      ['metrics'],
      ['prune', '--older-than', '1d'],
      ['metrics'],
      ['rm', 'failed', 'good'],
      ['metrics'],
      ['metrics', 'live'],
    ]);
    expect([before?.code, pruned?.code, removed?.code]).toEqual([0, 0, 0]);
    for (const ran of [before, after, last]) {
      const text = ran?.stdout ?? '';
      promtool(['check', 'metrics'], text);
      expect(valueIn(text, 'agentctl_agents', 'phase="running"')).toBe(1);
      for (const place of ['agents', 'archive'])
        expect(valueIn(text, 'agentctl_damaged_entries', `place="${place}"`)).toBe(1);
      expect(valueIn(text, 'agentctl_agents_ended_total', 'result="succeeded"')).toBe(2);
      expect(valueIn(text, 'agentctl_agents_ended_total', 'result="failed"')).toBe(1);
      expect(valueIn(text, 'agentctl_agent_run_seconds_count')).toBe(2);
      // An agent without samples.
      expect(valueIn(text, 'agentctl_live_agents_sampled')).toBe(0);
      expect(valueIn(text, 'agentctl_manager_up')).toBe(0);
      expect(valueIn(text, 'agentctl_agent_run_seconds_sum')).toBe(
        valueIn(before?.stdout ?? '', 'agentctl_agent_run_seconds_sum'),
      );
    }
    const archived = [before, after, last].map((ran) => valueIn(ran?.stdout ?? '', 'agentctl_archived_agents'));
    expect(archived).toEqual([4, 3, 1]);
    expect(words).toMatchObject({ code: 2, stderr: expect.stringContaining('metrics takes no words') });
  });

  test('without agents or a state directory are all 0, and make none; what cannot be written is one sentence', async ({
    onTestFinished,
    expect,
  }) => {
    const bench = new Workbench(onTestFinished);
    const textfile = join(bench.dir, 'agentctl.prom');
    mkdirSync(join(bench.dir, 'folder.prom'));
    const [shown, written, ...refused] = await bench.many([
      ['metrics'],
      ['metrics', '--textfile', textfile],
      ['metrics', '--textfile', join(bench.dir, 'agentctl.txt')],
      ['metrics', '--textfile', join(bench.dir, 'none', 'agentctl.prom')],
      ['metrics', '--textfile', join(bench.dir, 'folder.prom')],
      // No file system of this kind lets anybody make a file.
      ['metrics', '--textfile', '/proc/self/agentctl.prom'],
    ]);
    expect(shown?.code).toBe(0);
    promtool(['check', 'metrics'], shown?.stdout);
    expect(written).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(readFileSync(textfile, 'utf8')).toBe(shown?.stdout);
    for (const ran of refused)
      expect(ran).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(/^agentctl: .*\.(prom|txt).*\n$/),
      });
    expect(existsSync(bench.state)).toBe(false);
  });

  test('are kept by the manager in a textfile while it lives, and once more as it ends', async ({
    onTestFinished,
    expect,
  }) => {
    const bench = new Workbench(onTestFinished).withManager();
    const textfile = join(bench.dir, 'agentctl.prom');
    bench.configure({ metrics: { textfile } });
    await bench.ok('spawn', '-n', 'live', 'sleep', '1000');
    const read = (): string => (existsSync(textfile) ? readFileSync(textfile, 'utf8') : '');
    await waitFor('the textfile', () => read() !== '');
    promtool(['check', 'metrics'], read());
    expect(valueIn(read(), 'agentctl_manager_up')).toBe(1);
    expect(valueIn(read(), 'agentctl_manager_last_look_duration_seconds')).toBeLessThan(60);
    const [config, shown] = await bench.many([['config'], ['metrics']]);
    expect(config?.stdout).toMatch(/^metrics\.textfile +\S+agentctl\.prom +file$/m);
    const metrics = shown?.stdout ?? '';
    expect(valueIn(metrics, 'agentctl_manager_last_look_timestamp_seconds')).toBeGreaterThan(Date.now() / 1000 - 300);
    expect(valueIn(metrics, 'agentctl_manager_resident_memory_bytes')).toBeGreaterThan(1e7);
    await bench.ok('manager', 'stop');
    expect(valueIn(read(), 'agentctl_manager_up')).toBe(0);
    expect(valueIn(read(), 'agentctl_manager_held')).toBe(1);
    expect(valueIn(read(), 'agentctl_agents', 'phase="running"')).toBe(1);
    expect(bench.managerLog().filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });

  test('that cannot be written are told in manager.log, and the manager goes on', async ({
    onTestFinished,
    expect,
  }) => {
    const bench = new Workbench(onTestFinished).withManager();
    bench.configure({ metrics: { textfile: join(bench.dir, 'none', 'agentctl.prom') } });
    await bench.ok('spawn', '-n', 'short', '--grace', '0', 'true');
    await waitFor('its teardown', () => bench.managerLog().some(({ do: what }) => what === 'teardown'));
    const said = bench.managerLog().filter(({ do: what }) => what === 'metrics');
    expect(said.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^metrics: .*none\/agentctl\.prom cannot be written \(no such file or directory\)/),
    ]);
  });
});
