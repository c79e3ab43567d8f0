// npm run bench:top [-- [AGENTS] [--seconds N] [--record]]: what a person costs who looks at agents with `agentctl top`, by default
// 30 of them, each of which prints a line every few seconds. Exit code 1 where it used 3 % of a core. --record puts the table
// into bench/RESULTS.md.
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Ground, until } from './ground.ts';
import { megabytes, tell } from './results.ts';
import { type Usage, usageOf } from './usage.ts';

const { positionals, values: flags } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '120' }, record: { type: 'boolean', default: false } },
});
const agents = Number(positionals[0] ?? 30);
const seconds = Number(flags.seconds);
const MOST_PERCENT = 3;
const PARALLEL = 4;
/** It has started, and has drawn its first screens. */
const SETTLE_MS = 10_000;

const ground = await Ground.open();
const socket = join(ground.dir, 'outer.sock');
const problems: string[] = [];
let percent = 0;
let used: Usage | undefined;
let manager = 0;
try {
  const names = Array.from({ length: agents }, (_, index) => `agent-${index}`);
  await ground.atOnce(PARALLEL, names, async (name) => {
    const script = `while :; do echo "$((n += 1)) of ${name}"; sleep ${3 + (name.length % 5)}; done`;
    await ground.library.spawn(ground.state, { name, command: ['sh', '-c', script] });
  });
  tmux('-f', '/dev/null', 'new-session', '-d', '-x', '120', '-y', '40', ...topCommand());
  const top = Number(tmux('display-message', '-p', '#{pane_pid}'));
  const shown = await until(() => /^> agent-\d/m.test(tmux('capture-pane', '-p')), 30_000);
  if (!shown) problems.push(`top shows no agents: ${tmux('capture-pane', '-p')}`);
  await new Promise((done) => setTimeout(done, SETTLE_MS));
  const [before, managerBefore] = [usageOf(top), usageOf(ground.managerPid())];
  const begun = performance.now();
  await new Promise((done) => setTimeout(done, seconds * 1000));
  used = usageOf(top);
  const passed = (performance.now() - begun) / 1000;
  percent = (100 * ((used?.cpuSeconds ?? Number.NaN) - (before?.cpuSeconds ?? 0))) / passed;
  manager = (100 * ((usageOf(ground.managerPid())?.cpuSeconds ?? 0) - (managerBefore?.cpuSeconds ?? 0))) / passed;
  if (!(percent < MOST_PERCENT)) problems.push(`top used ${percent.toFixed(2)} % of a core`);
} catch (error) {
  problems.push(`given up: ${error instanceof Error ? error.message : error}`);
} finally {
  spawnSync('tmux', ['-S', socket, 'kill-server']);
  await ground.close();
}
const method = `${agents} agents that each print a line every 3 to 7 s, under a manager; \`agentctl top\` in a tmux pane of 120 by 40 for ${seconds} s. utime + stime of /proc, after ${SETTLE_MS / 1000} s. Again: \`npm run bench:top -- ${agents} --record\`.`;
const figures = [
  { what: 'top, CPU', goal: `under ${MOST_PERCENT} % of a core`, measured: `${percent.toFixed(2)} %` },
  { what: 'top, RSS / PSS', measured: `${megabytes(used?.rssBytes ?? 0)} / ${megabytes(used?.pssBytes ?? 0)}` },
  { what: 'manager, CPU meanwhile, samples every 15 s included', measured: `${manager.toFixed(2)} %` },
];
tell({ title: `Top: ${agents} agents`, method, figures, problems }, flags.record ? 'top' : undefined);

function topCommand(): string[] {
  return [process.execPath, resolve('bin/agentctl'), '--state-dir', ground.state.path, 'top'];
}

function tmux(...args: string[]): string {
  return spawnSync('tmux', ['-S', socket, ...args], { encoding: 'utf8' }).stdout.trimEnd();
}
