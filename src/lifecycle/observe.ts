import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { AgentFiles, Evidence, Now, Whereabouts } from '../agent/evidence.ts';
import { isName, isRunId } from '../agent/name.ts';
import { type Standing, type Status, standingOf, statusOf } from '../agent/status.ts';
import { AgentctlError, codeOf, refusal, UnknownAgentError } from '../errors.ts';
import { archivedFiles, readAgentFiles, readClaim } from '../store/agent-files.ts';
import { isThere } from '../store/modified-at.ts';
import { agentDir, agentsDir, archiveDir } from '../store/paths.ts';
import { placeOf } from '../store/place.ts';
import { lookAtPlace } from '../store/remove-archived.ts';
import { refuseForeign } from '../store/state-dir.ts';
import { here, now } from '../system/clock.ts';
import { argumentsOf, livenessOf, processTable } from '../system/processes.ts';

/** One agent as it was seen at one moment. */
export interface Observed {
  name: string;
  /** Undefined only where spec.json is damaged. */
  runId: string | undefined;
  directory: string;
  evidence: Evidence;
  status: Status;
}

/**
 * What is true of the agent in this directory now. Reads only.
 *
 * A directory that is moved to the archive is gone halfway through the reading, its end read and its verdict not: then
 * all begins anew, and finds nothing there, or the name's next agent.
 */
export function observe(directory: string, name: string, archived = false, at: Now = now()): Observed {
  if (!archived && !isThere(`${directory}/exit.json`)) {
    const seen = observeOnce(directory, name, archived, at);
    // Nobody is moved there who lives, and of one that waits in line there is nothing to be read halfway.
    if (seen.evidence.processes.agent === 'alive' || seen.status.phase === 'queued') return seen;
  }
  for (;;) {
    const place = placeOf(directory);
    const seen = observeOnce(directory, name, archived, at);
    if (archived || placeOf(directory) === place) return seen;
  }
}

/**
 * Files and processes cannot be read at one instant: an agent may start or end between the two, and would look lost. So
 * whoever seems to have nobody left to write for it has its files read once more, after its processes were seen to be
 * gone; and where these files name other processes than those that were looked for, all begins anew.
 */
function observeOnce(directory: string, name: string, archived: boolean, at: Now): Observed {
  let files = readAgentFiles(directory, name, archived);
  for (;;) {
    const evidence = evidenceOf(files, directory, at);
    const first = statusOf(evidence);
    const settled =
      archived ||
      files.sentinel.state === 'there' ||
      first.phase === 'queued' ||
      (first.phase !== 'unknown' && evidence.processes.agent === 'alive');
    if (settled) return { name, runId: runIdOf(files), directory, evidence, status: first };
    const again = readAgentFiles(directory, name, archived);
    if (whoIs(again) === whoIs(files)) {
      const later = { ...evidence, files: again };
      return { name, runId: runIdOf(again), directory, evidence: later, status: statusOf(later) };
    }
    files = again;
  }
}

function evidenceOf(files: AgentFiles, directory: string, at: Now): Evidence {
  return { files, processes: processesOf(files, directory), whereabouts: whereaboutsOf(files), now: at };
}

function runIdOf({ spec }: AgentFiles): string | undefined {
  return spec.state === 'there' ? spec.value.runId : undefined;
}

/** Whose processes the files name: it changes once in a run, as it starts, and when another run takes the place. */
function whoIs(files: AgentFiles): string {
  return `${runIdOf(files)} ${files.started.state}`;
}

/** The agent of this name that has not been archived; undefined where there is none. */
export function observeNamed(stateDir: string, name: string): Observed | undefined {
  if (namesAmong(stateDir, [name]).length === 0) return undefined;
  const agent = observe(agentDir(stateDir, name), name);
  if (isGone(agent)) return undefined;
  const { spec } = agent.evidence.files;
  // Where upper and lower case are the same to the file system, another agent may have been found. Else no list of all is
  // read: whoever stops a thousand agents looks up each again and again.
  const isIt = (spec.state === 'there' && spec.value.name === name) || agentNames(stateDir).includes(name);
  return isIt ? agent : undefined;
}

