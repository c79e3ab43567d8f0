import { type Filter, parseFilters } from '../agent/filter.ts';
import { isName } from '../agent/name.ts';
import { nearest } from '../agent/nearest.ts';
import { UnknownAgentError } from '../errors.ts';
import type { Agent, ProcessNote } from '../store/generated/types.ts';
import type { StateDir } from '../store/state-dir.ts';
import { describe, type Summary, summarize } from './describe.ts';
import { leftBehindBy, tellLeft } from './leftovers.ts';
import { type Observed, observeAll, observeArchive, observeArchived, observeNamed, wasRemoved } from './observe.ts';

export interface ListOptions {
  /** Also what has been torn down, and what ended longer ago than its grace. */
  all?: boolean | undefined;
  /** `phase=…`, `result=…`, `label=KEY[=VALUE]`. */
  filter?: readonly string[] | undefined;
}

/**
 * The agents of a state directory: live ones first, the newest first, then those that ended within their grace.
 *
 * @throws {InvalidInput} on a filter that is none.
 * @example list(openStateDir(), { filter: ['phase=running'] })
 */
export function list(stateDir: StateDir, options: ListOptions = {}): Agent[] {
  return tellOf(stateDir, options, (agent, left) => tellLeft(describe(agent), left));
}

/** The same for a table. */
export function listBriefly(stateDir: StateDir, options: ListOptions): Summary[] {
  return tellOf(stateDir, options, (agent, left) =>
    left === undefined ? summarize(agent) : { ...summarize(agent), leftRunning: left },
  );
}

function tellOf<T>(
  stateDir: StateDir,
  options: ListOptions,
  tell: (agent: Observed, left: ProcessNote[] | undefined) => T,
): T[] {
  const filter = parseFilters(options.filter ?? []);
  const seen = options.all ? everyAgent(stateDir.path) : present(stateDir);
  const agents = seen.filter((agent) => matches(filter, agent)).sort(liveThenNewest);
  const left = leftBehindBy(agents);
  const told = agents.map((agent) => ({ agent, facts: tell(agent, left.get(agent)) }));
  return told.filter(({ agent }) => !wasRemoved(agent)).map(({ facts }) => facts);
}

/** The same without what those that have ended left running: that costs a look at all processes. */
export function listPresent(stateDir: StateDir): Agent[] {
  return present(stateDir)
    .sort(liveThenNewest)
    .map((agent) => describe(agent));
}

function present(stateDir: StateDir): Observed[] {
  return observeAll(stateDir.path).filter((agent) => !isPastGrace(agent));
}

/** Every agent, archived ones too, each once. */
function everyAgent(stateDir: string): Observed[] {
  const current = observeAll(stateDir);
  return eachOnce(current, observeArchive(stateDir));
}

/** Those of both looks, of which the one at the archive came later. */
export function eachOnce<T extends Pick<Observed, 'runId'>>(current: readonly T[], archived: readonly T[]): T[] {
  // Whoever was moved to the archive between the two looks was seen twice.
  const moved = new Set(archived.map(({ runId }) => runId));
  return [...current.filter(({ runId }) => runId === undefined || !moved.has(runId)), ...archived];
}

/** One agent: a name means whoever has it now, else the newest archived one; with a run id, that run and no other. */
export interface AgentReference {
  name: string;
  runId?: string | null | undefined;
}

/** Reads `NAME` or `NAME.RUNID`. */
export function parseReference(text: string): { name: string; runId: string | undefined } {
  const dot = text.lastIndexOf('.');
  return dot < 0 ? { name: text, runId: undefined } : { name: text.slice(0, dot), runId: text.slice(dot + 1) };
}

/** @throws {UnknownAgentError} as {@link find}. */
export function resolve(stateDir: StateDir, { name, runId }: AgentReference): Observed {
  return find(stateDir, runId ? `${name}.${runId}` : name);
}

/**
 * What is meant by a name: the agent that has it now, else the newest archived one. `NAME.RUNID` means that run.
 *
 * @throws {UnknownAgentError} with the nearest name.
 */
export function find(stateDir: StateDir, reference: string): Observed {
  const { name, runId } = parseReference(reference);
  const current = observeNamed(stateDir.path, name);
  if (current && (runId === undefined || current.runId === runId)) return current;
  const archived = isName(name) ? observeArchived(stateDir.path, name, runId) : undefined;
  if (archived) return archived;
  const known = [...observeAll(stateDir.path), ...observeArchive(stateDir.path)].map((agent) => agent.name);
  const suggestion = nearest(reference, known);
  throw new UnknownAgentError(
    `there is no agent ${JSON.stringify(reference)} in ${stateDir.path}: ${suggestion ? `did you mean ${suggestion}?` : '"agentctl ps -a" lists all'}`,
  );
}

/**
 * Agents by name, by filter, or all live ones; each once, in the order in which they were named.
 *
 * @param options - `endedToo`: also those that have ended and are not torn down: whoever waits for a job must hear of
 *   the one that failed at once.
 * @throws {UnknownAgentError} for a name that is none.
 */
export function select(
  stateDir: StateDir,
  names: readonly string[],
  options: { filter?: readonly string[]; all?: boolean; endedToo?: boolean },
): Observed[] {
  const named = names.map((name) => find(stateDir, name));
  const filter = parseFilters(options.filter ?? []);
  const wanted = options.all || (options.filter?.length ?? 0) > 0;
  const fits = (agent: Observed): boolean =>
    (options.endedToo || agent.status.phase !== 'ended') && matches(filter, agent);
  const listed = wanted ? observeAll(stateDir.path).filter(fits) : [];
  const chosen = new Map([...named, ...listed].map((agent) => [agent.runId ?? agent.name, agent]));
  return [...chosen.values()];
}

/** Agents with those that they spawned, and those with theirs; `onlyBound` takes those that end with their parent. */
export function withDescendants(stateDir: StateDir, agents: readonly Observed[], onlyBound: boolean): Observed[] {
  const found = new Map(agents.map((agent) => [agent.runId ?? agent.name, agent]));
  const others = observeAll(stateDir.path);
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const agent of others) {
      const spec = agent.evidence.files.spec;
      if (spec.state !== 'there' || spec.value.parent === null || (onlyBound && !spec.value.withParent)) continue;
      if (found.has(spec.value.parent.runId) && agent.status.phase !== 'ended') found.set(spec.value.runId, agent);
    }
  }
  return [...found.values()];
}

/** Ended for longer than its grace: it only waits for teardown. */
function isPastGrace({ status, evidence }: Observed): boolean {
  if (status.phase !== 'ended' || evidence.files.keptBy !== undefined) return false;
  // Without a spec nobody knows its grace: it is shown.
  const graceMs = evidence.files.spec.state === 'there' ? evidence.files.spec.value.limits.graceMs : null;
  return graceMs !== null && evidence.now.wallMs - (status.endedAtMs ?? 0) > graceMs;
}

function matches(filter: Filter, { evidence, status }: Observed): boolean {
  return filter(evidence.files.spec.state === 'there' ? evidence.files.spec.value.labels : {}, status);
}

function liveThenNewest(a: Observed, b: Observed): number {
  const ended = (agent: Observed): number => (agent.status.phase === 'ended' ? 1 : 0);
  const since = ({ status, evidence }: Observed): number =>
    status.endedAtMs ?? (evidence.files.spec.state === 'there' ? evidence.files.spec.value.createdAtMs : 0);
  return ended(a) - ended(b) || since(b) - since(a) || (a.name < b.name ? -1 : 1);
}
