import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidInput } from '../agent/invalid-input.ts';
import { makeRunId } from '../agent/name.ts';
import type { Queue } from '../agent/queue.ts';
import { wordsOf } from '../errors.ts';
import { BellListener } from '../store/bell.ts';
import type { Agent, Spec } from '../store/generated/types.ts';
import { agentDir } from '../store/paths.ts';
import type { StateDir } from '../store/state-dir.ts';
import { awakeMs, pause, uptimeMs, wallMs } from '../system/clock.ts';
import { livenessOf } from '../system/processes.ts';
import { serverPid, type TmuxServer } from '../system/tmux-client.ts';
import { newSessions, type StartedSession } from '../system/tmux-session.ts';
import { type Draft, draft, putDown, type SpawnOptions } from './draft.ts';
import { ensureManager, type ManagerWish } from './ensure-manager.ts';
import { takePlaces } from './in-line.ts';
import { observeNamed } from './observe.ts';
import { settings } from './settings.ts';
import {
  emptyFiles,
  inLine,
  makeReady,
  START_DEADLINE_MS,
  START_POLL_MS,
  startedAgent,
  startSession,
} from './start.ts';
import { refuseHeld } from './take-name.ts';
import { undoStart } from './undo-start.ts';

/** What is asked of the call, and not of each agent, is {@link ManagerWish}. */
export type BatchedAgent = Omit<SpawnOptions, 'noManager' | 'onWarning' | 'queue'>;

export interface BatchOptions extends ManagerWish {
  /**
   * How many run at one time, of these or of all with a label; the others wait, `queued`, and are started by the manager as
   * places come free, in their order. A number alone makes a label `batch` for them, which is told in each agent.
   */
  maxParallel?: number | Queue | undefined;
}

/** What became of one agent of a batch; `index` is its place there. */
export type Spawned = { index: number; agent: Agent } | { index: number; error: Error };

/** What is wrong in a batch, of which nothing was started. */
export class InvalidBatch extends InvalidInput {
  readonly problems: readonly { index: number; error: Error }[];

  constructor(problems: readonly { index: number; error: Error }[], agents: number) {
    const [first] = problems;
    super(
      `${problems.length} of ${agents} agents cannot be started, so none was: ${first ? `number ${first.index + 1}: ${first.error.message}` : ''}`,
    );
    this.problems = problems;
  }
}

/**
 * Starts many agents at once: all are checked before the first is made, and one that then cannot be started keeps no other
 * from it. Each is told of as soon as it provably runs.
 *
 * @throws {InvalidBatch} where any does not fit; nothing is started then.
 * @example
 * const batch = [1, 2, 3].map((part) => ({ command: ['make', `part${part}`], name: `part${part}` }));
 * for await (const result of spawnBatch(openStateDir(), batch)) if ('error' in result) console.error(result.error.message);
 */
export async function* spawnBatch(
  stateDir: StateDir,
  batch: readonly BatchedAgent[],
  options: BatchOptions = {},
): AsyncGenerator<Spawned> {
  const queue = queueOf(options.maxParallel);
  const drafts = await draftAll(stateDir, batch, queue);
  if (drafts.length === 0) return;
  const server = makeReady(stateDir);
  let starts: Start[] = [];
  try {
    for (const [index, one] of drafts.entries()) {
      try {
        await putDown(stateDir, one);
        starts.push({ index, draft: one, session: undefined });
      } catch (error) {
        yield { index, error: asError(error) };
      }
    }
    const waiting = queue ? await othersThanNext(stateDir, starts) : [];
    starts = starts.filter((start) => !waiting.includes(start));
    await ensureManager(stateDir, options);
    yield* waiting.map(({ index, draft: { agent } }) => inLineOrError(stateDir, index, agent.spec));
    yield* startAll(server, starts, options.onNote);
  } finally {
    // Also of whoever has heard enough, or where tmux does not answer.
    for (const { draft: half, session } of starts)
      if (session === undefined) await undoStart(stateDir, server, half.agent.spec, undefined);
  }
  yield* proofs(stateDir, server, new Set(starts.filter(({ session }) => session !== undefined)));
}

/** Whether a wrapper still lives is asked this often: few die before they have started their agent. */
const LOOK_AT_ALL_MS = 500;

interface Start {
  index: number;
  draft: Draft;
  /** Undefined as long as there is none. */
  session: StartedSession | undefined;
}

/** Run ids are unique, and so is a label that is one. */
function queueOf(maxParallel: BatchOptions['maxParallel']): Queue | undefined {
  if (typeof maxParallel !== 'number') return maxParallel;
  return { label: 'batch', value: makeRunId(wallMs(), randomBytes(8)), max: maxParallel };
}

