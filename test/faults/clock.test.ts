// Scenario 6: the wall clock is set, and files have times that cannot be: nothing ends early, and nothing late.
import { readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { type FaultAgent, FaultBench } from '../fixtures/fault-bench.ts';
import { waitFor } from '../fixtures/wait-for.ts';

const SHIFTED_CLOCK = fileURLToPath(new URL('../fixtures/shifted-clock.mjs', import.meta.url));
const DAY = 24 * 3_600_000;
const YEARS = 3650 * DAY;
/** Of cap and of max idle. */
const LIMIT_SECONDS = 6;
const TALKS = 'while :; do echo word; sleep 0.2; done';
/** Seconds since the epoch. */
const TIMES = [0, 4_102_444_800];

function shifted(ms: number, afterMs = 0): NodeJS.ProcessEnv {
  return { NODE_OPTIONS: `--import=${SHIFTED_CLOCK}`, SHIFT_WALL_MS: String(ms), SHIFT_AFTER_MS: String(afterMs) };
}

test.each([
  { manager: 'a day ahead', ahead: DAY, commands: 'a day back', back: -DAY },
  { manager: 'ten years back', ahead: -YEARS, commands: 'ten years ahead', back: YEARS },
])(
  'the manager’s clock is set $manager while it lives, the commands’ $commands, and files are of 1970 and 2100',
  async ({ ahead, back }) => {
    const bench = await FaultBench.open();
    const limitMs = LIMIT_SECONDS * 1000;
    const agents = {
      idles: await bench.launchHere('idles', 'exec sleep 1000', { maxIdleMs: limitMs }),
      talks: await bench.launchHere('talks', TALKS, { maxIdleMs: limitMs }),
      capped: await bench.launchHere('capped', TALKS, { maxRuntimeMs: limitMs }),
      extended: await bench.launchHere('extended', TALKS, { maxRuntimeMs: 120_000 }),
      finished: await bench.launchHere('finished', `${TALKS.replace('while :', 'until [ -e over ]')}; exit 3`),
    };
    const run = (...words: string[]) => bench.runWith({ env: shifted(back) }, ...words);
    // It would keep the cap 30 s late: whoever ends now is ended by the manager.
    process.kill(agents.capped.started.watchdog.pid, 'SIGSTOP');
    const manager = bench.start(['manager', 'run'], { stdio: 'ignore', env: shifted(ahead, limitMs / 2) });
    onTestFinished(() => void manager.kill('SIGKILL'));
    const files = setTimes(bench, Object.values(agents));

    expect(await run('extend', 'extended', '1h')).toMatchObject({ code: 0 });
    expect(await run('sweep')).toMatchObject({ code: 0, stderr: '' });
    await waitFor(
      'the two ends',
      async () => {
        const ended = (await bench.ps()).filter(({ archived }) => archived).map(({ name }) => name);
        return ended.includes('idles') && ended.includes('capped');
      },
      240_000,
    );
    for (const name of ['idles', 'capped'] as const) {
      const { directory } = await bench.agent(name);
      const { uptimeSeconds } = bench.record({ directory }, 'exit.json') as { uptimeSeconds: number };
      const ranSeconds = uptimeSeconds - agents[name].started.uptimeSeconds;
      expect(ranSeconds, name).toBeGreaterThanOrEqual(LIMIT_SECONDS);
    }
    const { stdout } = await run('ps', '--json');
    const { agents: live } = JSON.parse(stdout) as { agents: { name: string; phase: string }[] };
    for (const name of ['talks', 'extended', 'finished', 'neighbour'])
      expect(live.find((agent) => agent.name === name)?.phase, name).toBe('running');

    const waiting = run('wait', 'finished', '--timeout', '60s');
    bench.file('over', '');
    expect((await waiting).code).toBe(3);
    expect((await run('done', 'talks')).code).toBe(0);
    expect((await run('stop', 'extended')).code).toBe(0);
    await files.end();
    expect(manager.exitCode).toBeNull();
    await bench.checks({
      idles: { result: 'idled-out', exitCode: 143 },
      talks: { result: 'succeeded', exitCode: 0 },
      capped: { result: 'timed-out', exitCode: 143 },
      extended: { result: 'stopped', exitCode: 143 },
      finished: { result: 'failed', exitCode: 3 },
    });
  },
);

/** Again and again, until it is told to end: heartbeats, logs and reports, the bell, and whatever locks there are. */
function setTimes(bench: FaultBench, agents: readonly FaultAgent[]): { end: () => Promise<void> } {
  let over = false;
  const done = (async () => {
    for (let turn = 0; !over; turn++) {
      const time = TIMES[turn % TIMES.length] ?? 0;
      const locks = readdirSync(join(bench.state, 'agents')).filter((entry) => entry.startsWith('.lock.'));
      const paths = [
        join(bench.state, 'bell'),
        ...locks.map((entry) => join(bench.state, 'agents', entry)),
        ...agents.flatMap(({ directory }) =>
          ['heartbeat', 'output.log', 'reports'].map((file) => join(directory, file)),
        ),
      ];
      for (const path of paths) {
        try {
          utimesSync(path, time, time);
        } catch {
          // Archived, or let go of.
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  })();
  const end = (): Promise<void> => {
    over = true;
    return done;
  };
  onTestFinished(end);
  return { end };
}
