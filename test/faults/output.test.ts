// Scenario 9: agents that print much, or anything at all: logs stay whole, and no command runs out of memory or time.
import { createCipheriv, createHash } from 'node:crypto';
import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { endMark } from '../../src/agent/end-mark.ts';
import { logs } from '../../src/lifecycle/logs.ts';
import { stop } from '../../src/lifecycle/stop.ts';
import { type FaultAgent, FaultBench } from '../fixtures/fault-bench.ts';
import { waitFor } from '../fixtures/wait-for.ts';

const FULL = process.env.AGENTCTL_FULL === '1';
const MIB = 1024 ** 2;
/** A GiB of text is more as the terminal's bytes: the total of a log would be less. */
if (FULL) process.env.AGENTCTL_LOG_TOTAL = 'none';
const MUCH_BYTES = FULL ? 1024 * MIB : 8 * MIB;
/** A command alone has 60 to 80 MiB. Whatever the size of a log, it needs little more. */
const MOST_MIB = 180;
const PEAK_MEMORY = fileURLToPath(new URL('../fixtures/peak-memory.mjs', import.meta.url));

/** Has each command of a bench put down how much memory it had; returns how to know of the one that ended last. */
function measureMemory(bench: FaultBench): () => number {
  const file = join(bench.dir, 'peak');
  Object.assign(bench.env, { NODE_OPTIONS: `--import=${PEAK_MEMORY}`, PEAK_MEMORY_FILE: file });
  return () => Number(readFileSync(file, 'utf8'));
}

function peakMiB(pid: number): number {
  const { 1: kib } = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}

