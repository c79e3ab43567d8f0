import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Workbench } from '../fixtures/workbench.ts';
import { AGENTCTL_VARIABLES } from './processes.ts';

describe.concurrent('tmux', () => {
  test('runs any command on the private server, with its exit code', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    expect((await bench.run('tmux', 'list-sessions')).code).toBe(1);
    await bench.ok('spawn', '-n', 'one', 'sleep', '1000');
    expect(await bench.ok('tmux', 'list-sessions', '-F', '#{session_name}')).toBe('one\n');
    expect((await bench.run('tmux', 'has-session', '-t', '=two')).code).toBe(1);
    expect(await bench.ok('tmux', 'display-message', '-p', '-t', '=one:', 'a;b')).toBe('a;b\n');
    expect((await bench.run('tmux')).code).toBe(2);
  });

  test('reaches that server also from inside another tmux', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const env = { ...AGENTCTL_VARIABLES, TMUX: '/tmp/nowhere,1,0', TMUX_PANE: '%9' };
    expect((await bench.runWith({ env }, 'spawn', '-n', 'one', 'sleep', '1000')).code).toBe(0);
    expect((await bench.runWith({ env }, 'tmux', 'list-sessions', '-F', '#{session_name}')).stdout).toBe('one\n');
  });

  test('has what full-screen programs need', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'one', 'sleep', '1000');
    const option = async (...args: string[]) => (await bench.ok('tmux', 'show', ...args)).trim();
    expect(await option('-sv', 'escape-time')).toBe('10');
    expect(await option('-gv', 'history-limit')).toBe('50000');
    expect(await option('-gv', 'mouse')).toBe('on');
    expect(await option('-sv', 'set-clipboard')).toBe('on');
    expect(await option('-sv', 'extended-keys')).toBe('on');
    expect(await option('-gv', 'prefix')).toBe('None');
    expect(await bench.ok('tmux', 'list-keys', '-T', 'root')).toMatch(/C-q +detach-client/);
  });

  test('sources the user’s own tmux.conf', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const env = configured(bench, 'set -g status-left "mine"\n');
    expect(await bench.runWith({ env }, 'spawn', '-n', 'one', 'sleep', '1000')).toEqual({
      code: 0,
      stdout: 'one\n',
      stderr: '',
    });
    expect(await bench.ok('tmux', 'show', '-gv', 'status-left')).toBe('mine\n');
  });

  test.for([
    ['an unknown command', 'nonsense\n', /^agentctl: tmux\.conf: .*tmux\.conf:1: unknown command: nonsense\n$/],
    ['an unknown option', 'set -g no-such-option 1\n', /^agentctl: tmux\.conf: invalid option: no-such-option\n$/],
    ['an open brace', 'bind x {\n', /^agentctl: tmux\.conf: .*tmux\.conf:\d: .*\n$/],
  ] as const)('reports a broken tmux.conf, and starts the agent all the same: %s', async (row, { onTestFinished }) => {
    const [, text, complaint] = row;
    const bench = new Workbench(onTestFinished);
    const env = configured(bench, text);
    const { code, stdout, stderr } = await bench.runWith({ env }, 'spawn', '-n', 'one', 'sleep', '1000');
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'one\n', stderr: expect.stringMatching(complaint) });
    expect(await bench.agent('one')).toMatchObject({ phase: 'running' });
    expect(await bench.ok('tmux', 'show', '-gv', 'mouse')).toBe('on\n');
    // The server that runs already is not asked again.
    expect((await bench.runWith({ env }, 'spawn', '-n', 'two', 'sleep', '1000')).stderr).toBe('');
  });
});

/** An environment with a tmux.conf of the user's own beside agentctl's configuration. */
function configured(bench: Workbench, text: string): NodeJS.ProcessEnv {
  const config = join(bench.dir, 'config');
  const file = join(config, 'agentctl', 'tmux.conf');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return { XDG_CONFIG_HOME: config };
}
