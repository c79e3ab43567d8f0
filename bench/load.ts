// npm run bench:load [-- [AGENTS] [--record]]: agents, by default 1,000, that run side by side under one manager and then
// all end at once. Prints the figures; exit code 1 and a line for each thing that was wrong. --record puts the table into
// bench/RESULTS.md.
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Agent } from '../src/index.ts';
import { Ground, until } from './ground.ts';
import { type Figure, megabytes, seconds, tell } from './results.ts';
import { type Usage, usageOf } from './usage.ts';
import { Witness } from './witness.ts';

const { positionals, values: flags } = parseArgs({
  allowPositionals: true,
  options: { record: { type: 'boolean', default: false } },
});
const agents = Number(positionals[0] ?? 1000);
const PARALLEL = 8;
const SAMPLE_MS = 250;
const GRACE_MS = 2000;
const CODES = [0, 1, 7, 99, 127, 137, 255];
const LINES = 100;
/** When nobody more has come to the gate, or was torn down, for so long, nobody will. */
const PATIENCE_MS = 120_000;

const SCRIPT = `# NAME CODE GATE
echo "$1 waits"
read -r _ <"$3"
i=0
while [ "$i" -lt ${LINES} ]; do i=$((i + 1)); echo "$1 $i of ${LINES}: the quick brown fox jumps over the lazy dog"; done
exit "$2"
`;

interface Planned {
  name: string;
  code: number;
  log: string;
}

const problems: string[] = [];
const figures: Figure[] = [];
const ground = await Ground.open();
try {
  await measure();
} catch (error) {
  problems.push(`given up: ${error instanceof Error ? error.message : error}`);
} finally {
  await ground.close();
}
const method = `${agents} agents, started by the library ${PARALLEL} at a time, each in tmux and at a gate; when all run, the gate opens, and each prints ${LINES} lines and exits with a code that is known. Grace ${GRACE_MS / 1000} s. \`ps -a\` is compared with the process table every ${SAMPLE_MS} ms meanwhile, by a process that uses the same processors. Again: \`npm run bench:load -- ${agents} --record\`.`;
tell({ title: `Load: ${agents} agents at once`, method, figures, problems }, flags.record ? 'load' : undefined);

async function measure(): Promise<void> {
  const { library, state } = ground;
  const script = join(ground.dir, 'agent.sh');
  const gate = join(ground.dir, 'gate');
  writeFileSync(script, SCRIPT);
  spawnSync('mkfifo', [gate]);
  const planned = Array.from({ length: agents }, (_, index) => plan(`a${index}`, CODES[index % CODES.length] ?? 0));
  const witness = new Witness(ground, SAMPLE_MS);

  const runs = new Map<string, string>();
  const begun = performance.now();
  await ground.atOnce(PARALLEL, planned, async ({ name, code }) => {
    try {
      const command = ['sh', script, name, String(code), gate];
      const { runId } = await library.spawn(state, { name, command, limits: { graceMs: GRACE_MS } });
      runs.set(name, runId ?? '');
    } catch (error) {
      problems.push(`${name} could not be started: ${error instanceof Error ? error.message : error}`);
    }
  });
  const startedMs = performance.now() - begun;
  const isAtGate = ({ name }: Planned): boolean => sizeOf(join(state.path, 'agents', name, 'output.log')) > 0;
  const started = planned.filter(({ name }) => runs.has(name));
  await untilNoneIsLeft(() => started.filter((agent) => !isAtGate(agent)));
  const live = library.list(state, { filter: ['phase=running'] }).length;
  if (live !== agents) problems.push(`${live} of ${agents} run at the same time`);

  const manager = ground.managerPid();
  const server = serverPid(started[0]?.name ?? '');
  const [managerBefore, serverBefore] = [usageOf(manager), usageOf(server)];
  // One line for each; kept open until all have ended, as each opens the gate for itself.
  const opened = Date.now();
  const writer = openSync(gate, 'w');
  writeSync(writer, '\n'.repeat(agents));
  let managerAfter: Usage | undefined;
  let mostBytes = 0;
  const notTorn = await untilNoneIsLeft(() => {
    managerAfter = usageOf(manager) ?? managerAfter;
    mostBytes = Math.max(mostBytes, managerAfter?.rssBytes ?? 0);
    return ground.entries('agents');
  });
  closeSync(writer);
  if (notTorn.length > 0) problems.push(`not torn down: ${some(notTorn)}`);
  const { lies, samples } = await witness.end();
  for (const lie of lies) problems.push(`ps: ${lie}`);
  if (samples === 0) problems.push('ps was never asked');

  const ended = library.list(state, { all: true });
  const { codes, logs, lastEndMs } = await compare(planned, ended);
  const nothing = await nothingIsLeft(new Set(runs.values()), server);
  if (usageOf(manager) === undefined) problems.push('the manager has ended');

  const torn = textOf(join(state.path, 'events.ndjson'))
    .split('\n')
    .filter((line) => line.includes('"torn-down"'))
    .map((line) => Date.parse((JSON.parse(line) as { at: string }).at));
  figures.push(
    { what: 'live at the same time', goal: String(agents), measured: String(live) },
    { what: 'starts a second', measured: (runs.size / (startedMs / 1000)).toFixed(1) },
    { what: 'exit codes kept', goal: String(agents), measured: String(codes) },
    { what: 'logs whole', goal: String(agents), measured: String(logs) },
    { what: 'archived', goal: String(agents), measured: String(ground.entries('archive').length) },
    { what: 'left behind (processes, sessions, control groups, locks)', goal: '0', measured: String(nothing) },
    { what: `lies of \`ps\`, in ${samples} answers`, goal: '0', measured: String(lies.length) },
    { what: 'from the gate to the last code', measured: seconds(lastEndMs - opened) },
    { what: 'from the gate to the last teardown', measured: seconds(Math.max(...torn) - opened) },
    { what: 'manager, RSS / PSS, while all run', measured: memoryOf(managerBefore) },
    { what: 'manager, RSS at most, while all end', measured: megabytes(mostBytes) },
    { what: 'tmux server, RSS / PSS, while all run', measured: memoryOf(serverBefore) },
    { what: 'manager, CPU, while they start', measured: `${managerBefore?.cpuSeconds.toFixed(1)} s` },
    {
      what: 'manager, CPU, from the gate to the last teardown',
      measured: `${((managerAfter?.cpuSeconds ?? 0) - (managerBefore?.cpuSeconds ?? 0)).toFixed(1)} s`,
    },
  );
}

