import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';
import { collect, ended, letCapPass, shell } from './processes.ts';
import { Terminal } from './terminal.ts';

describe.concurrent('run', () => {
  test.for([
    ['exit 0', 0],
    ['exit 3', 3],
    ['exit 255', 255],
    ['no-such-command-anywhere', 127],
    ['./not-executable', 126],
    ['kill -KILL $$', 137],
    ['kill -TERM $$', 143],
  ] as const)('ends with the agent’s own code: %s', async ([script, code], { onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    bench.file('not-executable', 'echo never\n');
    expect((await bench.run('run', '--', 'sh', '-c', script)).code).toBe(code);
  });

  test('keeps stdout for the agent’s output, as it was: nothing lost, LF, no terminal codes', async ({
    onTestFinished,
  }) => {
    const bench = new Workbench(onTestFinished);
    const { code, stdout, stderr } = await bench.run(
      ...['run', '--', 'sh', '-c', 'printf "\\033[31mred\\033[0m\\n"; seq 5000; printf "no newline"; echo err >&2'],
    );
    const numbers = Array.from({ length: 5000 }, (_, index) => `${index + 1}\n`).join('');
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `red\n${numbers}no newlineerr\n`, stderr: '' });
  });

  test('--raw gives the terminal’s own bytes', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const { stdout } = await bench.run('run', '--raw', '--', 'printf', '\\033[31mred\\n');
    expect(stdout).toBe('\x1b[31mred\r\n');
  });

  test('takes the flags of spawn', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const { code, stdout } = await bench.runWith(
      { input: 'from stdin\n' },
      ...['run', '-n', 'flags', '-C', '/usr', '-e', 'A=b', '-l', 'k=v', '--size', '90x20', '--stdin', '-'],
      ...['--', 'sh', '-c', 'pwd; echo $A; cat; stty size </dev/tty'],
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: '/usr\nb\nfrom stdin\n20 90\n' });
    expect(await bench.agent('flags')).toMatchObject({ labels: { k: 'v' }, limits: { graceSeconds: 0 } });
  });

  test('leaves nothing: session, leftovers and lock are gone, the record is archived', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const { code } = await bench.run(
      'run',
      '-n',
      'gone',
      '--',
      'sh',
      '-c',
      'setsid sleep 1001 & nohup sleep 1002 >/dev/null 2>&1 & exit 4',
    );
    expect(code).toBe(4);
    const agent = await bench.agent('gone');
    expect(agent).toMatchObject({ archived: true, result: 'failed', exitCode: 4 });
    expect(bench.cookieHolders(agent.runId)).toEqual([]);
    const swept = bench.record(agent, 'verdict.json').ended as { command: string }[];
    expect(swept.map(({ command }) => command)).toEqual(expect.arrayContaining(['sleep 1001', 'sleep 1002']));
    expect(bench.traces()).toEqual([`archive/gone.${agent.runId}`]);
  });

  test('ends with 124 for an agent that reached its cap', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const child = bench.start(['run', '-n', 'capped', '--kill-after', '1', '--', 'sh', '-c', 'echo up; sleep 1000']);
    const output = collect(child);
    await waitFor('the agent to be up', () => output.stdout.includes('up'));
    letCapPass(await bench.agent('capped'));
    expect(await ended(child)).toBe(124);
    expect(await bench.agent('capped')).toMatchObject({ result: 'timed-out' });
    expect((await bench.run('wait', 'capped')).code).toBe(124);
  });

  test('says 125 for every error of agentctl’s own', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'taken', 'sleep', '1000');
    const codes = await Promise.all(
      [
        ['run'],
        ['run', '--no-such-flag', 'true'],
        ['run', '--max-runtime', 'soon', 'true'],
        ['run', '-n', 'bad.name', 'true'],
        ['run', '-n', 'taken', 'true'],
        ['run', '--', 'no-such-command-anywhere'],
        ['run', '-C', '/nowhere', 'true'],
        ['run', '--state-dir', '', 'true'],
        ['run', '--attach', 'true'],
      ].map(async (args) => (await bench.run(...args)).code),
    );
    expect(codes).toEqual(Array(9).fill(125));
  });

  test('hints at --stdin - when something is piped in that the agent will not get', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    bench.file('input', 'x\n');
    // A real pipe: node gives its children a socket pair, which may be an idle one of any caller.
    const piped = await shell(bench, `echo x | "$NODE" "$AGENTCTL" run -- true`);
    expect(piped).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('--stdin -') });
    expect(await shell(bench, `echo x | "$NODE" "$AGENTCTL" run --stdin - -- cat`)).toEqual({
      code: 0,
      stdout: 'x\n',
      stderr: '',
    });
    expect((await shell(bench, `"$NODE" "$AGENTCTL" run -- true </dev/null`)).stderr).toBe('');
  });
});

