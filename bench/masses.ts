import { spawn as startProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type * as agentctl from '../src/index.ts';

/** The public library, as it was built. */
export type Library = typeof agentctl;

export interface Mass {
  library: Library;
  /** Runs `agentctl` with these arguments and resolves to its exit code. */
  agentctl: (args: readonly string[]) => Promise<number | null>;
  state: agentctl.StateDir;
  /** Where the agents' script, their gate and nothing else is. */
  folder: string;
  /** How many end as soon as they have printed what they have to. */
  immediate: number;
  /** How many of these are started by the command instead of the library. */
  byCommand: number;
  /** How many wait for one gate and end together. */
  released: number;
  /** How many are started at once. */
  parallel: number;
}

export interface Figures {
  startedPerSecond: { immediate: number; released: number };
  /** From an agent's last line to its sentinel, in milliseconds. */
  toSentinel: Spread;
  /** From an agent's last line to the last byte of its log, the end mark. */
  toWholeLog: Spread;
  /** From the gate's opening to the last of the released: sentinel, whole log, told by `wait`. */
  afterTheGate: { lastSentinel: number; lastWholeLog: number; lastToldByWait: number };
  /** Of the agents, those whose log was not whole when the sentinel was there. */
  logsLaterThanSentinel: number;
}

interface Spread {
  median: number;
  p99: number;
  max: number;
}

const CODES = [0, 1, 7, 127, 255];
const LINES = 200;
/** Spells how the clock stood when it had printed everything: uptime, to the hundredth of a second. */
const SCRIPT = `# NAME CODE [GATE]
[ -z "$3" ] || { echo "$1 waits"; read -r _ <"$3"; }
i=0
while [ "$i" -lt ${LINES} ]; do i=$((i + 1)); echo "$1 $i of ${LINES}: the quick brown fox jumps over the lazy dog"; done
read -r up _ </proc/uptime
echo "$1 ends at $up"
exit "$2"
`;

/**
 * Starts many agents that end at once, and compares every exit code and every byte of every log with what must be there.
 *
 * @returns what was wrong, one sentence each, and how long things took.
 */
export async function massEnds(mass: Mass): Promise<{ problems: string[]; figures: Figures }> {
  const { library, state, folder } = mass;
  mkdirSync(folder, { recursive: true });
  const script = join(folder, 'mass.sh');
  const gate = join(folder, 'gate');
  writeFileSync(script, SCRIPT);
  await finished(startProcess('mkfifo', [gate]));
  const problems: string[] = [];

  const plan = (prefix: string, count: number, last: string[]) =>
    Array.from({ length: count }, (_, index) => {
      const code = CODES[index % CODES.length] ?? 0;
      const name = `${prefix}${index}`;
      return { name, code, command: ['sh', script, name, String(code), ...last] };
    });
  const immediate = plan('i', mass.immediate, []);
  const released = plan('r', mass.released, [gate]);

  const start = async ({ name, command }: { name: string; command: string[] }, byCommand: boolean): Promise<void> => {
    try {
      if (!byCommand) await library.spawn(state, { name, command });
      else if ((await mass.agentctl(['spawn', '-n', name, '--', ...command])) !== 0)
        problems.push(`${name}: spawn failed`);
    } catch (error) {
      problems.push(`${name}: could not be spawned: ${(error as Error).message}`);
    }
  };
  const at = [performance.now()];
  await atOnce(mass.parallel, immediate, (agent, index) => start(agent, index < mass.byCommand));
  at.push(performance.now());
  await atOnce(mass.parallel, released, (agent) => start(agent, false));
  at.push(performance.now());

  // Whoever still writes "waits" is not behind the gate yet; opening it for writing waits for the first reader only.
  await until(() => released.every(({ name }) => statSync(fileOf(state, name, 'output.log')).size > 0));
  const told = new Map<string, number>();
  const waiting = (async () => {
    const all = [...immediate, ...released].filter(({ name }) => isThere(fileOf(state, name, 'spec.json')));
    for await (const { name } of library.wait(state, all, { timeoutMs: 120_000 })) told.set(name, Date.now());
  })();
  const opened = Date.now();
  // One line for each, whether it stands at the gate already or is on its way there; shut when all have ended.
  const writer = mass.released > 0 ? openSync(gate, 'w') : undefined;
  if (writer !== undefined) writeSync(writer, '\n'.repeat(mass.released));
  await waiting;
  if (writer !== undefined) closeSync(writer);

  // What `agentctl logs` and `run` wait for: the end mark, or 5 s.
  const all = [...immediate, ...released];
  const sentinels: number[] = [];
  const logs: number[] = [];
  const gated = { lastSentinel: 0, lastWholeLog: 0, lastToldByWait: 0 };
  const offset = Date.now() - Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000;
  const listed = new Map(library.list(state).map((agent) => [agent.name, agent]));
  for (const { name, code } of all) {
    const agent = listed.get(name);
    if (agent?.phase !== 'ended' || agent.exitCode !== code)
      problems.push(`${name}: ${agent?.phase} with ${agent?.exitCode}, not ended with ${code}`);
    if (agent === undefined) continue;
    const chunks: Buffer[] = [];
    for await (const chunk of library.logs(state, { name }, { follow: true })) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('latin1');
    const end = /ends at (\d+\.\d+)\r\n$/.exec(text)?.[1] ?? '';
    const waits = name.startsWith('r') ? `${name} waits\r\n` : '';
    const lines = Array.from(
      { length: LINES },
      (_, index) => `${name} ${index + 1} of ${LINES}: the quick brown fox jumps over the lazy dog\r\n`,
    );
    if (text !== `${waits}${lines.join('')}${name} ends at ${end}\r\n`)
      problems.push(`${name}: its log has ${text.length} bytes and ends in ${JSON.stringify(text.slice(-40))}`);
    // A rename moves ctime only; the log's last write is the end mark.
    const sentinelAt = statSync(fileOf(state, name, 'exit.json')).ctimeMs;
    const wholeAt = statSync(fileOf(state, name, 'output.log')).mtimeMs;
    sentinels.push(Math.max(0, sentinelAt - offset - Number(end) * 1000));
    logs.push(Math.max(0, wholeAt - offset - Number(end) * 1000));
    if (!name.startsWith('r')) continue;
    gated.lastSentinel = Math.max(gated.lastSentinel, sentinelAt - opened);
    gated.lastWholeLog = Math.max(gated.lastWholeLog, wholeAt - opened);
    gated.lastToldByWait = Math.max(gated.lastToldByWait, (told.get(name) ?? 0) - opened);
  }
  const rate = (count: number, from = 0, to = 0): number => Math.round((count / (to - from)) * 10_000) / 10;
  return {
    problems,
    figures: {
      startedPerSecond: { immediate: rate(mass.immediate, at[0], at[1]), released: rate(mass.released, at[1], at[2]) },
      toSentinel: spread(sentinels),
      toWholeLog: spread(logs),
      afterTheGate: gated,
      logsLaterThanSentinel: logs.filter((log, index) => log > (sentinels[index] ?? 0)).length,
    },
  };
}

/** Keeps the processors busy until the returned function is called. */
export function busyLoops(count: number): () => void {
  const loops = Array.from({ length: count }, () => startProcess('sh', ['-c', 'while :; do :; done']));
  return () => {
    for (const loop of loops) loop.kill('SIGKILL');
  };
}

function fileOf(state: agentctl.StateDir, name: string, file: string): string {
  return join(state.path, 'agents', name, file);
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

async function atOnce<T>(count: number, items: readonly T[], work: (item: T, index: number) => Promise<void>) {
  const left = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of left) await work(item, index);
  };
  await Promise.all(Array.from({ length: count }, worker));
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 60_000; !condition() && Date.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function finished(child: ReturnType<typeof startProcess>): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', resolve);
  });
}

function spread(values: number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number): number =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0);
  return { median: at(0.5), p99: at(0.99), max: at(1) };
}
