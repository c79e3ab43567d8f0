// Logs in pieces: no byte is lost where one begins, and their total is kept. With AGENTCTL_FULL=1 at full size.
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { endMark } from '../../src/agent/end-mark.ts';
import { piecesOf, putLog, wholeLog } from '../fixtures/pieces-of-log.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { AGENTCTL, Workbench } from '../fixtures/workbench.ts';
import { collect, ended } from './processes.ts';

const FULL = process.env.AGENTCTL_FULL === '1';
const KIB = 1024;
/** Everything 64 times as large: 300 MiB in pieces of 64 MiB. */
const SCALE = FULL ? 64 : 1;
const PIECE_BYTES = 1024 * KIB * SCALE;
const MUCH_BYTES = 4800 * KIB * SCALE;

const sizesOf = (directory: string): number[] =>
  piecesOf(directory).map((piece) => statSync(join(directory, piece)).size);

/** Raw, so that what it prints is what is in the log, byte for byte. */
const prints = (bytes: number): string => `stty -opost; seq 999999999 | head -c ${bytes}`;

describe.concurrent('a log in pieces', () => {
  test(
    `has every byte of ${MUCH_BYTES} in order, through four rotations, the manager killed and the directory archived meanwhile`,
    async ({ onTestFinished }) => {
      const bench = new Workbench(onTestFinished).withManager();
      if (!FULL) bench.env.AGENTCTL_LOG_PIECE = String(PIECE_BYTES);
      await bench.ok(
        'spawn',
        '-n',
        'big',
        '--',
        'sh',
        '-c',
        `until [ -e go ]; do sleep 0.05; done; ${prints(MUCH_BYTES)}`,
      );
      const agent = await bench.agent('big');
      const [followed, slow] = [0, 1].map(() => bench.start(['logs', '-f', '--raw', 'big']));
      const chunks: Buffer[] = [];
      followed?.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
      bench.file('go', '');
      await waitFor('the second piece', () => piecesOf(agent.directory).length > 1, FULL ? 600_000 : undefined);
      process.kill(bench.manager().pid, 'SIGKILL');
      // The other reader has not read a byte yet.
      await waitFor('its end', async () => (await bench.agent('big')).phase === 'ended', FULL ? 600_000 : undefined);
      await bench.ok('spawn', '-n', 'big', 'true');
      expect(followed && (await ended(followed))).toBe(0);
      const expected = await bytesOf(bench, MUCH_BYTES);
      expect(Buffer.concat(chunks).equals(expected)).toBe(true);
      const late: Buffer[] = [];
      slow?.stdout?.on('data', (chunk: Buffer) => late.push(chunk));
      expect(slow && (await ended(slow))).toBe(0);
      expect(Buffer.concat(late).equals(expected)).toBe(true);

      const archived = join(bench.state, 'archive', `big.${agent.runId}`);
      const mark = Buffer.from(endMark(agent.runId));
      expect(wholeLog(archived).equals(Buffer.concat([expected, mark]))).toBe(true);
      const rest = MUCH_BYTES + mark.length - 4 * PIECE_BYTES;
      expect(sizesOf(archived)).toEqual([...Array(4).fill(PIECE_BYTES), rest]);
      // As if a piece had begun in the midst of the mark.
      putLog(archived, wholeLog(archived).toString('latin1'), [KIB, expected.length + 5]);
      const again = await bench.start(['logs', '--raw', `big.${agent.runId}`]).stdout?.toArray();
      expect(Buffer.concat(again ?? []).equals(expected)).toBe(true);
      const lines = expected
        .subarray(-3 * 1024 * KIB)
        .toString()
        .split('\n')
        .slice(-200_000);
      expect(await bench.ok('logs', '--tail', '200000', `big.${agent.runId}`)).toBe(lines.join('\n'));
    },
    FULL ? 900_000 : undefined,
  );

  test('keeps its total: what is gone is told once, and what is left is read', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    Object.assign(bench.env, { AGENTCTL_LOG_PIECE: '64KiB', AGENTCTL_LOG_TOTAL: '200KiB' });
    const script = `until [ -e go ]; do sleep 0.05; done; ${prints(500 * KIB)}; echo; exec sleep 1000`;
    await bench.ok('spawn', '-n', 'long', '--', 'sh', '-c', script);
    const { directory } = await bench.agent('long');
    const following = bench.start(['logs', '-f', '--raw', 'long']);
    const followed = collect(following);
    bench.file('go', '');
    const expected = `${await bytesOf(bench, 500 * KIB)}\n`;
    await waitFor('all of it', () => followed.stdout.endsWith(expected.slice(-1000)));
    // Slow or not, what it missed it was told of.
    if (followed.stdout !== expected) expect(followed.stderr).toMatch(/KiB (of|in the midst of) the log of long/);
    expect(sizesOf(directory)).toEqual([64 * KIB, 64 * KIB, 500 * KIB + 1 - 7 * 64 * KIB]);
    const [whole, tail, tooLong, since] = await bench.many([
      ['logs', '--raw', 'long'],
      ['logs', '--tail', '2', 'long'],
      ['logs', '--tail', '99999', 'long'],
      ['logs', '--since', '1h', '--raw', 'long'],
    ]);
    const note =
      'agentctl: the first 320 KiB of the log of long were removed, as it had reached its total: a larger logs.total in config.json, or AGENTCTL_LOG_TOTAL, keeps more of the next\n';
    const left = expected.slice(320 * KIB);
    expect(whole).toEqual({ code: 0, stdout: left, stderr: note });
    expect(tail).toEqual({ code: 0, stdout: expected.split('\n').slice(-3).join('\n'), stderr: '' });
    expect(tooLong).toEqual({ code: 0, stdout: left, stderr: note });
    expect(since).toEqual({ code: 0, stdout: left, stderr: note });
    await bench.ok('stop', 'long');
    expect(await ended(following)).toBe(0);
  });

  test('is set by two variables, of which nonsense starts nothing', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const refused = async (env: NodeJS.ProcessEnv) => bench.runWith({ env }, 'spawn', '-n', 'none', 'true');
    expect(await refused({ AGENTCTL_LOG_TOTAL: '1MiB' })).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'agentctl: AGENTCTL_LOG_TOTAL: 1 MiB is less than two pieces of 64 MiB: write more, none for no limit, or a smaller piece\n',
    });
    expect(await bench.ps()).toEqual([]);
  });

  test('is written wherever agentctl is installed, whatever tmux makes of the signs in that path', async ({
    onTestFinished,
  }) => {
    const bench = new Workbench(onTestFinished);
    const root = dirname(dirname(AGENTCTL));
    const odd = join(bench.dir, `%H #{pane_id} ##[#H $HOME 'it"s;`);
    mkdirSync(odd);
    for (const part of ['bin', 'dist', 'package.json']) cpSync(join(root, part), join(odd, part), { recursive: true });
    const argv = [process.execPath, join(odd, 'bin', 'agentctl'), 'spawn', '-n', 'odd', '--', 'echo', 'here'];
    expect(await bench.program(argv)).toMatchObject({ code: 0, stderr: '' });
    const { directory } = await bench.agent('odd');
    await waitFor('its output', () => readFileSync(join(directory, 'output.log'), 'latin1').startsWith('here\r\n'));
    expect(readdirSync(directory).filter((file) => file.startsWith('output.'))).toEqual(['output.log']);
  });
});

async function bytesOf(bench: Workbench, bytes: number): Promise<Buffer> {
  return Buffer.from((await bench.program(['sh', '-c', `seq 999999999 | head -c ${bytes}`])).stdout);
}
