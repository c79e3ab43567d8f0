import { join } from 'node:path';
import type { AgentFiles, Exit, Found, ProcessIdentity, Spec, Started, StopOrder, Verdict } from '../agent/evidence.ts';
import type { Limits } from '../agent/limits.ts';
import { dialectOf } from '../agent/reports/dialects.ts';
import { ImpossibleTime, instantOf, LONGEST_MS, uptimeOf } from './disk-times.ts';
import type * as disk from './generated/types.ts';
import * as validators from './generated/validators.js';
import { modifiedAt } from './modified-at.ts';
import { readText } from './read-text.ts';
import { readRecord } from './record-file.ts';
import { readReports } from './reports.ts';

/**
 * Everything that the files of one agent say, in memory's units. Reads only; a missing directory reads as missing
 * records. The sentinel is read first and the recorded code last, since the one becomes the other.
 */
export function readAgentFiles(directory: string, name: string, archived: boolean): AgentFiles {
  const sentinel = readRecord(join(directory, 'exit.json'), validators.exit);
  const spec = convert(readRecord(join(directory, 'spec.json'), validators.spec), 'spec.json', specOf);
  const runId = spec.state === 'there' ? spec.value.runId : undefined;
  const own = <T extends { runId: string }>(found: Found<T>, file: string): Found<T> =>
    found.state === 'there' && runId !== undefined && found.value.runId !== runId
      ? { state: 'damaged', problem: `${file} is damaged: it belongs to another run` }
      : found;
  const read = <T extends { runId: string }>(file: string, validate: Parameters<typeof readRecord<T>>[1]) =>
    own(readRecord(join(directory, file), validate), file);
  const said = spec.state === 'there' ? readReports(directory, spec.value) : undefined;
  const orders = ordersOf(readRecord(join(directory, 'orders.json'), validators.orders), runId);
  return {
    name,
    archived,
    spec,
    started: convert(ofOneBoot(read('started.json', validators.started), spec), 'started.json', (started) =>
      startedOf(started, spec),
    ),
    sentinel: convert(own(sentinel, 'exit.json'), 'exit.json', exitOf),
    recorded: convert(read('exit.tmp', validators.exit), 'exit.tmp', exitOf),
    stopOrder:
      orders.state === 'there' && orders.value.stop === undefined
        ? { state: 'absent' }
        : convert(orders, 'orders.json', stopOrderOf),
    keptBy: orders.state === 'there' ? orders.value.keep?.by : undefined,
    report: said?.report,
    session: said?.session,
    typed: said?.typed ?? false,
    unreadReports: said?.unread ?? [],
    verdict: convert(read('verdict.json', validators.verdict), 'verdict.json', verdictOf),
    capMs: readCap(directory),
    heartbeatAtMs: modifiedAt(join(directory, 'heartbeat')),
  };
}

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
    ? { state: 'damaged', problem: 'started.json is damaged: it tells of another boot than spec.json' }
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
    createdAtMs: instantOf(spec.createdAt),
    createdUptimeMs: uptimeOf(spec.createdUptimeSeconds),
    launcher: spec.launcher,
    place: { bootId: spec.bootId, pidNamespace: spec.pidNamespace },
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
  const sinceCreation = spec.state === 'there' ? spec.value : undefined;
  return {
    agent: started.agent,
    wrapper: started.wrapper,
    watchdog: started.watchdog,
    place: { bootId: started.bootId, pidNamespace: started.pidNamespace },
    tmux: started.tmux,
    spare: sinceCreation?.spare ?? [],
    cgroup: started.cgroup ?? null,
    uptimeMs,
    startedAtMs: sinceCreation
      ? sinceCreation.createdAtMs + uptimeMs - sinceCreation.createdUptimeMs
      : instantOf(started.startedAt),
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
  };
}

function verdictOf(verdict: disk.Verdict): Verdict {
  return {
    cause: verdict.cause,
    reason: verdict.reason,
    said: verdict.said,
    steps: verdict.steps.map(({ step, at, uptimeSeconds }) => ({
      step,
      atMs: instantOf(at),
      uptimeMs: uptimeOf(uptimeSeconds),
    })),
  };
}
