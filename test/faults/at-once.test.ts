// Scenario 8: two managers, sweeps, stops, extensions and natural ends at once: one verdict each, and one TERM.
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Agent, BusyError, extend, spawn, stop } from '../../src/index.ts';
import { replaceCap } from '../../src/store/limits-file.ts';
import { ringBell } from '../../src/store/state-dir.ts';
import { uptimeMs } from '../../src/system/clock.ts';
import { identityOf, livenessOf } from '../../src/system/processes.ts';
import { type FaultAgent, FaultBench, type Truth } from '../fixtures/fault-bench.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';

/** By default for a gate that runs every day; AGENTCTL_FULL=1 for the real proof. */
const AGENTS = process.env.AGENTCTL_FULL === '1' ? 50 : 16;
/** From when all run to the time at which all of their caps are, to the second. */
const DUE_MS = 3000;
/** So far from its cap, before or after it, an agent is stopped, extended, or ends by itself. */
const SPREAD_MS = 500;

/** Notes each TERM, and ends only when it would have heard a second one too; by itself with 0 when a file says so. */
const COUNTING = `#!/usr/bin/perl
use strict; my ($log, $ends) = @ARGV; my ($stop, $end);
sub up { open(my $f, '<', '/proc/uptime') or die; return (split ' ', <$f>)[0] }
$SIG{TERM} = sub { open(my $f, '>>', $log) or die; print $f up(), "\\n"; $stop //= up() + 0.5 };
open(my $ready, '>', "$log.ready") or die; print $ready "ready\\n"; close $ready;
while (1) {
  if (!defined $end && open(my $f, '<', $ends)) {
    for (<$f>) { $end = $1 if /^$ENV{AGENTCTL_NAME} (\\S+)/ }
    $end //= 1e9;
  }
  exit 4 if defined $stop && up() >= $stop;
  exit 0 if defined $end && up() >= $end;
  select(undef, undef, undef, 0.03);
}
`;

interface Verdict {
  cause: string;
  steps: { step: string; at: string; uptimeSeconds: number }[];
}

test('a second manager is refused while the first lives', async () => {
  const bench = new Workbench().withManager();
  await bench.ok('spawn', '-n', 'a', '--', 'sleep', '1000');
  const first = bench.manager();
  const { code, stderr } = await bench.run('manager', 'run');
  expect({ code, stderr }).toMatchObject({ code: 75, stderr: expect.stringContaining(`pid ${first.pid}`) });
  expect(bench.manager()).toEqual(first);
  expect(livenessOf(first)).toBe('alive');
});

test('a verdict is there before the time of its TERM, and TERM comes after it', async () => {
  const bench = new Workbench();
  const program = bench.file('worker', COUNTING, 0o755);
  await bench.ok('spawn', '-n', 'a', '--', program, join(bench.dir, 'a'), join(bench.dir, 'end'));
  await bench.written('a.ready');
  const agent = await bench.agent('a');
  // It ends half a second after its TERM: what is added to the verdict then makes it another file.
  const stopped = bench.ok('stop', 'a', '--kill-after', '60s');
  await bench.written('a');
  const { ctimeMs } = statSync(join(agent.directory, 'verdict.json'));
  const { steps } = bench.record(agent, 'verdict.json') as unknown as Verdict;
  await stopped;
  expect(steps).toMatchObject([{ step: 'term' }]);
  expect(ctimeMs).toBeLessThan(Date.parse(steps[0]?.at ?? ''));
  expect(Number(await bench.written('a'))).toBeGreaterThanOrEqual(steps[0]?.uptimeSeconds ?? Number.NaN);
});