/** Runs a command whose output may be long; `hear` gets it as it comes. */
async function stream(bench: FaultBench, args: readonly string[], hear: (chunk: Buffer) => void): Promise<number> {
  const child = bench.start(args, { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout?.on('data', hear);
  return new Promise((resolve) => child.on('close', (code) => resolve(code ?? -1)));
}

const stateDirOf = (bench: FaultBench) => ({ path: bench.state, reason: 'of a test' });

test(
  `a pane that prints ${MUCH_BYTES / MIB} MiB: its log is whole, its code kept, and nobody needs much memory for it`,
  async () => {
    const bench = await FaultBench.open({ manager: true });
    const peak = measureMemory(bench);
    const text = `seq 999999999 | head -c ${MUCH_BYTES}`;
    const big = await bench.launchHere('big', `${text}; exit 7`);
    const followed = createHash('sha256');
    expect(await stream(bench, ['logs', '-f', 'big'], (chunk) => followed.update(chunk))).toBe(0);
    expect(peak()).toBeLessThan(MOST_MIB);
    const sum = (await bench.program(['sh', '-c', `${text} | sha256sum`])).stdout.slice(0, 64);
    expect(followed.digest('hex')).toBe(sum);
    await bench.checks({ big: { result: 'failed', exitCode: 7 } });
    const archived = createHash('sha256');
    for await (const bytes of logs(stateDirOf(bench), big))
      archived.update(bytes.toString('latin1').replaceAll('\r', ''));
    expect(archived.digest('hex')).toBe(sum);
    expect(peakMiB(bench.manager().pid)).toBeLessThan(MOST_MIB);
    // Its history of 50,000 lines is the most that it keeps.
    expect(peakMiB(big.started.tmux.serverPid)).toBeLessThan(MOST_MIB);
  },
  FULL ? 900_000 : undefined,
);

/** As long as a log gets in a week, without the room for it: in one piece, as older versions wrote it, or in many. */
function grow({ directory }: FaultAgent, pieceMiB: number, end: string): void {
  const log = join(directory, 'output.log');
  truncateSync(log, pieceMiB === 4096 ? 4096 * MIB : 0);
  for (let at = 0; pieceMiB < 4096 && at < 4096; at += pieceMiB) {
    const piece = `${log}.${String(at * MIB).padStart(15, '0')}`;
    writeFileSync(piece, '');
    truncateSync(piece, pieceMiB * MIB);
  }
  appendFileSync(log, end);
}

test('logs of 4 GB, without a line break in them: every command goes on as ever', async () => {
  const bench = await FaultBench.open({ manager: true });
  const peak = measureMemory(bench);
  const runs = await bench.launchHere('runs', 'read line; echo "heard $line"; exit 5');
  const over = await bench.launchHere('over', 'echo first; exit 3', { graceMs: 3_600_000 });
  for await (const _ of logs(stateDirOf(bench), over, { follow: true }));
  // Without -f it is what there is now, however fast it grows.
  for await (const bytes of logs(stateDirOf(bench), over)) appendFileSync(join(over.directory, 'output.log'), bytes);

  grow(runs, 4096, '\r\nlast\r\n');
  grow(over, 64, `\r\nlast\r\n${endMark(over.runId)}`);
  // Of an agent that has printed for months: at each beat a line more.
  const { uptimeSeconds } = over.started;
  const beats = Array.from({ length: 1_000_000 }, (_, beat) => `${uptimeSeconds - 2_000_000 + beat} ${beat}\n`);
  writeFileSync(
    join(over.directory, 'output.times'),
    `${beats.join('')}${uptimeSeconds - 600} ${4096 * MIB}\n${uptimeSeconds + 1e6} ${4096 * MIB + 1}\n`,
  );
  const began = performance.now();
  const ran = await bench.many([
    ['ps', '-a'],
    ['status', 'runs'],
    ['status', 'over'],
    ['wait', 'over'],
    ['logs', '--tail', '10', 'runs'],
    ['logs', '--tail', '10', 'over'],
    ['logs', '--since', '5m', 'over'],
    ['send', 'runs', 'a word'],
  ]);
  expect(ran.map(({ code }) => code)).toEqual([0, 0, 3, 3, 0, 0, 0, 0]);
  const tail = { stdout: '\nlast\n', stderr: expect.stringContaining('longer than 1 MiB: only its end is shown') };
  expect(ran.slice(4, 6)).toMatchObject([tail, tail]);
  expect(ran[6]).toMatchObject({ stdout: '\nlast\n', stderr: '' });
  expect(peak()).toBeLessThan(MOST_MIB);
  await stop(stateDirOf(bench), [over], { by: 'a test' });
  await bench.checks({ runs: { result: 'failed', exitCode: 5 }, over: { result: 'failed', exitCode: 3 } });
  expect(performance.now() - began).toBeLessThan(60_000);
  expect(peakMiB(bench.manager().pid)).toBeLessThan(MOST_MIB);
  expect(await bench.ok('logs', '--tail', '1', 'runs')).toBe('heard a word\n');
});

/** Bytes of every kind, the same each time; CAN ends whatever sequence they begin. */
const GARBAGE = Buffer.concat([
  createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(MIB)),
  Buffer.alloc(MIB / 16),
  Buffer.from([0xff, 0xc3, 0x28, 0xe2, 0x82, 0xf0, 0x9f, 0x92, 0x1b, 0x18, 0x0a]),
]);

test('16 MiB in one line, binary garbage, NULs: run and logs -f show the same text, without a control character', async () => {
  const bench = await FaultBench.open();
  const peak = measureMemory(bench);
  bench.file('garbage', GARBAGE);
  const script = `head -c ${16 * MIB} /dev/zero | tr '\\0' x; cat garbage; echo end; exit 4`;
  await bench.launchHere('noise', script);
  const shown: string[] = [];
  for (const [args, code] of [
    [['logs', '-f', 'noise'], 0],
    [['run', '-n', 'ran', '--', bench.worker('ran', script)], 4],
  ] as const) {
    const chunks: Buffer[] = [];
    expect(await stream(bench, args, (chunk) => chunks.push(chunk))).toBe(code);
    expect(peak()).toBeLessThan(MOST_MIB);
    shown.push(Buffer.concat(chunks).toString());
  }
  const [followed = '', ran = ''] = shown;
  expect(followed.length).toBeGreaterThan(16 * MIB);
  expect(ran === followed).toBe(true);
  expect(followed.startsWith('x'.repeat(16 * MIB))).toBe(true);
  expect(followed.slice(-5)).toBe('\nend\n');
  expect(/[^\P{Cc}\n\t]/u.exec(followed)).toBe(null);
  bench.know(await bench.agent('ran'));
  const failed = { result: 'failed', exitCode: 4 };
  await bench.checks({ noise: failed, ran: failed });
});

test('a reader that is slower than the agent fills nobody’s memory, and keeps run from no interrupt', async () => {
  const bench = await FaultBench.open();
  const peak = measureMemory(bench);
  const child = bench.start(['run', '-n', 'loud', '--', bench.worker('loud', 'echo here; exec sleep 1000')]);
  bench.bystanders.add('run', child.pid ?? 0);
  const code = new Promise((resolve) => child.on('close', resolve));
  const read = (): string => String(child.stdout?.read() ?? '');
  await waitFor('the first line', () => read() === 'here\n');
  appendFileSync(join(bench.state, 'agents', 'loud', 'output.log'), 'a line of many\r\n'.repeat(4 * MIB));
  const reading = setInterval(read, 20);
  try {
    await waitFor('the next ones', () => read() !== '');
    child.kill('SIGINT');
    await waitFor('its end', async () => (await bench.agent('loud')).phase === 'ended');
  } finally {
    clearInterval(reading);
    child.stdout?.resume();
  }
  expect(await code).toBe(143);
  expect(peak()).toBeLessThan(MOST_MIB);
  bench.know(await bench.agent('loud'));
  await bench.checks({ loud: { result: 'stopped', exitCode: 143 } });
});
