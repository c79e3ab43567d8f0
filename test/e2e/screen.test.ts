import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';
import { shell } from './processes.ts';
import { Terminal } from './terminal.ts';

/** Draws on the alternate screen, as full-screen programs do, and waits for a line. */
const FULL_SCREEN =
  'printf "\\033[?1049h\\033[H\\033[2Jtop line\\033[50;1Hbottom line"; read -r line; printf "\\033[3;5H$line"';

describe.concurrent('screen', () => {
  test('shows the live screen of a full-screen program as text', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'tui', '--', 'sh', '-c', `${FULL_SCREEN}; exec sleep 1000`);
    const screen = await waitFor('the drawing', async () => {
      const { stdout } = await bench.run('screen', 'tui');
      return stdout.includes('bottom line') && stdout.split('\n');
    });
    expect([screen[0], screen[49], screen.length]).toEqual(['top line', 'bottom line', 51]);
    await bench.ok('send', 'tui', 'sent');
    await waitFor('what was sent', async () => (await bench.ok('screen', 'tui')).split('\n')[2] === '    sent');
  });

  test('keeps the whole last screen: after the end, under a smaller client, and after teardown', async ({
    onTestFinished,
  }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'words', 'printf', 'first\\nlast words\\n');
    await bench.ok('wait', 'words');
    // The mark that the wrapper prints last is there once logs has seen it: then tmux has drawn all.
    await bench.ok('logs', '-f', 'words');
    expect(await bench.ok('screen', 'words')).toBe('first\nlast words\n');
    const terminal = new Terminal(bench, onTestFinished, ['attach', 'words']);
    await waitFor('the last screen', () => terminal.screen().includes('first\nlast words\n'));
    expect(terminal.screen()).toContain('ended; C-q detaches');
    terminal.press('C-q');
    await waitFor('the code', () => terminal.screen().includes('ended with 0'));
    expect(await bench.ok('screen', 'words')).toBe('first\nlast words\n');
    await bench.ok('spawn', '-n', 'words', 'sleep', '1000');
    const archived = (await bench.ps()).find(({ archived }) => archived);
    expect(await bench.ok('screen', `words.${archived?.runId}`)).toBe('first\nlast words\n');
  });

  test('keeps every line of a full-screen program that was killed', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'tui', '--', 'sh', '-c', `${FULL_SCREEN}; exec sleep 1000`);
    await waitFor('the drawing', async () => (await bench.ok('screen', 'tui')).includes('bottom line'));
    await bench.ok('kill', 'tui');
    const lines = (await bench.ok('screen', 'tui')).split('\n');
    expect([lines[0], lines[49]]).toEqual(['top line', 'bottom line']);
  });

  test('says where to look when the session is gone without a teardown', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'cut', 'sleep', '1000');
    await bench.ok('tmux', 'kill-session', '-t', '=cut');
    await waitFor('its end', async () => (await bench.agent('cut')).phase === 'ended');
    const { code, stderr } = await bench.run('screen', 'cut');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^agentctl: .*"agentctl logs cut".*\n$/),
    });
    expect((await bench.run('screen')).code).toBe(2);
    expect((await bench.run('screen', 'a', 'b')).code).toBe(2);
  });
});

/** Shows every byte that it reads. */
const READER = 'stty -icanon -echo min 1; echo ready; exec cat -v';

describe.concurrent('send', () => {
  const FORTY = Array.from({ length: 40 }, (_, index) => `line ${index + 1}`).join('\n');

  test('sends many lines as one bracketed paste where the program asked for it, Enter apart', async ({
    onTestFinished,
  }) => {
    const bench = new Workbench(onTestFinished);
    const asks = 'printf "\\033[?2004h" >/dev/tty';
    await bench.ok('spawn', '-n', 'reader', '--stdout', 'heard', '--', 'sh', '-c', `${asks}; ${READER}`);
    await bench.ok('send', 'reader', FORTY);
    // The Enter comes after the end of the paste, as a line break of its own.
    await waitFor('the Enter', async () => readFileSync(join(bench.dir, 'heard'), 'utf8').endsWith('[201~\n'));
    expect(await bench.written('heard')).toBe(`ready\n^[[200~${FORTY}^[[201~`);
  });

  test('sends plain lines where it did not', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'reader', '--', 'sh', '-c', `while read -r line; do echo "<$line>" >>heard; done`);
    await bench.ok('send', 'reader', 'one  two', 'three');
    await bench.runWith({ input: 'a\nb; \\;$(x)\n' }, 'send', 'reader', '-');
    await waitFor('all lines', async () => (await bench.written('heard')).split('\n').length === 3);
    expect(await bench.written('heard')).toBe('<one  two three>\n<a>\n<b; \\;$(x)>');
  });

  test('--keys presses keys by their names, and adds none', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'keys', '--stdout', 'heard', '--', 'sh', '-c', READER);
    await bench.written('heard');
    await bench.ok('send', '--keys', 'keys', 'Escape', 'Up', 'C-a', 'x', ';', 'Tab', 'Enter');
    await waitFor('the keys', async () => (await bench.written('heard')).includes('x'));
    expect(await bench.written('heard')).toBe('ready\n^[^[[A^Ax;');
    await bench.ok('send', '--keys', 'keys', 'C-c');
    expect((await bench.run('wait', 'keys')).code).toBe(130);
  });

  test('carries a megabyte and every kind of character', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'big', '--stdout', 'heard', '--', 'sh', '-c', 'stty -echo; exec head -n 4001');
    const text = `${Array.from({ length: 4000 }, (_, index) => `${index} ${'ü€𝄞'.repeat(20)}`).join('\n')}\n-n --help "quoted" 'x' #{pid} \`x\``;
    await bench.runWith({ input: text }, 'send', 'big', '-');
    expect((await bench.run('wait', 'big')).code).toBe(0);
    expect(await bench.written('heard')).toBe(text);
  });

  test('refuses an agent that has ended, is unknown, or a text that is missing', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'ended', '--', 'sh', '-c', 'exit 3');
    await bench.run('wait', 'ended');
    for (const args of [
      ['ended', 'x'],
      ['--keys', 'ended', 'Enter'],
    ]) {
      const { code, stderr } = await bench.run('send', ...args);
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^agentctl: ended has ended .*\n$/) });
    }
    expect(await bench.run('send', 'endde', 'x')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('did you mean ended?'),
    });
    expect((await bench.run('send', 'ended')).code).toBe(2);
    expect((await bench.run('send')).code).toBe(2);
  });

  test('takes a text that begins with a dash after --', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'reader', '--', 'sh', '-c', 'read -r line; echo "$line" >heard');
    expect(await shell(bench, `"$NODE" "$AGENTCTL" send reader -- '--keys are words'`)).toMatchObject({ code: 0 });
    expect(await bench.written('heard')).toBe('--keys are words');
  });
});