test(`two managers, sweeps, stops, extensions and natural ends at once give one verdict and one TERM, ${AGENTS} times`, async () => {
  const bench = await FaultBench.open({ manager: true, sampleEveryMs: 100 });
  const program = bench.worker('counting', COUNTING);
  const runs = Array.from({ length: AGENTS }, (_, at) => {
    const offsetMs = Math.round((((at * 37) % AGENTS) / AGENTS - 0.5) * 2 * SPREAD_MS);
    return { name: `a${at}`, offsetMs, deed: DEEDS[at % DEEDS.length] as Deed };
  });
  const limits = { graceMs: 0, maxRuntimeMs: 3_600_000, killAfterMs: 60_000 };
  const agents = await inTurns(5, runs, async ({ name }) => {
    const command = [program, join(bench.dir, name), join(bench.dir, 'end')];
    const agent = (await spawn(stateOf(bench), { name, command, limits, cwd: bench.dir })) as Agent & { runId: string };
    return { ...bench.know(agent), name };
  });
  await waitFor('all to be ready', () => runs.every(({ name }) => existsSync(join(bench.dir, `${name}.ready`))));
  const second = await anotherManager(bench);
  const due = uptimeMs() + DUE_MS;
  // By now all of them run, however long that took.
  for (const { directory, started } of agents)
    replaceCap(directory, Math.round((due - started.uptimeSeconds * 1000) / 1000) * 1000);
  ringBell(bench.state);
  const ends = runs
    .filter(({ deed }) => deed === 'end')
    .map(({ name, offsetMs }) => `${name} ${(due + offsetMs) / 1000}`);
  bench.file('end', `${ends.join('\n')}\n`);
  const first = bench.manager();
  const sweeping = Promise.all([bench.ok('sweep'), bench.ok('sweep')]);
  const acting = runs.map(async ({ deed, offsetMs }, at) => {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due + offsetMs - uptimeMs())));
    const agent = agents[at] as FaultAgent;
    // What comes too late is refused, or tears down.
    if (deed === 'extend') await extend(stateOf(bench), agent, { byMs: 1000, by: 'a test' }).catch(() => {});
    if (deed === 'stop') await stop(stateOf(bench), [agent], { by: 'a test' }).catch(unlessBusy);
  });
  await Promise.all(acting);
  await sweeping;
  // To end and to tear down so many takes a loaded machine its time.
  await waitFor('all to be torn down', () => !agents.some(({ directory }) => existsSync(directory)), 150_000);
  expect([first, second].map(livenessOf)).toEqual(['alive', 'alive']);

  await bench.checks(Object.fromEntries(runs.map(({ name, deed }) => [name, TRUTHS[deed]])));
  const ended = await bench.ps();
  const problems = agents.flatMap(({ runId, name }) => {
    const agent = ended.find((one) => one.runId === runId);
    const { cause, steps } = bench.record({ directory: agent?.directory ?? '' }, 'verdict.json') as unknown as Verdict;
    const terms = steps.filter(({ step }) => step === 'term');
    const times = heard(bench, name);
    const late = times.length > 0 && terms.length > 0 && (times[0] as number) < (terms[0]?.uptimeSeconds ?? 0);
    return times.length > 1 || terms.length > 1 || (times.length === 1 && terms.length === 0) || late
      ? [`${name} heard TERM at ${times}: ${cause}, ${JSON.stringify(steps)}`]
      : [];
  });
  expect(problems).toEqual([]);
  if (process.env.FIGURES) console.log(tally(ended.map(({ name, result }) => `${result} ${deedOf(runs, name)}`)));
});

/** So many want its lock that a loaded machine may keep one of them waiting for longer than it waits. */
function unlessBusy(error: unknown): void {
  if (!(error instanceof BusyError)) throw error;
}

const DEEDS = ['stop', 'extend', 'end', 'nothing'] as const;
type Deed = (typeof DEEDS)[number];

const TRUTHS: Readonly<Record<Deed, Truth>> = {
  stop: { result: ['stopped', 'timed-out'], exitCode: 4 },
  extend: { result: 'timed-out', exitCode: 4 },
  end: { result: ['succeeded', 'timed-out'] },
  nothing: { result: 'timed-out', exitCode: 4 },
};

function stateOf(bench: Workbench): { path: string; reason: string } {
  return { path: bench.state, reason: 'of a test' };
}

function deedOf(runs: readonly { name: string; deed: Deed }[], name: string): string {
  return runs.find((run) => run.name === name)?.deed ?? 'neighbour';
}

function tally(words: readonly string[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const word of words) sums[word] = (sums[word] ?? 0) + 1;
  return sums;
}

async function inTurns<A, B>(atOnce: number, items: readonly A[], act: (item: A) => Promise<B>): Promise<B[]> {
  const results: B[] = [];
  const left = items.entries();
  const turn = async (): Promise<void> => {
    for (const [at, item] of left) results[at] = await act(item);
  };
  await Promise.all(Array.from({ length: atOnce }, turn));
  return results;
}

/** It has the same agents by another path, and so takes itself for the only one. */
async function anotherManager(bench: FaultBench): Promise<{ pid: number; startTime: string }> {
  const alias = join(bench.dir, 'alias');
  mkdirSync(alias, { mode: 0o700 });
  for (const entry of ['agents', 'archive', 'bell', 'events.ndjson', 'tmux.sock'])
    symlinkSync(join(bench.state, entry), join(alias, entry));
  const { pid = 0 } = bench.start(['--state-dir', alias, 'manager', 'run'], { stdio: 'ignore' });
  bench.bystanders.add('the other manager', pid);
  const log = join(alias, 'manager.log');
  await waitFor('the other manager', () => existsSync(log) && readFileSync(log, 'utf8').includes('"began"'));
  return identityOf(pid) ?? { pid, startTime: 'none' };
}

/** The uptimes at which it heard TERM. */
function heard(bench: Workbench, name: string): number[] {
  const log = join(bench.dir, name);
  return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').map(Number) : [];
}