describe.concurrent('run, when it is told to go', () => {
  const DEAF = ['sh', '-c', 'trap "" INT TERM HUP; echo up; while :; do sleep 1; done'];
  const CLEAN = ['sh', '-c', 'trap "sleep 0.3; echo cleaned up; exit 9" TERM; echo up; while :; do sleep 0.1; done'];

  test('INT stops the agent, which may clean up', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const child = bench.start(['run', '-n', 'one', '--', ...CLEAN]);
    const output = collect(child);
    await waitFor('the agent to be up', () => output.stdout.includes('up'));
    child.kill('SIGINT');
    expect(await ended(child)).toBe(9);
    expect(output.stdout).toBe('up\ncleaned up\n');
    expect(output.stderr).toContain('stopping one');
    expect(await bench.agent('one')).toMatchObject({ result: 'stopped', exitCode: 9, archived: true });
  });

  test('a second INT kills it', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const child = bench.start(['run', '-n', 'deaf', '--kill-after', '1h', '--', ...DEAF]);
    const output = collect(child);
    await waitFor('the agent to be up', () => output.stdout.includes('up'));
    child.kill('SIGINT');
    await waitFor('the first INT to be heard', () => output.stderr.includes('once more'));
    await waitFor('its TERM', async () => (await bench.agent('deaf')).phase === 'stopping');
    child.kill('SIGINT');
    expect(await ended(child)).toBe(137);
    expect(await bench.agent('deaf')).toMatchObject({ result: 'stopped', exitCode: 137, archived: true });
  });

  test('TERM gives it 2 s, whatever its own kill-after is', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const child = bench.start(['run', '-n', 'deaf', '--kill-after', '1h', '--', ...DEAF]);
    const output = collect(child);
    await waitFor('the agent to be up', () => output.stdout.includes('up'));
    const before = Date.now();
    child.kill('SIGTERM');
    expect(await ended(child)).toBe(137);
    const seconds = (Date.now() - before) / 1000;
    expect(seconds).toBeGreaterThan(1.9);
    // 2 s and what a loaded machine needs for the rest: far from the agent's own hour.
    expect(seconds).toBeLessThan(60);
    const steps = bench.record(await bench.agent('deaf'), 'verdict.json').steps as {
      step: string;
      uptimeSeconds: number;
    }[];
    const at = (wanted: string) => steps.find(({ step }) => step === wanted)?.uptimeSeconds ?? Number.NaN;
    expect(at('kill') - at('term')).toBeLessThan(30);
  });

  test('HUP leaves it running, and says how to come back', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const child = bench.start(['run', '-n', 'stays', '--', ...DEAF]);
    const output = collect(child);
    await waitFor('the agent to be up', () => output.stdout.includes('up'));
    child.kill('SIGHUP');
    expect(await ended(child)).toBe(129);
    expect(output.stderr).toContain('agentctl logs -f stays');
    expect(await bench.agent('stays')).toMatchObject({ phase: 'running' });
  });

  test('a signal that comes while it is being started counts once it runs', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    // A tmux that waits to be let through: the agent's directory is there by then, its session is not.
    mkdirSync(join(bench.dir, 'bin'));
    bench.file(
      'bin/tmux',
      '#!/bin/sh\necho >asked; until [ -e go ]; do sleep 0.05; done; exec /usr/bin/tmux "$@"\n',
      0o755,
    );
    const slow = { PATH: `${join(bench.dir, 'bin')}:${process.env.PATH}` };
    mkdirSync(bench.state, { mode: 0o700 });
    const child = bench.start(['run', '-n', 'early', '--', ...CLEAN], { env: slow, cwd: bench.state });
    const output = collect(child);
    await waitFor('tmux to be asked', () => existsSync(join(bench.state, 'asked')));
    child.kill('SIGINT');
    writeFileSync(join(bench.state, 'go'), '');
    const code = await ended(child);
    // It may not have come to its trap yet.
    expect([9, 143]).toContain(code);
    expect(output.stderr).toContain('stopping early');
    expect(await bench.agent('early')).toMatchObject({ result: 'stopped', exitCode: code, archived: true });
  });

  test('a reader that leaves, leaves it running', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const chatty = 'while :; do echo line; sleep 0.05; done';
    const { code, stdout, stderr } = await shell(
      bench,
      `{ "$NODE" "$AGENTCTL" run -n chatty -- sh -c '${chatty}' </dev/null; echo $? >code; } | head -n 1`,
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'line\n' });
    expect(stderr).toBe('agentctl: chatty runs on: "agentctl logs -f chatty" shows it\n');
    expect(await bench.written('code')).toBe('141');
    expect(await bench.agent('chatty')).toMatchObject({ phase: 'running' });
  });

  test('Ctrl-C in its terminal does what INT does', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const terminal = new Terminal(bench, onTestFinished, ['run', '-n', 'typed', '--', ...CLEAN]);
    await waitFor('the agent to be up', () => terminal.screen().includes('up'));
    terminal.press('C-c');
    await waitFor('its code', () => terminal.screen().includes('ended with 9'));
    expect(terminal.screen()).toContain('cleaned up');
  });

  test('SIGKILL leaves an agent that is true to its records', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const child = bench.start([
      'run',
      '-n',
      'orphan',
      '--',
      'sh',
      '-c',
      'echo up; until [ -e go ]; do sleep 0.05; done; exit 6',
    ]);
    const output = collect(child);
    await waitFor('the agent to be up', () => output.stdout.includes('up'));
    child.kill('SIGKILL');
    await ended(child);
    expect(await bench.agent('orphan')).toMatchObject({ phase: 'running' });
    bench.file('go', 'x');
    expect((await bench.run('wait', 'orphan')).code).toBe(6);
  });
});
