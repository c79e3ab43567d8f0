// npm run bench:fleet [-- 100,1000] [--record]: what a fleet of live agents costs that do nothing: the manager, a sweep, the
// wrappers; and how soon `wait` comes back from the end of one among them. Exit code 1 where a goal is missed. --record puts
// the table into bench/RESULTS.md.
import { spawnSync, spawn as startProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Ground, pause } from './ground.ts';
import { type Figure, median, tell } from './results.ts';

const { positionals, values: flags } = parseArgs({
  allowPositionals: true,
  options: { record: { type: 'boolean', default: false } },
});
const counts = (positionals[0] ?? '100,1000').split(',').map(Number);
const FULL = 1000;
const GOALS = { managerMs: 60, managerMB: 70, wrapperKB: 350, sweepMs: 150, waitMs: 15 };
const FOREVER = { maxRuntimeMs: null, maxIdleMs: null };
/** The manager has looked at all of them, has measured them, and sleeps. */
const SETTLE_MS = 45_000;
const WATCHED_MS = 120_000;
const ENDS = 25;
const SWEEPS = 9;

const ground = await Ground.open();
const figures: Figure[] = [];
const problems: string[] = [];
let live = 0;
try {
  process.env.AGENTCTL_STATE_DIR = ground.state.path;
  for (const count of counts) {
    await ground.fill(live, count);
    live = count;
    await pause(SETTLE_MS);
    await measured(count);
  }
} catch (error) {
  problems.push(`given up: ${error instanceof Error ? error.message : error}`);
} finally {
  await ground.close();
}
const method = `Agents are \`sleep\`, without cap and max idle. The manager: user and system time of ${WATCHED_MS / 1000} s, by the minute, samples of every agent included, and its resident memory. Memory of an agent: private pages of wrapper and watchdog (smaps_rollup), the watchdog's sleep too. A sweep: wall time of the command, median of ${SWEEPS}, beside \`node -e 0\` by turns. \`wait\`: from the time of exit.json to the end of the waiting process, median of ${ENDS}; and whether the first \`ps\` after it was true. Again: \`npm run bench:fleet -- --record\`.`;
tell({ title: 'What a fleet costs', method, figures, problems }, flags.record ? 'fleet' : undefined);

async function measured(count: number): Promise<void> {
  const say = (what: string, value: number, unit: string, goal?: number): void => {
    const isGoal = goal !== undefined && count === FULL;
    figures.push({
      what: `${what}, ${count} agents`,
      measured: `${value.toFixed(value < 10 ? 1 : 0)} ${unit}`,
      ...(isGoal && { goal: `≤ ${goal} ${unit}` }),
    });
    if (isGoal && !(value <= goal)) problems.push(`${what}: ${value.toFixed(1)} ${unit} in place of ${goal}`);
  };
  const pid = ground.managerPid();
  const before = usageOf(pid);
  await pause(WATCHED_MS);
  const after = usageOf(pid);
  say('manager, CPU a minute', ((after.cpuMs - before.cpuMs) * 60_000) / WATCHED_MS, 'ms', GOALS.managerMs);
  say('manager, memory', after.bytes / 1e6, 'MB', GOALS.managerMB);
  say('wrapper and watchdog, private memory of an agent', privateKB(), 'kB', GOALS.wrapperKB);

  const taken = Array.from(
    { length: SWEEPS },
    () => [timed(['-e', '0']), timed([resolve('bin/agentctl'), 'sweep'])] as const,
  );
  const node = median(taken.map(([own]) => own));
  const sweep = median(taken.map(([, own]) => own));
  say('sweep', sweep, 'ms', GOALS.sweepMs);
  say('`node -e 0` beside it', node, 'ms');

  const late: number[] = [];
  for (let at = 0; at < ENDS; at++) late.push(await lateness(`ends-${count}-${at}`));
  say('end to `wait` returning', median(late), 'ms', GOALS.waitMs);
}

/** From the end of one agent to the end of who waits for it. */
async function lateness(name: string): Promise<number> {
  const { directory } = await ground.library.spawn(ground.state, {
    name,
    command: ['sh', '-c', 'read line'],
    limits: { ...FOREVER, graceMs: 60_000 },
  });
  const waiting = startProcess(process.execPath, [resolve('bin/agentctl'), 'wait', name], { stdio: 'ignore' });
  await pause(1000); // it waits by now
  spawnSync(process.execPath, [resolve('bin/agentctl'), 'send', name, 'go on']);
  await once(waiting, 'exit');
  const ended = Date.now();
  const published = statSync(join(directory, 'exit.json')).ctimeMs;
  const shown = spawnSync(process.execPath, [resolve('bin/agentctl'), 'ps', '-a', '-q', '--filter', 'phase=ended'], {
    encoding: 'utf8',
  }).stdout.split('\n');
  if (!shown.includes(name)) problems.push(`the first ps after the end of ${name} did not show it`);
  return ended - published;
}

/** Of the mean agent: every process whose directory is the agent's, but those of its log. */
function privateKB(): number {
  const own = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
        return [{ pid: entry, parent: stat.slice(stat.lastIndexOf(')') + 4).split(' ')[0] ?? '', command }];
      } catch {
        return [];
      }
    });
  const wrappers = own.filter(({ command }) => command.includes('agent-wrapper agents/agent-'));
  const halves = new Set(wrappers.map(({ pid }) => pid));
  const naps = own.filter(({ parent, command }) => halves.has(parent) && command.startsWith('sleep 5'));
  const kB = [...wrappers, ...naps].reduce((sum, { pid }) => sum + privateOf(pid), 0);
  return kB / live;
}

function privateOf(pid: string): number {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return [...text.matchAll(/^Private_\w+: +(\d+)/gm)].reduce((sum, [, kB]) => sum + Number(kB), 0);
  } catch {
    return 0;
  }
}

function usageOf(pid: number): { cpuMs: number; bytes: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // Ticks of 10 ms, and pages of 4 KiB.
  return { cpuMs: (Number(fields[11]) + Number(fields[12])) * 10, bytes: Number(fields[21]) * 4096 };
}

function timed(args: readonly string[]): number {
  const begun = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  return performance.now() - begun;
}
