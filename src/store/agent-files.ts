import { join } from 'node:path';
import type {
  AgentFiles,
  Exit,
  Found,
  ProcessIdentity,
  Report,
  Spec,
  Started,
  StopOrder,
  Used,
  Verdict,
} from '../agent/evidence.ts';
import type { Limits } from '../agent/limits.ts';
import { dialectOf } from '../agent/reports/dialects.ts';
import type { Reported } from '../agent/reports/reported.ts';
import { isEscapee } from '../agent/tree.ts';
import { ImpossibleTime, instantOf, LONGEST_MS, uptimeOf } from './disk-times.ts';
import type * as disk from './generated/types.ts';
import type { Validator } from './generated/validators.d.ts';
import * as validators from './generated/validators.js';
import { isThere, modifiedAt } from './modified-at.ts';
import { readText } from './read-text.ts';
import { readRecord } from './record-file.ts';
import { readReports } from './reports.ts';

/**
 * Everything that the files of one agent say, in memory's units. Reads only; a missing directory reads as missing
 * records. The sentinel is read first and the recorded code after it, since the one becomes the other: that, and the last
 * heartbeat, only once they are asked for, which of a live agent mostly nobody does.
 */
export function readAgentFiles(directory: string, name: string, archived: boolean): AgentFiles {
  return new ReadFiles(new Files(directory, name, archived));
}

/** In a class, since an object with getters of its own has a shape of its own, which costs as much as all that is in it. */
class ReadFiles implements AgentFiles {
  readonly #files: AgentFiles;
  readonly name: string;
  readonly archived: boolean;
  readonly sentinel: Found<Exit>;
  readonly spec: Found<Spec>;
  readonly report: Report | undefined;
  readonly session: string | undefined;
  readonly typed: boolean;
  readonly unreadReports: readonly string[];
  readonly stopOrder: Found<StopOrder>;
  readonly keptBy: string | undefined;
  readonly started: Found<Started>;
  readonly verdict: Found<Verdict>;
  readonly capMs: number | null | undefined;

  constructor(files: AgentFiles) {
    this.#files = files;
    this.name = files.name;
    this.archived = files.archived;
    this.sentinel = files.sentinel;
    this.spec = files.spec;
    this.report = files.report;
    this.session = files.session;
    this.typed = files.typed;
    this.unreadReports = files.unreadReports;
    this.stopOrder = files.stopOrder;
    this.keptBy = files.keptBy;
    this.started = files.started;
    this.verdict = files.verdict;
    this.capMs = files.capMs;
  }

  get recorded(): Found<Exit> {
    return this.#files.recorded;
  }

  get heartbeatAtMs(): number | undefined {
    return this.#files.heartbeatAtMs;
  }
}

/**
 * The same of an archived agent, each file read as it is first asked for: none of them changes any more, and whoever goes
 * through thousands needs few of each.
 */
export function archivedFiles(directory: string, name: string): AgentFiles {
  return new Files(directory, name, true);
}

/** The files of one agent, each as it is first asked for; of records nothing is read twice. */
class Files implements AgentFiles {
  readonly name: string;
  readonly archived: boolean;
  readonly #directory: string;
  readonly #known: Partial<AgentFiles> & { said?: Reported; orders?: Found<disk.Orders> } = {};

  constructor(directory: string, name: string, archived: boolean) {
    this.#directory = directory;
    this.name = name;
    this.archived = archived;
  }

  get spec(): Found<Spec> {
    this.#known.spec ??= convert(readRecord(this.#path('spec.json'), validators.spec), 'spec.json', specOf);
    return this.#known.spec;
  }

  get started(): Found<Started> {
    this.#known.started ??= convert(
      ofOneBoot(this.#own('started.json', validators.started), this.spec),
      'started.json',
      (started) => startedOf(started, this.spec),
    );
    return this.#known.started;
  }

  get sentinel(): Found<Exit> {
    this.#known.sentinel ??= convert(this.#rare('exit.json', validators.exit), 'exit.json', exitOf);
    return this.#known.sentinel;
  }

  get recorded(): Found<Exit> {
    this.#known.recorded ??= convert(this.#own('exit.tmp', validators.exit), 'exit.tmp', exitOf);
    return this.#known.recorded;
  }