/** Takes the places that there are, for those whose turn it is. @returns the others, whom a manager starts. */
async function othersThanNext(stateDir: StateDir, starts: readonly Start[]): Promise<Start[]> {
  const directories = starts.map(({ draft: { agent } }) => ({
    runId: agent.spec.runId,
    directory: agentDir(stateDir.path, agent.spec.name),
  }));
  const taken = await takePlaces(stateDir, directories);
  return starts.filter(({ draft: { agent } }) => !taken.has(agent.spec.runId));
}

function inLineOrError(stateDir: StateDir, index: number, spec: Spec): Spawned {
  try {
    return { index, agent: inLine(stateDir, spec) };
  } catch (error) {
    return { index, error: asError(error) };
  }
}

async function draftAll(
  stateDir: StateDir,
  batch: readonly BatchedAgent[],
  queue: Queue | undefined,
): Promise<Draft[]> {
  const chosen = settings();
  const names = new Set<string>();
  const problems: { index: number; error: Error }[] = [];
  const drafts: Draft[] = [];
  for (const [index, options] of batch.entries()) {
    try {
      const drafted = await draft(stateDir, { ...options, queue }, { others: names, chosen, index });
      const { name } = drafted.agent.spec;
      if (names.has(name)) throw new InvalidInput(`the name ${name} is given twice: choose another`);
      refuseTaken(stateDir, drafted);
      names.add(name);
      drafts.push(drafted);
    } catch (error) {
      problems.push({ index, error: asError(error) });
    }
  }
  if (problems.length > 0) throw new InvalidBatch(problems, batch.length);
  return drafts;
}

/** As it will be when it is put down, unless that one ends meanwhile: then none of the others shall have been started. */
function refuseTaken(stateDir: StateDir, { agent, replace }: Draft): void {
  const { name } = agent.spec;
  const holder = existsSync(agentDir(stateDir.path, name)) ? observeNamed(stateDir.path, name) : undefined;
  if (holder) refuseHeld(holder, replace);
}

/** Starts a session for each, and tells of those for which there is none. */
async function* startAll(
  server: TmuxServer,
  starts: readonly Start[],
  onWarning: ManagerWish['onNote'],
): AsyncGenerator<Spawned> {
  const ready: Start[] = [];
  for (const start of starts) {
    try {
      emptyFiles(start.draft.agent.spec);
      ready.push(start);
    } catch (error) {
      yield { index: start.index, error: asError(error) };
    }
  }
  // Whoever starts the server starts it alone: there is more to that.
  const alone = (await serverPid(server)) === undefined ? 1 : 0;
  for (const start of ready.slice(0, alone)) yield* startOne(server, start, onWarning);
  const many = ready.slice(alone);
  const sessions = await newSessions(
    server,
    many.map((start) => start.draft.session),
  );
  for (const [at, start] of many.entries()) start.session = sessions[at];
  for (const start of many) if (start.session === undefined) yield* startOne(server, start, onWarning);
}

async function* startOne(server: TmuxServer, start: Start, onWarning: ManagerWish['onNote']): AsyncGenerator<Spawned> {
  try {
    start.session = await startSession(server, start.draft.session, onWarning);
  } catch (error) {
    yield { index: start.index, error: asError(error) };
  }
}

/** Tells of each that has proved its start, or will not. Whoever is late has had as long as anybody since the last that was not. */
async function* proofs(stateDir: StateDir, server: TmuxServer, pending: Set<Start>): AsyncGenerator<Spawned> {
  const bell = new BellListener(stateDir.path);
  try {
    let seenMs = awakeMs();
    for (let deadline = uptimeMs() + START_DEADLINE_MS; pending.size > 0; ) {
      const isLate = uptimeMs() > deadline;
      const begunMs = awakeMs();
      const looksAtAll = begunMs - seenMs > LOOK_AT_ALL_MS;
      if (looksAtAll) seenMs = begunMs;
      for (const start of pending) {
        if (!isLate && !isDecided(stateDir, start, looksAtAll)) continue;
        const { index, session } = start;
        const { spec } = start.draft.agent;
        try {
          const agent = startedAgent(stateDir, spec, { wrapper: session?.program, isLate });
          if (agent === undefined) continue;
          deadline = uptimeMs() + START_DEADLINE_MS;
          pending.delete(start);
          yield { index, agent };
        } catch (error) {
          pending.delete(start);
          await undoStart(stateDir, server, spec, session?.pane);
          yield { index, error: asError(error) };
        }
      }
      // Each start rings: to look at a thousand each time a thousandth has come would leave no time for the starts.
      await pause(3 * (awakeMs() - begunMs));
      if (pending.size > 0) await bell.next(START_POLL_MS);
    }
  } finally {
    bell.close();
  }
}

/** Whether there is news of it: a look at all that is known of each of a thousand would take all the time. */
function isDecided(stateDir: StateDir, { draft: { agent }, session }: Start, looksAtAll: boolean): boolean {
  return (
    existsSync(join(agentDir(stateDir.path, agent.spec.name), 'started.json')) ||
    (looksAtAll && livenessOf(session?.program) === 'dead')
  );
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(wordsOf(error));
}