/**
 * A damaged record stays damaged: nothing will ever be known of this agent. (One that runs elsewhere may still end, and
 * one of which anything lives is not to be given up.)
 */
export function isBeyondKnowing({ status, evidence }: Observed): boolean {
  const { wrapper, watchdog, agent } = evidence.processes;
  return (
    (status.phase === 'unknown' || evidence.files.spec.state !== 'there') &&
    evidence.whereabouts !== 'elsewhere' &&
    ![wrapper, watchdog, agent].includes('alive')
  );
}

/** Archived or removed while we looked: nothing can be said of it because nothing is there. */
export function isGone({ status, directory }: Observed): boolean {
  return status.phase === 'unknown' && !existsSync(directory);
}

/** Whoever has a name, in any state. */
export function agentNames(stateDir: string): string[] {
  return names(agentsDir(stateDir)).filter(isName);
}

/** Those of these names that somebody has, without a look at all of them. */
export function namesAmong(stateDir: string, wanted: Iterable<string>): string[] {
  const isThere = (name: string): boolean =>
    isName(name) && lstatSync(agentDir(stateDir, name), { throwIfNoEntry: false }) !== undefined;
  const read = (): string[] => {
    const there = [...wanted].filter(isThere);
    if (there.length > 0) refuseForeign(stateDir);
    return there;
  };
  return readable(agentsDir(stateDir), read) ?? [];
}

/** Every agent that has not been archived: live, ended and damaged ones. */
export function observeAll(stateDir: string): Observed[] {
  const at = now();
  return agentNames(stateDir)
    .map((name) => observe(agentDir(stateDir, name), name, false, at))
    .filter((agent) => !isGone(agent));
}

/** Every archived agent, newest first. */
export function observeArchive(stateDir: string): Observed[] {
  const at = now();
  return archivedEntries(stateDir)
    .map(({ entry, name }) => observe(`${archiveDir(stateDir)}/${entry}`, name, true, at))
    .filter((agent) => !wasRemoved(agent));
}

/** What became of an agent, seen with no more reading than that takes. */
export type Past = Omit<Observed, 'status'> & { status: Standing };

/**
 * What is told of each archived agent, newest first: for whoever goes through thousands, of which {@link observeArchive}
 * would read and hold everything.
 */
export function tellOfArchive<T>(stateDir: string, tell: (agent: Past) => T): T[] {
  const at = now();
  const archive = archiveDir(stateDir);
  const told = archivedEntries(stateDir).map(({ entry, name }) => {
    const directory = `${archive}/${entry}`;
    const evidence = evidenceOf(archivedFiles(directory, name), directory, at);
    const runId = runIdOf(evidence.files);
    return { entry, what: tell({ name, runId, directory, evidence, status: standingOf(evidence) }) };
  });
  // As `wasRemoved` has it of one.
  const still = new Set(told.length > 0 ? names(archive) : []);
  return told.filter(({ entry }) => still.has(entry)).map(({ what }) => what);
}

/** The newest archived run of a name, or the run of this id; undefined where there is none. */
export function observeArchived(stateDir: string, name: string, runId?: string): Observed | undefined {
  for (const one of archivedEntries(stateDir)) {
    if (one.name !== name || (runId !== undefined && one.runId !== runId)) continue;
    const agent = observe(`${archiveDir(stateDir)}/${one.entry}`, name, true);
    if (!wasRemoved(agent)) return agent;
  }
  return undefined;
}

/**
 * Whether an archived agent went while it was looked at. Whoever removes one renames it first, and nobody gives it its
 * name again: what is still there after a reading was there for all of it.
 */
export function wasRemoved({ evidence, directory }: Pick<Observed, 'evidence' | 'directory'>): boolean {
  return evidence.files.archived && lookAtPlace(directory) === undefined;
}

/** Whether an agent was torn down since it was looked at: what is read of its directory then is read of nothing. */
export function wasArchived(stateDir: string, { evidence, name, runId }: Observed): boolean {
  return !evidence.files.archived && runId !== undefined && observeNamed(stateDir, name)?.runId !== runId;
}