  get verdict(): Found<Verdict> {
    this.#known.verdict ??= convert(this.#rare('verdict.json', validators.verdict), 'verdict.json', verdictOf);
    return this.#known.verdict;
  }

  get stopOrder(): Found<StopOrder> {
    const orders = this.#orders;
    return orders.state === 'there' && orders.value.stop === undefined
      ? { state: 'absent' }
      : convert(orders, 'orders.json', stopOrderOf);
  }

  get keptBy(): string | undefined {
    return this.#orders.state === 'there' ? this.#orders.value.keep?.by : undefined;
  }

  get report(): Report | undefined {
    return this.#said.report;
  }

  get session(): string | undefined {
    return this.#said.session;
  }

  get typed(): boolean {
    return this.#said.typed;
  }

  get unreadReports(): readonly string[] {
    return this.#said.unread;
  }

  get capMs(): number | null | undefined {
    return readCap(this.#directory);
  }

  get heartbeatAtMs(): number | undefined {
    return modifiedAt(this.#path('heartbeat'));
  }

  get #said(): Reported {
    this.#known.said ??= this.spec.state === 'there' ? readReports(this.#directory, this.spec.value) : NOTHING_SAID;
    return this.#known.said;
  }

  get #orders(): Found<disk.Orders> {
    this.#known.orders ??= isThere(this.#path('orders.json'))
      ? ordersOf(readRecord(this.#path('orders.json'), validators.orders), this.#runId)
      : ABSENT;
    return this.#known.orders;
  }

  get #runId(): string | undefined {
    return this.spec.state === 'there' ? this.spec.value.runId : undefined;
  }

  /** Of a file that a live agent mostly has not: to look costs a quarter of what it costs to fail to open it. */
  #rare<T extends { runId: string }>(file: string, validate: Validator<T>): Found<T> {
    return isThere(this.#path(file)) ? this.#own(file, validate) : ABSENT;
  }

  #own<T extends { runId: string }>(file: string, validate: Validator<T>): Found<T> {
    const found = readRecord(this.#path(file), validate);
    const runId = this.#runId;
    return found.state === 'there' && runId !== undefined && found.value.runId !== runId
      ? { state: 'damaged', problem: `${file} is damaged: it belongs to another run` }
      : found;
  }

  #path(file: string): string {
    return `${this.#directory}/${file}`;
  }
}

const ABSENT: Found<never> = { state: 'absent' };
const NOTHING_SAID: Reported = { report: undefined, session: undefined, typed: false, unread: [] };

/** The wrapper's own claim, written before anything else it does: who is starting this agent. */
export function readClaim(directory: string): ProcessIdentity | undefined {
  const [pid, startTime] = words(join(directory, 'wrapper.pid'));
  return pid !== undefined && /^\d+$/.test(pid) && startTime !== undefined
    ? { pid: Number(pid), startTime }
    : undefined;
}

/** Pids mean something in one boot only: taken for one of another, a live agent would be given up as lost. */
function ofOneBoot(found: Found<disk.Started>, spec: Found<Spec>): Found<disk.Started> {
  return found.state === 'there' && spec.state === 'there' && spec.value.place.bootId !== found.value.bootId
    ? {
        state: 'damaged',
        problem: 'started.json is damaged: it tells of another boot than spec.json',
        contradicts: true,
      }
    : found;
}

/** Those of another run, written as this one took over the name, are no orders to this one. */
function ordersOf(found: Found<disk.Orders>, runId: string | undefined): Found<disk.Orders> {
  const foreign = found.state === 'there' && runId !== undefined && found.value.runId !== runId;
  return foreign ? { state: 'absent' } : found;
}

function readCap(directory: string): number | null | undefined {
  const cap = words(join(directory, 'limits'))[1];
  if (cap === 'none') return null;
  return cap !== undefined && /^\d+$/.test(cap) ? limitOf(Number(cap)) : undefined;
}

function words(path: string): string[] {
  try {
    return readText(path).trim().split(/\s+/);
  } catch {
    return [];
  }
}

function convert<A, B>(found: Found<A>, file: string, change: (value: A) => B): Found<B> {
  if (found.state !== 'there') return found;
  try {
    return { state: 'there', value: change(found.value) };
  } catch (error) {
    if (!(error instanceof ImpossibleTime)) throw error;
    return { state: 'damaged', problem: `${file} is damaged: ${error.message}` };
  }
}

