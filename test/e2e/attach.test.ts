import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';
import { shell } from './processes.ts';
import { Terminal } from './terminal.ts';

describe.concurrent('attach', () => {
  test('gives the terminal to the agent until C-q, and leaves its size as it was', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok(
      'spawn',
      '-n',
      'shell',
      '--',
      'sh',
      '-c',
      'while read -r line; do echo "heard $line"; stty size >size; done',
    );
    const terminal = new Terminal(bench, onTestFinished, ['attach', 'shell']);
    await waitFor('the agent’s screen', () => terminal.screen().includes('[shell]'));
    terminal.press('abc', 'Enter');
    await waitFor('the agent’s answer', () => terminal.screen().includes('heard abc'));
    expect(await bench.written('size')).toBe('23 90');
    terminal.press('C-q');
    await waitFor('the code', () => terminal.screen().includes('ended with 0'));
    expect(await bench.agent('shell')).toMatchObject({ phase: 'running' });
    await bench.ok('send', 'shell', 'again');
    await waitFor('its old size', async () => (await bench.written('size')) === '50 200');
  });

  test('--read-only lets no key through', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'shell', '--', 'sh', '-c', 'while read -r line; do echo "heard $line"; done');
    const terminal = new Terminal(bench, onTestFinished, ['attach', '-r', 'shell']);
    await waitFor('the agent’s screen', () => terminal.screen().includes('[shell]'));
    terminal.press('abc', 'Enter');
    await bench.ok('send', 'shell', 'sent');
    await waitFor('what was sent', () => terminal.screen().includes('heard sent'));
    expect(terminal.screen()).not.toContain('abc');
  });

  test('shows an ended agent within its grace', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'ended', 'echo', 'last words');
    await bench.ok('wait', 'ended');
    const terminal = new Terminal(bench, onTestFinished, ['attach', 'ended']);
    await waitFor('its last screen', () => terminal.screen().includes('last words'));
    terminal.press('C-q');
    await waitFor('the code', () => terminal.screen().includes('ended with 0'));
  });

  test('says clearly what is in its way', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'here', 'sleep', '1000');
    expect(await bench.run('attach', 'here')).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^agentctl: attaching needs a terminal .*"agentctl logs" in scripts\n$/),
    });
    await bench.run('run', '-n', 'gone', 'true');
    // script(1) gives it a terminal, so that the next thing in its way is what it says.
    const { stdout } = await shell(bench, `script -qec '"$NODE" "$AGENTCTL" attach gone' /dev/null`);
    expect(stdout).toBe(
      'agentctl: gone has ended and was torn down: use "agentctl screen gone" or "agentctl logs gone"\r\n',
    );
    expect((await bench.run('attach')).code).toBe(2);
    expect((await bench.run('attach', 'hree')).stderr).toContain('did you mean here?');
  });
});

describe.concurrent('run --attach', () => {
  test('gives its terminal to the agent, and ends with the agent’s code', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const terminal = new Terminal(bench, onTestFinished, [
      ...['run', '--attach', '-n', 'full', '--', 'sh', '-c'],
      'stty size; read line; echo "got $line"; stty size >size; exit 5',
    ]);
    await waitFor('the agent’s screen', () => terminal.screen().includes('[full]'));
    terminal.press('hello', 'Enter');
    await waitFor('the code', () => terminal.screen().includes('ended with 5'));
    // The pane took the terminal's size, less tmux' own line.
    expect(await bench.written('size')).toBe('23 90');
    expect(await bench.agent('full')).toMatchObject({ archived: true, exitCode: 5 });
    expect(readFileSync(join((await bench.agent('full')).directory, 'screen.txt'), 'utf8')).toContain('got hello');
  });

  test('ends with 0 after a detach, and leaves it running', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const terminal = new Terminal(bench, onTestFinished, ['run', '--attach', '-n', 'left', '--', 'sleep', '1000']);
    await waitFor('the agent’s screen', () => terminal.screen().includes('[left]'));
    terminal.press('C-q');
    await waitFor('the code', () => terminal.screen().includes('ended with 0'));
    expect(terminal.screen()).toContain('agentctl attach left');
    expect(await bench.agent('left')).toMatchObject({ phase: 'running' });
  });
});

describe.concurrent('spawn --attach', () => {
  test('ends with the agent’s code if it ended while attached', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const terminal = new Terminal(bench, onTestFinished, [
      ...['spawn', '--attach', '-n', 'full', '--', 'sh', '-c', 'read line; exit 7'],
    ]);
    await waitFor('the agent’s screen', () => terminal.screen().includes('[full]'));
    terminal.press('Enter');
    await waitFor('the code', () => terminal.screen().includes('ended with 7'));
    expect(await bench.agent('full')).toMatchObject({ archived: false, exitCode: 7 });
  });

  test('ends with 0 after a detach', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const terminal = new Terminal(bench, onTestFinished, ['spawn', '--attach', '-n', 'left', '--', 'sleep', '1000']);
    await waitFor('the agent’s screen', () => terminal.screen().includes('[left]'));
    terminal.press('C-q');
    await waitFor('the code', () => terminal.screen().includes('ended with 0'));
    expect(await bench.agent('left')).toMatchObject({ phase: 'running' });
  });

  test('refuses without a terminal before it starts anything', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const { code, stderr } = await bench.run('spawn', '--attach', '--', 'touch', 'started');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^agentctl: attaching needs a terminal.*\n$/),
    });
    expect(bench.traces()).toEqual([]);
    expect(existsSync(join(bench.dir, 'started'))).toBe(false);
  });
});
