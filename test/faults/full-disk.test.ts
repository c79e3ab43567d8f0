// Scenario 5: the state directory's disk is full, at each moment of a life.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test as everywhere, expect, vi } from 'vitest';
import { find } from '../../src/lifecycle/list.ts';
import { logs } from '../../src/lifecycle/logs.ts';
import { remove } from '../../src/lifecycle/remove.ts';
import { spawn } from '../../src/lifecycle/spawn.ts';
import { stop } from '../../src/lifecycle/stop.ts';
import { sweep } from '../../src/lifecycle/sweep.ts';
import { type FaultAgent, FaultBench } from '../fixtures/fault-bench.ts';
import { canMount } from '../fixtures/own-disk.ts';
import { piecesOf } from '../fixtures/pieces-of-log.ts';
import { waitFor } from '../fixtures/wait-for.ts';

const test = everywhere.runIf(canMount);

const untilTold = (code: number) => `while [ ! -e go ]; do sleep 0.1; done; exit ${code}`;
const DEAF = 'trap "" TERM; echo >deaf; while :; do sleep 0.2; done';

/** The watchdog beats every 5 s, whatever the disk says. */
async function aBeat({ directory }: FaultAgent): Promise<void> {
  const beaten = () => statSync(join(directory, 'heartbeat')).mtimeMs;
  const before = beaten();
  await waitFor('a beat on a full disk', () => beaten() > before);
}

/** Whether each has a sentinel, and none of them an empty one. */
function sentinelsOf(agents: readonly FaultAgent[]): string[] {
  return agents.map(({ directory }) => {
    const file = join(directory, 'exit.json');
    if (!existsSync(file)) return 'none';
    return String((JSON.parse(readFileSync(file, 'utf8')) as { code: number | null }).code);
  });
}

test('without room: a natural end, a stop, a kill and a cap come to what they would come to with room', async () => {
  const bench = await FaultBench.open({ disk: 'size=2m', manager: true });
  const ends = await bench.launchHere('ends', untilTold(7));
  await bench.launchHere('stopped', 'exec sleep 1000');
  await bench.launchHere('deaf', DEAF, { killAfterMs: 1000 });
  expect(await waitFor('it to be deaf', () => existsSync(join(bench.dir, 'deaf')))).toBe(true);
  await bench.launchHere('capped', 'exec sleep 1000', { maxRuntimeMs: 5000 });
  bench.disk.fill();
  expect(await bench.run('stop', 'stopped', 'deaf')).toMatchObject({ code: 0, stderr: '' });
  await aBeat(ends);
  bench.file('go', '');
  const over = async () => (await bench.ps()).filter(({ name, phase }) => name !== 'neighbour' && phase === 'ended');
  await waitFor('four ends', async () => (await over()).length === 4);
  bench.disk.free();
  await bench.checks({
    ends: { result: 'failed', exitCode: 7 },
    stopped: { result: 'stopped', exitCode: 143 },
    deaf: { result: 'stopped', exitCode: 137 },
    capped: { result: 'timed-out', exitCode: 143 },
  });
});

test('without inodes, and without a manager: a sweep tears down on the full disk what ended before and after', async () => {
  const bench = await FaultBench.open({ disk: 'size=4m,nr_inodes=400' });
  const stateDir = { path: bench.state, reason: 'of a test' };
  const before = await bench.launchHere('before', 'exit 3');
  const after = await bench.launchHere('after', untilTold(139));
  await waitFor('the first end', () => sentinelsOf([before])[0] === '3');
  bench.disk.fillInodes();
  bench.file('go', '');
  await waitFor('the second end', () => sentinelsOf([after])[0] === '139');
  for await (const { problem } of sweep(stateDir, { dryRun: false })) expect(problem).toBe(undefined);
  expect(readdirSync(join(bench.state, 'archive'))).toHaveLength(2);
  bench.disk.free();
  await bench.checks({
    before: { result: 'failed', exitCode: 3 },
    after: { result: 'signaled', exitCode: 139 },
  });
});

