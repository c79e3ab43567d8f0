// npm run soak [-- [AGENTS] [--seconds N] [--record]]: short agents, by default 10,000, one after the other through one
// manager, a part of them capped, stopped, deaf, or leaving a child. --seconds takes as many as fit into that time. Exit code
// 1 and a line for each thing that was wrong; how long anything took is never wrong. --record puts the table into
// bench/RESULTS.md.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Agent } from '../src/index.ts';
import { Ground, until } from './ground.ts';
import { type Kind, kindOf, plain, UNUSUAL } from './kinds.ts';
import { type Figure, megabytes, seconds, tell } from './results.ts';
import { median, type Usage, usageOf } from './usage.ts';

const { positionals, values: flags } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string' }, record: { type: 'boolean', default: false } },
});
const PARALLEL = 16;
/** What the last agents and the checks take of the time that was given. */
const LAST_MS = 10_000;
const givenMs = flags.seconds === undefined ? undefined : Number(flags.seconds) * 1000;
const agents = Number(positionals[0] ?? (givenMs === undefined ? 10_000 : Number.POSITIVE_INFINITY));
const spawnUntil = performance.now() + Math.max(5000, (givenMs ?? Number.POSITIVE_INFINITY) - LAST_MS);
/** An agent that has not ended by then, or was not torn down, never will. */
const PATIENCE_MS = 120_000;
/**
 * How much more memory the manager may take in the last quarter than in the first, both by their median: Node's heap
 * breathes by tens of megabytes, a leak of 3 kB an agent is seen in 10,000. In a minute it is still warming up.
 */
const MOST_GROWTH_BYTES = givenMs === undefined ? 30_000_000 : 60_000_000;
/** Pools of threads and sockets may be opened once; something for each agent may not. */
const MOST_DESCRIPTORS = 5;

const problems: string[] = [];
const figures: Figure[] = [];
const expected = new Map<string, Kind>();
const ground = await Ground.open();
try {
  await measure();
} catch (error) {
  problems.push(`given up: ${error instanceof Error ? error.message : error}`);
} finally {
  await ground.close();
}
const method = `${expected.size} agents through one manager, ${PARALLEL} at a time by the library, each until it is torn down (grace 0); three of four exit at once with a code that is known, the others are ${UNUSUAL.map(({ what }) => what).join(', ')}. The manager's memory is read every second: the median of the last quarter against that of the first. Again: \`npm run soak -- ${flags.seconds === undefined ? agents : `--seconds ${flags.seconds}`} --record\`.`;
tell({ title: `Soak: ${expected.size} short agents`, method, figures, problems }, flags.record ? 'soak' : undefined);

async function measure(): Promise<void> {
  const { library, state } = ground;
  // One that stays, so that the tmux server does; and one before all others, so that all is there that is made once.
  const anchor = await library.spawn(state, {
    name: 'anchor',
    command: ['sh', '-c', 'while :; do sleep 100000; done'],
  });
  await live('first', plain(0));
  const manager = ground.managerPid();
  const server = Number(
    spawnSync('tmux', ['-S', join(state.path, 'tmux.sock'), 'display-message', '-p', '#{pid}'], { encoding: 'utf8' })
      .stdout,
  );
  const before = { manager: usageOf(manager), server: usageOf(server), processes: ground.processes() };

  const memory: number[] = [];
  const meter = setInterval(() => memory.push(usageOf(manager)?.rssBytes ?? 0), 1000);
  const begun = performance.now();
  await ground.atOnce(PARALLEL, upTo(agents), (index) => live(`a${index}`, kindOf(index)));
  const livedMs = performance.now() - begun;
  clearInterval(meter);
  const after = { manager: usageOf(manager), server: usageOf(server) };
  if (ground.managerPid() !== manager || after.manager === undefined)
    problems.push('the manager has ended, or was replaced');
  if (after.server === undefined) problems.push('the tmux server has ended');
  const first = median(memory.slice(0, Math.ceil(memory.length / 4)));
  const last = median(memory.slice(-Math.ceil(memory.length / 4)));
  if (last - first > MOST_GROWTH_BYTES)
    problems.push(`the manager took ${megabytes(first)} in the first quarter and ${megabytes(last)} in the last`);
  const isGrowing = (what: 'manager' | 'server'): boolean =>
    (after[what]?.descriptors ?? 0) > (before[what]?.descriptors ?? 0) + MOST_DESCRIPTORS;
  for (const what of ['manager', 'server'] as const)
    if (isGrowing(what)) problems.push(`the ${what} has ${descriptors(before[what], after[what])} descriptors`);

  const kept = codesKept(library.list(state, { all: true }));
  const sessions = spawnSync('tmux', ['-S', join(state.path, 'tmux.sock'), 'list-sessions', '-F', '#{session_name}'], {
    encoding: 'utf8',
  }).stdout.trim();
  if (sessions !== 'anchor')
    problems.push(
      `sessions are left: ${sessions
        .split('\n')
        .filter((name) => name !== 'anchor')
        .join(', ')}`,
    );
  const isNew = ({ pid }: { pid: number }): boolean => !before.processes.some((one) => one.pid === pid);
  // The anchor's watchdog starts another sleep at each beat.
  const left = () => ground.processes().filter((one) => isNew(one) && !one.cwd.endsWith('/agents/anchor'));
  await until(() => left().length === 0, 10_000);
  for (const { pid, what } of left()) problems.push(`left behind: ${what} (${pid})`);
  const groups = ground.controlGroups().filter((group) => !group.endsWith(anchor.runId ?? ''));
  for (const group of groups) problems.push(`left behind: the control group ${group}`);

  const cpuSeconds = (after.manager?.cpuSeconds ?? 0) - (before.manager?.cpuSeconds ?? 0);
  figures.push(
    { what: 'exit codes and results kept', goal: String(expected.size), measured: String(kept) },
    { what: 'archived', goal: String(expected.size), measured: String(ground.entries('archive').length) },
    { what: 'left behind (processes, control groups)', goal: '0', measured: String(left().length + groups.length) },
    { what: 'manager, RSS, first quarter', measured: megabytes(first) },
    {
      what: 'manager, RSS, last quarter',
      goal: `at most ${megabytes(MOST_GROWTH_BYTES)} more`,
      measured: megabytes(last),
    },
    { what: 'manager, RSS at most', measured: megabytes(Math.max(...memory)) },
    { what: 'manager, descriptors', goal: 'as before', measured: descriptors(before.manager, after.manager) },
    { what: 'tmux server, descriptors', goal: 'as before', measured: descriptors(before.server, after.server) },
    {
      what: 'tmux server, RSS',
      measured: `${megabytes(before.server?.rssBytes ?? 0)}, then ${megabytes(after.server?.rssBytes ?? 0)}`,
    },
    { what: 'agents a minute, from start to teardown', measured: (expected.size / (livedMs / 60_000)).toFixed(0) },
    { what: 'from the first start to the last teardown', measured: seconds(livedMs) },
    { what: 'manager, CPU, an agent', measured: `${((cpuSeconds * 1000) / expected.size).toFixed(0)} ms` },
    ...(await costOfArchive(expected.size)),
  );
}

