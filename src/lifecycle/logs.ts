import { join } from 'node:path';
import { endMark } from '../agent/end-mark.ts';
import { formatSize } from '../agent/size.ts';
import { AgentctlError, refusal } from '../errors.ts';
import { BellListener } from '../store/bell.ts';
import { OutputLog } from '../store/output-log.ts';
import { archivedAgentDir } from '../store/paths.ts';
import type { StateDir } from '../store/state-dir.ts';
import { turn, wallMs } from '../system/clock.ts';
import { type AgentReference, resolve } from './list.ts';
import { logPatienceLeftMs, untilLogIsWhole } from './log-end.ts';
import { LONGEST_LINE_BYTES, offsetOfLastLines, offsetSince } from './log-start.ts';
import { type Observed, observe, observeNamed, refuseRemoved } from './observe.ts';

export interface OutputOptions {
  /** Go on until the agent has ended and its log is whole. */
  follow?: boolean | undefined;
  /** Only the last lines. */
  tail?: number | undefined;
  /** Only what was written since this long ago, in milliseconds; up to one beat (5 s) more. */
  sinceMs?: number | undefined;
  /** Hears when `tail` begins in the midst of a line that is longer than this many bytes. */
  onCut?: ((bytes: number) => void) | undefined;
  /** Hears in a sentence what is missing: a log has a total cap, and its first pieces go. */
  onRemoved?: ((sentence: string) => void) | undefined;
  signal?: AbortSignal | undefined;
}

const BLOCK_BYTES = 64 * 1024;
/** A log that grows rings no bell, and a watch for each would use up the user's inotify instances. */
const FOLLOW_POLL_MS = 50;

/**
 * The bytes of an agent's terminal, without the end mark, all pieces of the log as one. It is read to its end also when
 * the agent's directory moves to the archive meanwhile.
 *
 * @throws {UnknownAgentError} for a name that is none.
 * @throws {AgentctlError} for a log that is none.
 * @example for await (const bytes of logs(openStateDir(), { name: 'tests' }, { follow: true })) process.stdout.write(bytes);
 */
export async function* logs(
  stateDir: StateDir,
  reference: AgentReference,
  options: OutputOptions = {},
): AsyncGenerator<Buffer> {
  const agent = resolve(stateDir, reference);
  const runId = agent.runId ?? '';
  if (!options.follow && agent.status.phase === 'ended' && !agent.evidence.files.archived) await untilLogIsWhole(agent);
  const log = openLog(stateDir, agent);
  const bell = new BellListener(stateDir.path);
  try {
    const start = startOf(log, agent, options);
    let position = start;
    // Who prints as fast as we read would never let us go.
    const until = options.follow ? Number.POSITIVE_INFINITY : log.extent().end;
    // With its directory its length went, and its index: it would seem to have said nothing, or all of it just now.
    refuseRemoved(agent);
    const strip = new MarkStripper(runId);
    for (;;) {
      // Looked at before reading: what ended by now has written all that this read can miss only until the mark.
      const over = !options.follow || options.signal?.aborted || isOver(stateDir, agent);
      for (;;) {
        const block = Buffer.allocUnsafe(BLOCK_BYTES);
        const { length, at } = log.read(block, position, Math.min(BLOCK_BYTES, until - position));
        if (length === 0 || options.signal?.aborted) break;
        if (at > position) options.onRemoved?.(sayRemoved(agent.name, position === start ? 0 : position, at));
        position = at + length;
        const clean = strip.push(block.subarray(0, length));
        if (clean.length > 0) yield clean;
        // Whoever has to catch up must hear signals all the same, and that its reader has left.
        await turn();
      }
      if (over && (!options.follow || options.signal?.aborted || strip.sawMark || patienceIsOver(agent))) break;
      await bell.next(FOLLOW_POLL_MS);
    }
    const rest = strip.end();
    if (rest.length > 0) yield rest;
  } finally {
    log.close();
    bell.close();
  }
}

function openLog(stateDir: StateDir, agent: Observed): OutputLog {
  const { name, directory, runId } = agent;
  const path = join(directory, 'output.log');
  const moved = runId === undefined ? [] : [archivedAgentDir(stateDir.path, name, runId)];
  try {
    return new OutputLog(directory, ...moved);
  } catch (error) {
    refuseRemoved(agent);
    throw new AgentctlError(`the log of ${name} cannot be read (${path}: ${refusal(error)})`, { cause: error });
  }
}

function sayRemoved(name: string, from: number, to: number): string {
  const what =
    from === 0 ? `the first ${formatSize(to)} of the log` : `${formatSize(to - from)} in the midst of the log`;
  return `${what} of ${name} were removed, as it had reached its total: a larger logs.total in config.json, or AGENTCTL_LOG_TOTAL, keeps more of the next`;
}

function isOver(stateDir: StateDir, agent: Observed): boolean {
  const current = observeNamed(stateDir.path, agent.name);
  return current?.runId !== agent.runId || current?.status.phase === 'ended';
}

/** A mark that has not come this long after the end will not come: the pane was closed before the wrapper printed it. */
function patienceIsOver({ directory, name, runId }: Observed): boolean {
  const current = observe(directory, name);
  return current.runId !== runId || logPatienceLeftMs(current) <= 0;
}

function startOf(log: OutputLog, agent: Observed, { sinceMs, tail, onCut }: OutputOptions): number {
  const since = sinceMs === undefined ? 0 : offsetSince(log, agent, wallMs() - sinceMs);
  if (tail === undefined) return since;
  const { offset, inLine } = offsetOfLastLines(log, tail, agent.runId ?? '');
  if (inLine && offset > since) onCut?.(LONGEST_LINE_BYTES);
  return Math.max(since, offset);
}

/** Takes the end mark out of a stream of blocks, also where it is cut in two. */
class MarkStripper {
  readonly #mark: Buffer;
  #held = Buffer.alloc(0);
  sawMark = false;

  constructor(runId: string) {
    this.#mark = Buffer.from(endMark(runId));
  }

  push(block: Buffer): Buffer {
    const bytes = Buffer.concat([this.#held, block]);
    const at = bytes.indexOf(this.#mark);
    if (at >= 0) {
      this.sawMark = true;
      this.#held = Buffer.alloc(0);
      return Buffer.concat([bytes.subarray(0, at), this.push(bytes.subarray(at + this.#mark.length))]);
    }
    const keep = this.#begunAtEnd(bytes);
    this.#held = Buffer.from(bytes.subarray(bytes.length - keep));
    return bytes.subarray(0, bytes.length - keep);
  }

  end(): Buffer {
    return this.#held;
  }

  /** How many bytes at the end may be the beginning of a mark. */
  #begunAtEnd(bytes: Buffer): number {
    for (let length = Math.min(this.#mark.length - 1, bytes.length); length > 0; length--) {
      if (bytes.subarray(bytes.length - length).equals(this.#mark.subarray(0, length))) return length;
    }
    return 0;
  }
}
