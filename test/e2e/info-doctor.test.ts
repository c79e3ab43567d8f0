import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Workbench } from '../fixtures/workbench.ts';
import { shell } from './processes.ts';
import { misfits } from './schemas.ts';

interface Finding {
  check: string;
  level: string;
  found: string;
  remedy: string | null;
}

describe.concurrent('info', () => {
  test('says which state directory and why, and counts the agents', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'live', 'sleep', '1000');
    await bench.ok('spawn', '-n', 'ended', 'true');
    await bench.run('wait', 'ended');
    await bench.run('run', '-n', 'archived', 'true');
    const facts = JSON.parse(await bench.ok('info', '--json'));
    expect(misfits('info', facts)).toEqual([]);
    expect(facts).toMatchObject({
      stateDirectory: bench.state,
      stateDirectoryReason: 'given by AGENTCTL_STATE_DIR',
      tmuxSocket: join(bench.state, 'tmux.sock'),
      nodeVersion: process.version,
      agents: { live: 1, ended: 1, archived: 1 },
    });
    const text = await bench.ok('info');
    expect(text).toMatch(new RegExp(`^state directory +${bench.state} \\(given by AGENTCTL_STATE_DIR\\)$`, 'm'));
    expect(text).toMatch(/^agents +1 live, 1 ended, 1 archived$/m);
    expect((await bench.run('info', 'x')).code).toBe(2);
  });

  test('finds the state directory in its order: flag, variable, checkout', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const reasonOf = async (env: NodeJS.ProcessEnv, ...args: string[]) => {
      const { stdout } = await bench.runWith({ env }, ...args, 'info', '--json');
      const { stateDirectory, stateDirectoryReason } = JSON.parse(stdout);
      return [stateDirectory, stateDirectoryReason];
    };
    expect(await reasonOf({}, '--state-dir', 'flag')).toEqual([join(bench.dir, 'flag'), 'given by --state-dir']);
    expect(await reasonOf({ AGENTCTL_STATE_DIR: 'variable' })).toEqual([
      join(bench.dir, 'variable'),
      'given by AGENTCTL_STATE_DIR',
    ]);
    const checkout = new URL('../../state', import.meta.url).pathname;
    expect(await reasonOf({ AGENTCTL_STATE_DIR: undefined, XDG_STATE_HOME: bench.dir })).toEqual([
      checkout,
      'agentctl runs from a source checkout',
    ]);
    const after = JSON.parse(await bench.ok('info', '--json', '--state-dir', 'behind'));
    expect(after.stateDirectory).toBe(join(bench.dir, 'behind'));
  });
});