function limitOf(seconds: number): number {
  return Math.min(seconds * 1000, LONGEST_MS);
}

function specOf(spec: disk.Spec): Spec {
  return {
    name: spec.name,
    runId: spec.runId,
    parent: spec.parent,
    withParent: spec.withParent,
    leaveRunning: spec.leaveRunning ?? false,
    reports: spec.reports ?? dialectOf(spec.command),
    command: spec.command,
    cwd: spec.cwd,
    labels: spec.labels,
    limits: limitsOf(spec.limits),
    spare: spec.spare ?? [],
    on: spec.on ?? {},
    queue: spec.queue ? { ...spec.queue, launched: spec.queue.launched !== null } : null,
    createdAtMs: instantOf(spec.createdAt),
    launchedAtMs: instantOf(spec.queue?.launched?.at ?? spec.createdAt),
    launchedUptimeMs: uptimeOf(spec.queue?.launched?.uptimeSeconds ?? spec.createdUptimeSeconds),
    launcher: spec.launcher,
    place: { bootId: spec.bootId, pidNamespace: spec.pidNamespace },
    ...(typeof spec.agent === 'string' && { profile: spec.agent }),
  };
}

function limitsOf(limits: disk.Limits): Limits {
  const ms = (seconds: number | null): number | null => (seconds === null ? null : limitOf(seconds));
  return {
    maxRuntimeMs: ms(limits.maxRuntimeSeconds),
    graceMs: ms(limits.graceSeconds),
    maxIdleMs: ms(limits.maxIdleSeconds),
    killAfterMs: limitOf(limits.killAfterSeconds),
  };
}

/** Limits as they stand on disk and in --json. */
export function limitsToDisk(limits: Limits): disk.Limits {
  const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);
  return {
    maxRuntimeSeconds: seconds(limits.maxRuntimeMs),
    graceSeconds: seconds(limits.graceMs),
    maxIdleSeconds: seconds(limits.maxIdleMs),
    killAfterSeconds: limits.killAfterMs / 1000,
  };
}

function startedOf(started: disk.Started, spec: Found<Spec>): Started {
  const uptimeMs = uptimeOf(started.uptimeSeconds);
  // A shell knows the wall clock to the second only; uptime, and the launcher's clock, know it better.
  const launch = spec.state === 'there' ? spec.value : undefined;
  return {
    agent: started.agent,
    wrapper: started.wrapper,
    watchdog: started.watchdog,
    place: { bootId: started.bootId, pidNamespace: started.pidNamespace },
    tmux: started.tmux,
    spare: launch?.spare ?? [],
    cgroup: started.cgroup ?? null,
    uptimeMs,
    startedAtMs: launch ? launch.launchedAtMs + uptimeMs - launch.launchedUptimeMs : instantOf(started.startedAt),
  };
}

function exitOf(exit: disk.Exit): Exit {
  return { code: exit.code, how: exit.how, cause: exit.cause, uptimeMs: uptimeOf(exit.uptimeSeconds) };
}

function stopOrderOf(orders: disk.Orders): StopOrder {
  const stop = orders.stop as disk.StopOrder;
  return {
    atMs: instantOf(stop.at),
    uptimeMs: uptimeOf(stop.uptimeSeconds),
    killAfterMs: limitOf(stop.killAfterSeconds),
    by: stop.by,
    stopper: stop.stopper,
  };
}

function verdictOf(verdict: disk.Verdict): Verdict {
  const escapees = [...verdict.ended, ...verdict.survivors].filter(({ why }) => isEscapee(why)).length;
  return {
    cause: verdict.cause,
    reason: verdict.reason,
    said: verdict.said,
    steps: verdict.steps.map(({ step, at, uptimeSeconds }) => ({
      step,
      atMs: instantOf(at),
      uptimeMs: uptimeOf(uptimeSeconds),
    })),
    ...(verdict.resources && { used: usedOf(verdict.resources) }),
    ...(escapees > 0 && { escapees }),
  };
}

function usedOf({ cpuSeconds, waitingSeconds, idleSeconds }: disk.Resources): Used {
  const ms = (seconds: number | null | undefined): number | null =>
    typeof seconds === 'number' ? Math.round(limitOf(seconds)) : null;
  return { cpuMs: ms(cpuSeconds), waitingMs: ms(waitingSeconds), idleMs: ms(idleSeconds) };
}
