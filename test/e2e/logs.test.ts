import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';
import { collect, ended, shell } from './processes.ts';

describe.concurrent('logs', () => {
  test('prints an ended agent whole: plain text with LF, no terminal codes, nothing lost', async ({
    onTestFinished,
  }) => {
    const bench = new Workbench(onTestFinished);
    const script = 'printf "\\033[1;31mred\\033[0m \\033]0;title\\007ü€𝄞\\ttab\\n"; seq 20000; printf "a\\rb\\nend"';
    await bench.ok('spawn', '-n', 'one', '--', 'sh', '-c', script);
    await bench.ok('wait', 'one');
    const numbers = Array.from({ length: 20000 }, (_, index) => `${index + 1}\n`).join('');
    const whole = `red ü€𝄞\ttab\n${numbers}a\nb\nend`;
    expect(await bench.run('logs', 'one', '-f')).toEqual({ code: 0, stdout: whole, stderr: '' });
    expect(await bench.run('logs', 'one')).toEqual({ code: 0, stdout: whole, stderr: '' });
    await bench.ok('spawn', '-n', 'one', 'true');
    const [archived] = (await bench.ps()).filter((agent) => agent.archived);
    expect(await bench.ok('logs', `one.${archived?.runId}`)).toBe(whole);
  });

  test('--raw prints the terminal’s own bytes, without the end mark', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'one', '--', 'printf', '\\033[31mred\\033[0m\\n\\377\\n');
    await bench.ok('wait', 'one');
    const bytes = await bench.start(['logs', '-f', '--raw', 'one']).stdout?.toArray();
    expect(Buffer.concat(bytes ?? []).toString('latin1')).toBe('\x1b[31mred\x1b[0m\r\n\xff\r\n');
  });

  test('-f goes on until the agent has ended, and misses nothing of it', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok(
      'spawn',
      '-n',
      'one',
      '--',
      'sh',
      '-c',
      'echo first; until [ -e go ]; do sleep 0.05; done; seq 3000; echo last',
    );
    const child = bench.start(['logs', '--follow', 'one']);
    const output = collect(child);
    await waitFor('the first line', () => output.stdout === 'first\n');
    // Without -f it is what there is, and no waiting.
    expect(await bench.ok('logs', 'one')).toBe('first\n');
    bench.file('go', '');
    expect(await ended(child)).toBe(0);
    expect(output.stdout.split('\n')).toHaveLength(3003);
    expect(output.stdout).toMatch(/\n3000\nlast\n$/);
  });

  test('-f survives the move to the archive', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok(
      'spawn',
      '-n',
      'one',
      '--',
      'sh',
      '-c',
      'trap "echo goodbye; exit" TERM; echo up; while :; do sleep 0.1; done',
    );
    const child = bench.start(['logs', '-f', 'one']);
    const output = collect(child);
    await waitFor('the first line', () => output.stdout === 'up\n');
    await bench.ok('spawn', '-n', 'one', '--replace', 'sleep', '1000');
    expect(await ended(child)).toBe(0);
    expect(output.stdout).toBe('up\ngoodbye\n');
  });

  test('--tail N prints the last lines', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'one', '--', 'sh', '-c', 'seq 30000; printf "no newline"');
    await bench.ok('wait', 'one');
    await bench.ok('logs', '-f', 'one');
    const tail = (lines: string) => bench.ok('logs', '--tail', lines, 'one');
    const tails = await Promise.all(['3', '1', '0', '20000', '999999'].map(tail));
    expect(tails.slice(0, 3)).toEqual(['29999\n30000\nno newline', 'no newline', '']);
    expect(tails.slice(3).map((text) => text.split('\n').length)).toEqual([20000, 30001]);
    const refused = await Promise.all(['-1', 'x', '1.5', ''].map((bad) => bench.run('logs', '--tail', bad, 'one')));
    expect(refused.map(({ code, stdout }) => [code, stdout])).toEqual(Array(4).fill([2, '']));
  });

  test('--tail counts no line for the line break that ends the last one', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'two', '--', 'seq', '5');
    await bench.ok('wait', 'two');
    await bench.ok('logs', '-f', 'two');
    expect(await bench.ok('logs', '--tail', '2', 'two')).toBe('4\n5\n');
    await bench.ok('spawn', '-n', 'live', '--', 'sh', '-c', 'seq 5; exec sleep 1000');
    await waitFor('its output', async () => (await bench.ok('logs', 'live')).endsWith('5\n'));
    expect(await bench.ok('logs', '--tail', '2', 'live')).toBe('4\n5\n');
  });

  test('--since starts where the watchdog’s index says', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'one', '--', 'printf', 'old\\nmiddle\\nnew\\n');
    await bench.ok('wait', 'one');
    await bench.ok('logs', '-f', 'one');
    const agent = await bench.agent('one');
    const [spec, started] = [bench.record(agent, 'spec.json'), bench.record(agent, 'started.json')];
    const uptime = Number(started.uptimeSeconds);
    // As if it had started an hour ago, and had written its second line half an hour ago.
    const hourAgo = new Date(Date.parse(String(spec.createdAt)) - 3_600_000).toISOString();
    writeFileSync(join(agent.directory, 'spec.json'), JSON.stringify({ ...spec, createdAt: hourAgo }));
    const index = [
      [uptime, 'old\r\n'.length],
      [uptime + 1800, 'old\r\nmiddle\r\n'.length],
    ];
    writeFileSync(join(agent.directory, 'output.times'), index.map((line) => `${line.join(' ')}\n`).join(''));
    const since = (...flags: string[]) => bench.ok('logs', 'one', '--since', ...flags);
    expect(
      await Promise.all([
        since('2h'),
        since('50m'),
        since('10m'),
        since('50m', '--tail', '1'),
        since('10m', '--tail', '2'),
      ]),
    ).toEqual(['old\nmiddle\nnew\n', 'middle\nnew\n', 'new\n', 'new\n', 'new\n']);
    const refused = await Promise.all(['yesterday', 'none'].map((bad) => bench.run('logs', '--since', bad, 'one')));
    expect(refused.map(({ code }) => code)).toEqual([2, 2]);
  });

  test('--since knows by the watchdog’s own index what was written when', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const script = 'echo old; until [ -e go ]; do sleep 0.05; done; while :; do echo new; sleep 0.2; done';
    await bench.ok('spawn', '-n', 'one', '--', 'sh', '-c', script);
    const { directory } = await bench.agent('one');
    await waitFor('the old line in the index', () => existsSync(join(directory, 'output.times')));
    bench.file('go', '');
    await waitFor('the old line to be left out', async () =>
      /^(new\n)+$/.test(await bench.ok('logs', '--since', '1s', 'one')),
    );
    expect(await bench.ok('logs', '--since', '1h', 'one')).toMatch(/^old\nnew\n/);
  });

  test('gives a full-screen program one hint', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'tui', '--', 'printf', '\\033[?1049h\\033[2Jdrawn\\033[?1049l');
    await bench.ok('wait', 'tui');
    const { code, stderr } = await bench.run('logs', '-f', 'tui');
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: 'agentctl: tui draws on the whole screen, which makes no text: see "agentctl screen tui"\n',
    });
    expect((await bench.run('logs', '--raw', 'tui')).stderr).toBe('');
  });

  test('ends quietly when its reader leaves, also while it follows', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'one', '--', 'sh', '-c', 'seq 100000; while :; do echo more; sleep 0.05; done');
    await waitFor('its output', async () => (await bench.ok('logs', '--tail', '1', 'one')) === 'more\n');
    for (const flags of ['', '-f']) {
      expect(await shell(bench, `"$NODE" "$AGENTCTL" logs ${flags} one | head -n 1; echo "\${PIPESTATUS[0]}"`)).toEqual(
        {
          code: 0,
          stdout: '1\n0\n',
          stderr: '',
        },
      );
    }
  });

  test('knows names and mistakes', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'silent', 'sleep', '1000');
    expect(await bench.run('logs', 'silent')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await bench.run('logs', 'silnet')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('did you mean silent?'),
    });
    expect([(await bench.run('logs')).code, (await bench.run('logs', 'a', 'b')).code]).toEqual([2, 2]);
  });
});