/** @throws {UnknownAgentError} for an archived agent that went while it was read. */
export function refuseRemoved(agent: Observed): void {
  if (!wasRemoved(agent)) return;
  throw new UnknownAgentError(
    `${agent.name}.${agent.runId} was removed from the archive while it was read: "agentctl ps -a" lists what is left`,
  );
}

/** What in the archive is named as an agent is, whatever it is. */
export function archivedRuns(stateDir: string): { name: string; runId: string }[] {
  return archivedEntries(stateDir).filter(({ runId }) => isRunId(runId));
}

function archivedEntries(stateDir: string): { entry: string; name: string; runId: string }[] {
  return names(archiveDir(stateDir))
    .map((entry) => {
      const dot = entry.lastIndexOf('.');
      return { entry, name: entry.slice(0, dot), runId: entry.slice(dot + 1) };
    })
    .filter(({ name }) => isName(name))
    .sort((a, b) => (a.runId < b.runId ? 1 : -1));
}

function names(directory: string): string[] {
  return (
    readable(directory, () => {
      if (existsSync(directory)) refuseForeign(dirname(directory));
      return readdirSync(directory);
    }) ?? []
  );
}

/** What reading gives; undefined where nothing is there. @throws {AgentctlError} where it cannot be read, or is not ours. */
function readable<T>(directory: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    if (error instanceof AgentctlError) throw error;
    throw new AgentctlError(
      `the state directory cannot be read: ${directory} (${refusal(error)}): choose another with --state-dir`,
      { cause: error },
    );
  }
}

function processesOf(files: AgentFiles, directory: string): Evidence['processes'] {
  // Pids of another boot or another container mean nothing here, and an ended agent's are nobody's.
  if (files.sentinel.state === 'there' || files.archived || waitsInLine(files) || whereaboutsOf(files) !== 'here') {
    return { launcher: 'dead', wrapper: 'dead', watchdog: 'dead', agent: 'dead' };
  }
  const started = files.started.state === 'there' ? files.started.value : undefined;
  // Once it has started, who launched it means nothing any more.
  const launching = files.started.state === 'absent' && files.spec.state === 'there' ? files.spec.value : undefined;
  const launcher = livenessOf(launching?.launcher);
  const known = [livenessOf(started?.wrapper), livenessOf(started?.watchdog), livenessOf(started?.agent)] as const;
  // The claim is a second witness: what is well-formed may be wrong as well.
  const wrapper = known[0] === 'alive' ? 'alive' : livenessOf(readClaim(directory));
  if (started !== undefined || wrapper === 'alive' || launcher === 'alive')
    return { launcher, wrapper, watchdog: known[1], agent: known[2] };
  // Nobody can be asked for by pid. As long as anything of it lives it is not given up, nor its directory.
  return { launcher, watchdog: 'dead', ...tracesOf(directory, runIdOf(files)) };
}

/** Nobody has begun to start it. */
export function waitsInLine({ spec, started }: AgentFiles): boolean {
  return started.state === 'absent' && spec.state === 'there' && spec.value.queue?.launched === false;
}

/** What lives of an agent whose records name nobody. */
function tracesOf(directory: string, runId: string | undefined): Pick<Evidence['processes'], 'wrapper' | 'agent'> {
  const place = placeOf(directory);
  const table = processTable().filter(({ zombie }) => !zombie);
  // Not just anybody who works there: that may be a person who looks around.
  const works = ({ pid }: { pid: number }): boolean =>
    placeOf(`/proc/${pid}/cwd`) === place && argumentsOf(pid).some((word) => word.endsWith('/agent-wrapper'));
  return {
    wrapper: place !== undefined && table.some(works) ? 'alive' : 'dead',
    agent: runId !== undefined && table.some(({ cookie }) => cookie === runId) ? 'alive' : 'dead',
  };
}

function whereaboutsOf(files: AgentFiles): Whereabouts {
  const place =
    files.started.state === 'there'
      ? files.started.value.place
      : files.spec.state === 'there'
        ? files.spec.value.place
        : undefined;
  if (place === undefined) return 'here';
  if (place.bootId !== here().bootId) return 'rebooted';
  return place.pidNamespace === here().pidNamespace ? 'here' : 'elsewhere';
}