describe.concurrent('doctor', () => {
  const findings = async (bench: Workbench, env: NodeJS.ProcessEnv = {}, ...args: string[]) => {
    const { code, stdout } = await bench.runWith({ env }, ...args, 'doctor', '--json');
    const report = JSON.parse(stdout) as { findings: Finding[] };
    expect(misfits('doctor', report)).toEqual([]);
    for (const { level, remedy } of report.findings) expect(remedy === null).toBe(level === 'ok');
    return { code, of: (check: string) => report.findings.find((one) => one.check === check) };
  };

  test('finds nothing where nothing is wrong, and writes nothing', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const { code, of } = await findings(bench);
    expect(code).toBe(0);
    expect(of('tmux')).toMatchObject({ level: 'ok' });
    expect(of('state directory')).toMatchObject({ level: 'ok', found: expect.stringContaining('will be made') });
    expect((await shell(bench, 'ls -A')).stdout).toBe('');
    const text = await bench.ok('doctor');
    expect(text.trimEnd().split('\n').length).toBeGreaterThanOrEqual(10);
    for (const check of [
      'tmux',
      'node',
      'state directory',
      'settings',
      'tmux socket',
      'tmux server',
      'linger',
      'open files',
      'processes',
      'terminals',
      'agents',
    ])
      expect(text).toContain(`${check}: `);
    expect((await bench.run('doctor', 'x')).code).toBe(2);
  });

  test('finds a missing and an old tmux', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const missing = await findings(bench, { PATH: bench.dir });
    expect([missing.code, missing.of('tmux')]).toEqual([
      1,
      {
        check: 'tmux',
        level: 'error',
        found: expect.stringContaining('not installed'),
        remedy: expect.stringContaining('apt-get install tmux'),
      },
    ]);
    bench.file('tmux', '#!/bin/sh\necho tmux 2.9\n', 0o755);
    const old = await findings(bench, { PATH: `${bench.dir}:/usr/bin:/bin` });
    expect([old.code, old.of('tmux')]).toMatchObject([
      1,
      { level: 'error', found: '2.9 is too old', remedy: expect.stringContaining('3.2') },
    ]);
  });

  test('finds a state directory that is none, or full', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    bench.file('file', 'x');
    const file = await findings(bench, {}, '--state-dir', join(bench.dir, 'file'));
    expect([file.code, file.of('state directory')]).toMatchObject([
      1,
      { level: 'error', remedy: expect.stringContaining('--state-dir') },
    ]);
    expect(file.of('settings')).toMatchObject({ level: 'ok', found: expect.stringContaining('is not there') });
  });

  test('finds a broken config.json', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    bench.configure('{"defaults": {"grace": "5x"}}');
    const { code, of } = await findings(bench);
    expect([code, of('settings')]).toMatchObject([
      1,
      { level: 'error', found: expect.stringContaining('config.json:1: defaults.grace is "5x"') },
    ]);
    bench.configure({ metrics: { textfile: join(bench.dir, 'none', 'agentctl.prom') } });
    expect((await findings(bench)).of('settings')).toMatchObject({
      level: 'warning',
      found: expect.stringMatching(/^metrics\.textfile: .* cannot be written \(no such file or directory\)$/),
    });
  });

  test.skipIf(process.getuid?.() !== 0)(
    'finds one that is nearly full, or another user’s',
    async ({ onTestFinished }) => {
      const bench = new Workbench(onTestFinished);
      const disk = join(bench.dir, 'disk');
      mkdirSync(disk);
      expect((await shell(bench, `mount -t tmpfs -o size=1m,mode=0700 tmpfs ${disk}`)).code).toBe(0);
      onTestFinished(async () => {
        await shell(bench, `umount -l ${disk}`);
      });
      const full = await findings(bench, {}, '--state-dir', disk);
      expect([full.code, full.of('state directory')]).toMatchObject([
        0,
        { level: 'warning', found: expect.stringContaining('100 MiB') },
      ]);
      await shell(bench, `chown 65534 ${disk}`);
      const foreign = await findings(bench, {}, '--state-dir', disk);
      expect([foreign.code, foreign.of('state directory')]).toMatchObject([
        1,
        { level: 'error', found: expect.stringContaining('65534') },
      ]);
      await shell(bench, `chown 0 ${disk}`);
    },
  );

  test('finds few open files, damaged records, and agents without watchers', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'alone', '--', 'sh', '-c', 'trap "" HUP; kill -STOP $$; :');
    const { watchdog, wrapper } = bench.record(await bench.agent('alone'), 'started.json') as Record<
      'watchdog' | 'wrapper',
      { pid: number }
    >;
    process.kill(watchdog.pid, 'SIGKILL');
    process.kill(wrapper.pid, 'SIGKILL');
    expect((await findings(bench)).of('agents')).toEqual({
      check: 'agents',
      level: 'warning',
      found: expect.stringContaining('alone'),
      remedy: 'agentctl stop NAME ends it, agentctl manager status says whether one runs',
    });
    mkdirSync(join(bench.state, 'agents', 'broken'));
    writeFileSync(join(bench.state, 'agents', 'broken', 'spec.json'), '{');
    expect((await findings(bench)).of('agents')).toMatchObject({
      level: 'warning',
      found: 'nothing can be said of broken',
    });
    const { stdout } = await shell(bench, 'ulimit -n 256; "$NODE" "$AGENTCTL" doctor; exit');
    expect(stdout).toMatch(
      /^warn {2}open files: each process may open only 256\n {6}-> ulimit -n 4096 before agentctl$/m,
    );
  });
});
