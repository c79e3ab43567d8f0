import type { Now } from '../agent/evidence.ts';
import { type End, endWithoutRecord, expired, madeAtMs, type Retention } from '../agent/retention.ts';
import { AgentctlError, codeOf, refusal } from '../errors.ts';
import { archiveDir, archivedAgentDir } from '../store/paths.ts';
import { bytesIn, lookAtPlace, removeHidden } from '../store/remove-archived.ts';
import type { StateDir } from '../store/state-dir.ts';
import { here, now, turn } from '../system/clock.ts';
import { archivedRuns, observe } from './observe.ts';
import { removeRun } from './remove-run.ts';

export interface PruneOptions {
  /** Only say what would be removed. */
  dryRun?: boolean | undefined;
  /** The time by which ages are counted; default: now. */
  at?: Now | undefined;
}

/** One archived agent that was due. */
export interface Pruned {
  name: string;
  runId: string;
  /** Milliseconds since the epoch, by what is left of its records. */
  endedAtMs: number;
  /** Of its files. */
  bytes: number;
  /** Why it is still there; undefined where it is not (or, in a dry run, would not be). */
  problem: string | undefined;
}

interface Candidate {
  name: string;
  runId: string;
  end: End;
  /** Why it cannot be removed. */
  problem: string | undefined;
}

/** Looked at before whoever else has something to do gets a turn: a look takes about a third of a millisecond. */
const LOOKS_AT_ONCE = 16;
/** Where the archive itself says so, it says so of all that is in it. */
const HOLDS_FOR_ALL = ['EROFS', 'EACCES'];

/**
 * Removes archived agents that may go by `retention`, the oldest first, and yields each. Live agents, and ended ones that
 * are not torn down, are not touched. Any number of these may run at once: each agent is removed by one of them.
 *
 * @throws {AgentctlError} where the archive cannot be read or changed.
 * @example for await (const { name } of prune(openStateDir(), { olderThanMs: 7 * 86_400_000, keep: 100 })) console.log(name);
 */
export async function* prune(
  stateDir: StateDir,
  retention: Retention,
  { dryRun = false, at = now() }: PruneOptions = {},
): AsyncGenerator<Pruned> {
  if (!dryRun) await removeHidden(stateDir.path).catch(() => {});
  // Most often so, and the manager asks every 15 min.
  if (retention.olderThanMs === null && retention.keep === null) return;
  const runs = archivedRuns(stateDir.path);
  // To look into each of them takes a while; most often there are not too many.
  if (retention.keep !== null && runs.length <= retention.keep) return;
  const candidates: Candidate[] = [];
  for (const [index, { name, runId }] of runs.entries()) {
    if (index % LOOKS_AT_ONCE === LOOKS_AT_ONCE - 1) await turn();
    const candidate = lookAt(stateDir, name, runId, { at, olderThanMs: retention.olderThanMs });
    if (candidate) candidates.push(candidate);
  }
  for (const { name, runId, end, problem } of expired(candidates, retention, at)) {
    const due = { name, runId, endedAtMs: end.wallMs, problem };
    if (problem !== undefined) yield { ...due, bytes: 0 };
    else if (dryRun) yield { ...due, bytes: await bytesIn(archivedAgentDir(stateDir.path, name, runId)) };
    else {
      const done = await removeOne(stateDir, name, runId);
      // One that somebody else removes at the same time is theirs to tell of.
      if (done !== undefined) yield { ...due, ...done };
    }
  }
}

async function removeOne(
  stateDir: StateDir,
  name: string,
  runId: string,
): Promise<Pick<Pruned, 'bytes' | 'problem'> | undefined> {
  try {
    const bytes = await removeRun(stateDir, name, runId);
    return bytes === undefined ? undefined : { bytes, problem: undefined };
  } catch (error) {
    const why = refusal(error);
    if (lookAtPlace(archivedAgentDir(stateDir.path, name, runId)) === undefined)
      return { bytes: 0, problem: `it could not be removed whole (${why}); the next prune tries again` };
    if (!HOLDS_FOR_ALL.includes(codeOf(error) ?? '')) return { bytes: 0, problem: `it cannot be removed (${why})` };
    throw new AgentctlError(
      `nothing can be removed from ${archiveDir(stateDir.path)} (${refusal(error)}): see that you can write there`,
      { cause: error },
    );
  }
}

/** Undefined where it went meanwhile. */
function lookAt(
  { path: stateDir }: StateDir,
  name: string,
  runId: string,
  { at, olderThanMs }: { at: Now; olderThanMs: number | null },
): Candidate | undefined {
  // Nobody ended before its run id was made: of most that stay, that tells enough, since it makes them younger than all
  // that go.
  const madeMs = madeAtMs(runId);
  if (olderThanMs !== null && madeMs !== undefined && madeMs > at.wallMs - olderThanMs)
    return { name, runId, end: endWithoutRecord(runId, 0), problem: undefined };
  const directory = archivedAgentDir(stateDir, name, runId);
  const place = lookAtPlace(directory);
  if (place === undefined) return undefined;
  const without = endWithoutRecord(runId, place.modifiedAtMs);
  if (!place.isOurs)
    return { name, runId, end: without, problem: `it belongs to user ${place.uid}: it is left to them` };
  // What a link leads to is none of the archive's.
  if (!place.isDirectory) return { name, runId, end: without, problem: undefined };
  const { status, evidence } = observe(directory, name, true, at);
  const { files, processes, whereabouts } = evidence;
  const isAlive = [processes.agent, processes.wrapper, processes.watchdog].includes('alive');
  const lives = status.phase !== 'ended' && whereabouts === 'here' && (status.phase !== 'unknown' || isAlive);
  const exit = files.sentinel.state === 'there' ? files.sentinel.value : undefined;
  const ofThisBoot = files.spec.state === 'there' && files.spec.value.place.bootId === here().bootId;
  const end: End =
    status.endedAtMs === null
      ? without
      : { wallMs: status.endedAtMs, uptimeMs: ofThisBoot ? exit?.uptimeMs : undefined };
  return { name, runId, end, problem: lives ? `it is ${status.phase}: ${status.reason}` : undefined };
}