/**
 * One agent, from its start until it is torn down: whoever kept starting others meanwhile would measure how many can
 * wait for the manager, and how long.
 */
async function live(name: string, kind: Kind): Promise<void> {
  await liveToItsEnd(name, kind);
  const isTorn = () => !existsSync(join(ground.state.path, 'agents', name));
  if (!(await until(isTorn, PATIENCE_MS))) problems.push(`${name} (${kind.what}) was not torn down`);
}

/** Starts one, does to it what is due, and compares what became of it. */
async function liveToItsEnd(name: string, kind: Kind): Promise<void> {
  const { library, state } = ground;
  expected.set(name, kind);
  try {
    const limits = { graceMs: 0, ...kind.limits };
    const agent = await library.spawn(state, { name, command: ['sh', '-c', kind.script], limits });
    if (kind.stopped !== undefined) {
      // Not before its traps are set.
      const log = join(agent.directory, 'output.log');
      await until(() => (statSync(log, { throwIfNoEntry: false })?.size ?? 0) > 0, PATIENCE_MS, 20);
      const [stopped] = await library.stop(state, [agent], { by: 'the soak', killAfterMs: kind.stopped });
      return told(name, kind, stopped);
    }
    for await (const ended of library.wait(state, [agent], { timeoutMs: PATIENCE_MS }))
      return told(name, kind, 'removed' in ended ? undefined : ended);
    problems.push(`${name} (${kind.what}) has not ended after ${seconds(PATIENCE_MS)}`);
  } catch (error) {
    problems.push(`${name} (${kind.what}): ${error instanceof Error ? error.message : error}`);
  }
}

function told(name: string, kind: Kind, agent: Agent | undefined): void {
  if (agent?.exitCode === kind.code && agent.result === kind.result) return;
  problems.push(
    `${name} (${kind.what}) was told to be ${agent?.phase} ${agent?.result} ${agent?.exitCode}, not ${kind.result} ${kind.code}`,
  );
}

function codesKept(listed: readonly Agent[]): number {
  const found = new Map(listed.map((agent) => [agent.name, agent]));
  let kept = 0;
  for (const [name, kind] of expected) {
    const agent = found.get(name);
    const isKept = agent?.archived && agent.exitCode === kind.code && agent.result === kind.result;
    if (isKept) kept++;
    else
      problems.push(
        `${name} (${kind.what}) is ${agent?.phase} ${agent?.result} ${agent?.exitCode}, not ${kind.result} ${kind.code}`,
      );
  }
  return kept;
}

/** What so many archived agents take, and what the commands cost beside them. */
async function costOfArchive(count: number): Promise<Figure[]> {
  const { library, state } = ground;
  const kilobytes = Number(
    spawnSync('du', ['-sk', join(state.path, 'archive')], { encoding: 'utf8' }).stdout.split('\t')[0],
  );
  const ps = await timeOf(() => ground.agentctl('ps'));
  const psAll = await timeOf(() => ground.agentctl('ps', '-a'));
  const look = await timeOf(async () => {
    for await (const _line of library.sweep(state, { dryRun: true }));
  });
  const among = `with ${count} archived`;
  return [
    { what: 'the archive', measured: `${megabytes(kilobytes * 1024)}, ${(kilobytes / count).toFixed(0)} kB an agent` },
    { what: `\`ps\` ${among}`, measured: `${ps} ms` },
    { what: `\`ps -a\` ${among}`, measured: `${psAll} ms` },
    { what: `a look as the manager does it (\`sweep --dry-run\`, in process) ${among}`, measured: `${look} ms` },
  ];
}

/** In milliseconds: the median of three. */
async function timeOf(work: () => Promise<unknown>): Promise<string> {
  const times: number[] = [];
  for (let turn = 0; turn < 3; turn++) {
    const begun = performance.now();
    await work();
    times.push(performance.now() - begun);
  }
  return median(times).toFixed(0);
}

function* upTo(count: number): Generator<number> {
  for (let index = 1; index <= count && performance.now() < spawnUntil; index++) yield index;
}

function descriptors(before: Usage | undefined, after: Usage | undefined): string {
  return `${before?.descriptors ?? 0}, then ${after?.descriptors ?? 0}`;
}
