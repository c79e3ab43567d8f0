import { readFileSync } from 'node:fs';
import { nearest } from '../agent/nearest.ts';
import { parseMaxParallel } from '../agent/queue.ts';
import { AgentctlError, BusyError, refusal, UsageError } from '../errors.ts';
import type { SpawnOptions } from '../lifecycle/draft.ts';
import { InvalidBatch, spawnBatch } from '../lifecycle/spawn-batch.ts';
import type { Batch } from '../store/generated/types.ts';
import * as validators from '../store/generated/validators.js';
import { type Call, Flags, note, print, printJson, readStdin } from './command.ts';
import { hintAtNoManager, hintAtProfiles, spawnOptions } from './spawn-options.ts';

/** What is said of the call itself; all else stands in the lines. */
const OF_THE_CALL = ['batch', 'json', 'max-parallel', 'no-manager', 'state-dir'];

/** An agent of a batch, and where it stands there. */
interface Order {
  line: number;
  options: SpawnOptions;
}

/**
 * `spawn --batch`: every line is read and checked before anything is started.
 *
 * @throws {UsageError} for what does not fit, and {BusyError} for names that are taken: a sentence for each line.
 */
export async function spawnFromBatch(call: Call): Promise<number> {
  refuseOptionsOfLines(call);
  const file = call.flags.text('batch') ?? '';
  const where = file === '-' ? 'stdin' : file;
  const orders = await readOrders(await readBatch(file), where);
  hintAtProfiles(orders.map(({ options }) => options));
  const json = call.flags.on('json');
  const maxParallel = call.flags.text('max-parallel');
  const queue = maxParallel === undefined ? undefined : parseMaxParallel(maxParallel, '--max-parallel');
  let failed = 0;
  let waiting = 0;
  try {
    const batch = orders.map(({ options }) => options);
    const how = { noManager: call.flags.on('no-manager'), onNote: note, maxParallel: queue };
    for await (const spawned of spawnBatch(call.stateDir, batch, how)) {
      const { line, options } = orders[spawned.index] as Order;
      const agent = 'agent' in spawned ? spawned.agent : null;
      const error = 'error' in spawned ? spawned.error.message : null;
      if (agent?.phase === 'queued') waiting += 1;
      if (json) printJson({ schemaVersion: 1, line, name: agent?.name ?? options.name ?? null, agent, error });
      else if (agent) print(agent.name);
      if (error === null) continue;
      failed += 1;
      if (!json) note(`${where}:${line}: ${error}`);
    }
  } catch (error) {
    if (!(error instanceof InvalidBatch)) throw error;
    const problems = error.problems.map((problem) => ({ ...problem, line: orders[problem.index]?.line ?? 0 }));
    throw refused(problems, where);
  }
  if (waiting > 0) hintAtNoManager(call.stateDir);
  return failed === 0 ? 0 : 1;
}

function refuseOptionsOfLines({ words, flags }: Call): void {
  if (words.length > 0) throw new UsageError(`--batch takes no command: write it into a line, as "command"`);
  const other = flags.given().find((name) => !OF_THE_CALL.includes(name));
  if (other !== undefined) throw new UsageError(`--${other} is not for --batch: write it into the lines`);
}

async function readBatch(file: string): Promise<string> {
  if (file === '-') return (await readStdin()).toString('utf8');
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new AgentctlError(`--batch: ${file} cannot be read (${refusal(error)}): give a file of lines of JSON, or -`);
  }
}

async function readOrders(text: string, where: string): Promise<Order[]> {
  const orders: Order[] = [];
  const problems: { line: number; error: unknown }[] = [];
  for (const [index, written] of text.split('\n').entries()) {
    if (written.trim() === '') continue;
    try {
      orders.push({ line: index + 1, options: await optionsOf(parse(written)) });
    } catch (error) {
      problems.push({ line: index + 1, error });
    }
  }
  if (problems.length > 0) throw refused(problems, where);
  if (orders.length === 0) throw new UsageError(`--batch: ${where} is empty: write a line of JSON for each agent`);
  return orders;
}

/** One sentence for each line, and nothing was started. */
function refused(problems: readonly { line: number; error: unknown }[], where: string): AgentctlError {
  const sentences = problems.map(({ line, error }) => `${where}:${line}: ${refusal(error)}`);
  for (const sentence of sentences.slice(0, -1)) note(sentence);
  const isBusy = problems.every(({ error }) => error instanceof BusyError);
  return new (isBusy ? BusyError : UsageError)(`${sentences.at(-1)}; nothing was started`);
}

function parse(line: string): Batch {
  let data: unknown;
  try {
    data = JSON.parse(line);
  } catch {
    throw new UsageError('it is not JSON: write {"command": ["make", "test"]}, say');
  }
  if (validators.batch(data)) return data;
  const [problem] = validators.batch.errors ?? [];
  const unknown = (problem as { params?: { additionalProperty?: string } }).params?.additionalProperty;
  if (unknown !== undefined) {
    const near = nearest(unknown, Object.keys(AS_FLAG));
    throw new UsageError(
      `${JSON.stringify(unknown)} is no option of an agent: ${near ? `did you mean ${near}?` : 'see schemas/batch.schema.json'}`,
    );
  }
  const what = (problem?.instancePath ?? '').slice(1).replaceAll('/', '.') || 'it';
  throw new UsageError(`${what} ${problem?.message ?? 'does not fit'}: see schemas/batch.schema.json`);
}

/** A line is the same as a call: its fields are options, checked as those are. */
function optionsOf(line: Batch): Promise<SpawnOptions> {
  const flags: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(line)) {
    const flag = AS_FLAG[field as keyof Batch];
    if (flag !== null) flags[flag] = asGiven(value);
  }
  for (const flag of ['stdin', 'prompt-file'])
    if (flags[flag] === '-') throw new UsageError(`--${flag} - is not for --batch: give a file`);
  return spawnOptions({ words: line.command ?? [], flags: new Flags(flags) });
}

const AS_FLAG: Readonly<Record<keyof Batch, string | null>> = {
  command: null,
  agent: 'agent',
  prompt: 'prompt',
  promptFile: 'prompt-file',
  name: 'name',
  cwd: 'cwd',
  env: 'env',
  envFile: 'env-file',
  labels: 'label',
  maxRuntime: 'max-runtime',
  grace: 'grace',
  maxIdle: 'max-idle',
  killAfter: 'kill-after',
  size: 'size',
  stdin: 'stdin',
  stdout: 'stdout',
  stderr: 'stderr',
  replace: 'replace',
  on: 'on',
  withParent: 'with-parent',
  leaveRunning: 'leave-running',
};

function asGiven(value: Batch[keyof Batch]): unknown {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.entries(value).flatMap(([key, one]) => [one].flat().map((text) => `${key}=${text}`));
}