test('spawn starts an agent that runs, or says that the disk is full and leaves nothing, however little room there is', async () => {
  const bench = await FaultBench.open({ disk: 'size=2m,nr_inodes=400', maybeUnknown: ['a'] });
  const stateDir = { path: bench.state, reason: 'of a test' };
  const there = () => [readdirSync(join(bench.state, 'agents')).toSorted(), bench.traces().length];
  await waitFor('the neighbour alone', () => bench.traces().length > 0);
  const sayings = new Set<string>();
  const attempt = async (leave: () => void): Promise<void> => {
    const before = there();
    leave();
    const started = await spawn(stateDir, { name: 'a', command: ['sleep', '1000'], noManager: true }).catch(
      (error: Error) => void sayings.add(error.message),
    );
    if (started) {
      expect(await bench.agent('a')).toMatchObject({ phase: 'running' });
      await stop(stateDir, [started], { by: 'a test', noManager: true });
      await remove(stateDir, find(stateDir, 'a')); // also the only way to room that a user of a full disk may have
    }
    bench.disk.free();
    await waitFor('nothing to be left', () => JSON.stringify(there()) === JSON.stringify(before));
  };
  // Fifteen pages and thirty inodes are enough; with five the wrapper once could not put down that it was there.
  for (const pages of [0, 5, 9, 30]) await attempt(() => bench.disk.fill(pages));
  for (const inodes of [0, 9, 40]) await attempt(() => bench.disk.fillInodes(inodes));
  expect([...sayings]).toEqual([
    `the agent cannot be put down in ${bench.state} (the disk is full): free some room there, or choose another with --state-dir`,
  ]);
  await bench.checks({});
});

const lines = (text: string): string => text.replaceAll('\n', '\r\n');
const numbers = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, at) => `${from + at}\n`).join('');

test.for(['room', 'inodes'])(
  'a log without %s holds up no agent, and has what comes when there is some again',
  async (what) => {
    const bench = await FaultBench.open({ disk: 'size=4m,nr_inodes=400' });
    const until = (file: string) => `until [ -e ${file} ]; do sleep 0.1; done`;
    const script = `seq 9000; ${until('go')}; seq 9001 90000; echo >printed; ${until('more')}; echo here; exit 6`;
    vi.stubEnv('AGENTCTL_LOG_PIECE', '64KiB');
    const agent = await bench.launchHere('prints', script);
    vi.unstubAllEnvs();
    const sizes = () => piecesOf(agent.directory).map((piece) => statSync(join(agent.directory, piece)).size);
    const before = lines(numbers(1, 9000));
    await waitFor('the first', () => sizes().reduce((sum, size) => sum + size) === before.length);
    if (what === 'room') bench.disk.fill();
    else bench.disk.fillInodes();
    bench.file('go', '');
    await waitFor('it to have printed', () => existsSync(join(bench.dir, 'printed')));
    // Not held up: it is read by now, or tmux has some of it left.
    if (what === 'inodes') await waitFor('all of it', () => (sizes().at(-1) ?? 0) > 600_000);
    bench.disk.free();
    bench.file('more', '');
    let log = '';
    for await (const bytes of logs({ path: bench.state, reason: 'of a test' }, agent, { follow: true }))
      log += bytes.toString('latin1');
    expect(log.startsWith(before)).toBe(true);
    expect(log.endsWith('here\r\n')).toBe(true);
    // Where only inodes lacked, not a byte is lost: the piece went on. Where room did, each begins in time.
    if (what === 'inodes') expect(log).toBe(lines(`${numbers(1, 90_000)}here\n`));
    else expect(Math.max(...sizes())).toBeLessThanOrEqual(65_536);
    await bench.checks({ prints: { result: 'failed', exitCode: 6 } });
  },
);