/** @returns who is left when they have not become fewer for too long. */
async function untilNoneIsLeft<T>(who: () => readonly T[]): Promise<readonly T[]> {
  for (let left = who(); left.length > 0; ) {
    const before = left.length;
    const isFewer = (): boolean => {
      left = who();
      return left.length < before;
    };
    if (!(await until(isFewer, PATIENCE_MS, 500))) return left;
  }
  return [];
}

function plan(name: string, code: number): Planned {
  const lines = Array.from(
    { length: LINES },
    (_, index) => `${name} ${index + 1} of ${LINES}: the quick brown fox jumps over the lazy dog\r\n`,
  );
  return { name, code, log: `${name} waits\r\n${lines.join('')}` };
}

/** Each agent's code and log with what they must be. */
async function compare(planned: readonly Planned[], ended: readonly Agent[]) {
  const listed = new Map(ended.map((agent) => [agent.name, agent]));
  let [codes, logs, lastEndMs] = [0, 0, 0];
  for (const { name, code, log } of planned) {
    const agent = listed.get(name);
    if (agent === undefined) {
      problems.push(`${name} is not listed`);
      continue;
    }
    const isKept = agent.phase === 'ended' && agent.exitCode === code && agent.archived;
    if (isKept) codes++;
    else problems.push(`${name}: ${agent.phase} with ${agent.exitCode} in ${agent.directory}, not ended with ${code}`);
    const exit = statSync(join(agent.directory, 'exit.json'), { throwIfNoEntry: false });
    lastEndMs = Math.max(lastEndMs, exit?.ctimeMs ?? 0);
    const chunks: Buffer[] = [];
    for await (const chunk of ground.library.logs(ground.state, { name })) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('latin1');
    if (text === log) logs++;
    else problems.push(`${name}: its log has ${text.length} of ${log.length} bytes`);
  }
  if (ended.length !== agents) problems.push(`ps -a lists ${ended.length} of ${agents}`);
  return { codes, logs, lastEndMs };
}

/** @returns how much was left. */
async function nothingIsLeft(runIds: ReadonlySet<string>, server: number): Promise<number> {
  // A wrapper that saw its log whole still sleeps out its second.
  const carriers = () => ground.carriers(runIds).map(({ pid, what }) => `the process ${what} (${pid})`);
  const workers = () =>
    ground
      .processes()
      .filter(({ pid }) => pid !== ground.managerPid())
      .map(({ pid, what }) => `${what} (${pid})`);
  await until(() => workers().length === 0, 10_000);
  const left = [
    ...new Set([...carriers(), ...workers()]),
    ...ground.controlGroups().map((group) => `the control group ${group}`),
    ...ground.entries('agents').map((entry) => `agents/${entry}`),
  ];
  if (usageOf(server) !== undefined) left.push(`the tmux server (${server})`);
  for (const one of left) problems.push(`left behind: ${one}`);
  return left.length;
}

function serverPid(name: string): number {
  const started = textOf(join(ground.state.path, 'agents', name, 'started.json'));
  return Number(/"serverPid":(\d+)/.exec(started)?.[1]);
}

function memoryOf(usage: Usage | undefined): string {
  return usage === undefined ? 'gone' : `${megabytes(usage.rssBytes)} / ${megabytes(usage.pssBytes)}`;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function some(names: readonly string[]): string {
  return names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
}
