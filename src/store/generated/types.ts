// Generated from schemas/ by schemas/generate.mjs; do not edit.

export type Phase = 'queued' | 'starting' | 'running' | 'waiting' | 'done' | 'stopping' | 'ended' | 'unknown';
export type AgentResult = 'succeeded' | 'failed' | 'signaled' | 'timed-out' | 'idled-out' | 'stopped' | 'lost';

export interface Schemas {
  agent: Agent;
  doctor: DoctorReport;
  exit: Exit;
  info: Info;
  list: AgentList;
  orders: Orders;
  spec: Spec;
  started: Started;
  verdict: Verdict;
}
/**
 * One agent, as `inspect --json` and `spawn --json` print it, `wait --json` on a line of its own as each ends, and `ps --json` in its list.
 */
export interface Agent {
  /**
   * Version of this record's format; a reader refuses a newer one by name and keeps unknown fields.
   */
  schemaVersion: 1;
  name: string;
  /**
   * null only where the record is damaged.
   */
  runId: string | null;
  parent: ParentReference | null;
  phase: Phase;
  result: AgentResult | null;
  /**
   * true once nothing about the result can change any more.
   */
  terminal: boolean;
  /**
   * null where nobody knows.
   */
  exitCode: number | null;
  signal: string | null;
  reason: string;
  createdAt: string | null;
  startedAt: string | null;
  endedAt: string | null;
  /**
   * When the cap ends it; null is never.
   */
  deadline: string | null;
  /**
   * When its terminal last showed something new.
   */
  lastOutputAt: string | null;
  limits: Limits | null;
  labels: {
    [k: string]: string;
  };
  cwd: string | null;
  command: string[];
  archived: boolean;
  directory: string;
  evidence: WitnessStatements;
  [k: string]: unknown;
}
export interface ParentReference {
  /**
   * Unique among the agents that have not ended.
   */
  name: string;
  /**
   * Unique for ever, sortable by time; also the cookie AGENTCTL_RUN_ID in the agent's environment.
   */
  runId: string;
  [k: string]: unknown;
}
export interface Limits {
  /**
   * The cap: how long the agent may run; null is none.
   */
  maxRuntimeSeconds: number | null;
  /**
   * From completion to teardown; null is never.
   */
  graceSeconds: number | null;
  /**
   * How long the agent may do nothing; null is for ever.
   */
  maxIdleSeconds: number | null;
  /**
   * From TERM to KILL.
   */
  killAfterSeconds: number;
  [k: string]: unknown;
}
/**
 * What each witness says, so that a disagreement can be seen.
 */
export interface WitnessStatements {
  sentinel: string;
  process: string;
  heartbeat: string;
  report: string;
  tmux: string;
  [k: string]: unknown;
}
/**
 * What `doctor --json` prints.
 */
export interface DoctorReport {
  /**
   * Version of this record's format; a reader refuses a newer one by name and keeps unknown fields.
   */
  schemaVersion: 1;
  findings: Finding[];
  [k: string]: unknown;
}
export interface Finding {
  check: string;
  level: 'ok' | 'warning' | 'error';
  found: string;
  remedy: string | null;
  [k: string]: unknown;
}
/**
 * exit.json: the sentinel, the proof that the agent ended. Published by the wrapper, or by the watchdog once the wrapper is dead.
 */
export interface Exit {
  /**
   * Version of this record's format; a reader refuses a newer one by name and keeps unknown fields.
   */
  schemaVersion: 1;
  /**
   * Unique for ever, sortable by time; also the cookie AGENTCTL_RUN_ID in the agent's environment.
   */
  runId: string;
  /**
   * The exit code as a shell reports it; null where nobody could learn it.
   */
  code: number | null;
  /**
   * observed: the wrapper collected it; inferred: the wrapper was dead; pending: only in exit.tmp, the agent has not ended.
   */
  how: 'observed' | 'inferred' | 'pending';
  /**
   * Why the watchdog ended it, if it did.
   */
  cause: 'natural' | 'capped' | 'with-parent';
  /**
   * Seconds since boot, suspend included (/proc/uptime).
   */
  uptimeSeconds: number;
  [k: string]: unknown;
}
/**
 * What `info --json` prints.
 */
export interface Info {
  /**
   * Version of this record's format; a reader refuses a newer one by name and keeps unknown fields.
   */
  schemaVersion: 1;
  version: string;
  stateDirectory: string;
  stateDirectoryReason: string;
  tmuxSocket: string;
  tmuxConfig: string | null;
  tmuxVersion: string | null;
  nodeVersion: string;
  package: string;
  agents: AgentCounts;
  [k: string]: unknown;
}
export interface AgentCounts {
  live: number;
  ended: number;
  archived: number;
  [k: string]: unknown;
}
/**
 * What `ps --json` prints.
 */
export interface AgentList {
  /**
   * Version of this record's format; a reader refuses a newer one by name and keeps unknown fields.
   */
  schemaVersion: 1;
  manager: ManagerState;
  agents: Agent[];
  [k: string]: unknown;
}
export interface ManagerState {
  running: boolean;
  [k: string]: unknown;
}
/**
 * orders.json: what users asked of a live agent. Written by commands.
 */
export interface Orders {
  /**
   * Version of this record's format; a reader refuses a newer one by name and keeps unknown fields.
   */
  schemaVersion: 1;
  /**
   * Unique for ever, sortable by time; also the cookie AGENTCTL_RUN_ID in the agent's environment.
   */
  runId: string;
  stop?: StopOrder;
  [k: string]: unknown;
}
export interface StopOrder {
  /**
   * ISO 8601, UTC.
   */
  at: string;
  /**
   * Seconds since boot, suspend included (/proc/uptime).
   */
  uptimeSeconds: number;
  killAfterSeconds: number;
  /**
   * Who asked, for people.
   */
  by: string;
  [k: string]: unknown;
}
/**
 * spec.json: what to run, by whom and under which limits. Written once by the launcher.
 */
export interface Spec {
  /**
   * Version of this record's format; a reader refuses a newer one by name and keeps unknown fields.
   */
  schemaVersion: 1;
  agentctlVersion: string;
  /**
   * Unique among the agents that have not ended.
   */
  name: string;
  /**
   * Unique for ever, sortable by time; also the cookie AGENTCTL_RUN_ID in the agent's environment.
   */
  runId: string;
  parent: ParentReference1 | null;
  withParent: boolean;
  /**
   * The command and its arguments, as given.
   */
  command: string[];
  cwd: string;
  labels: {
    [k: string]: string;
  };
  limits: Limits1;
  size: Size;
  /**
   * File that is the agent's stdin; null is the terminal.
   */
  stdin: string | null;
  stdout: string | null;
  stderr: string | null;
  /**
   * ISO 8601, UTC.
   */
  createdAt: string;
  /**
   * Seconds since boot, suspend included (/proc/uptime).
   */
  createdUptimeSeconds: number;
  launcher: ProcessIdentity;
  bootId: string;
  pidNamespace: string;
  [k: string]: unknown;
}
export interface ParentReference1 {
  /**
   * Unique among the agents that have not ended.
   */
  name: string;
  /**
   * Unique for ever, sortable by time; also the cookie AGENTCTL_RUN_ID in the agent's environment.
   */
  runId: string;
  [k: string]: unknown;
}
export interface Limits1 {
  /**
   * The cap: how long the agent may run; null is none.
   */
  maxRuntimeSeconds: number | null;
  /**
   * From completion to teardown; null is never.
   */
  graceSeconds: number | null;
  /**
   * How long the agent may do nothing; null is for ever.
   */
  maxIdleSeconds: number | null;
  /**
   * From TERM to KILL.
   */
  killAfterSeconds: number;
  [k: string]: unknown;
}
export interface Size {
  columns: number;
  rows: number;
  [k: string]: unknown;
}
/**
 * A process that cannot be confused with a later one of the same number.
 */
export interface ProcessIdentity {
  pid: number;
  /**
   * Field 22 of /proc/PID/stat: clock ticks since boot.
   */
  startTime: string;
  [k: string]: unknown;
}
/**
 * started.json: the proof that the agent runs. Written once by launch.sh, its last act before it becomes the agent.
 */
export interface Started {
  /**
   * Version of this record's format; a reader refuses a newer one by name and keeps unknown fields.
   */
  schemaVersion: 1;
  /**
   * Unique for ever, sortable by time; also the cookie AGENTCTL_RUN_ID in the agent's environment.
   */
  runId: string;
  agent: ProcessIdentity1;
  wrapper: ProcessIdentity2;
  watchdog: ProcessIdentity3;
  bootId: string;
  pidNamespace: string;
  tmux: Pane;
  /**
   * Seconds since boot, suspend included (/proc/uptime).
   */
  uptimeSeconds: number;
  /**
   * ISO 8601, UTC.
   */
  startedAt: string;
  [k: string]: unknown;
}
/**
 * A process that cannot be confused with a later one of the same number.
 */
export interface ProcessIdentity1 {
  pid: number;
  /**
   * Field 22 of /proc/PID/stat: clock ticks since boot.
   */
  startTime: string;
  [k: string]: unknown;
}
/**
 * A process that cannot be confused with a later one of the same number.
 */
export interface ProcessIdentity2 {
  pid: number;
  /**
   * Field 22 of /proc/PID/stat: clock ticks since boot.
   */
  startTime: string;
  [k: string]: unknown;
}
/**
 * A process that cannot be confused with a later one of the same number.
 */
export interface ProcessIdentity3 {
  pid: number;
  /**
   * Field 22 of /proc/PID/stat: clock ticks since boot.
   */
  startTime: string;
  [k: string]: unknown;
}
export interface Pane {
  serverPid: number;
  session: string;
  pane: string;
  [k: string]: unknown;
}
/**
 * verdict.json: why the agent was ended, each step with its time, and what was left over. Created once, exclusively, by reconcile.
 */
export interface Verdict {
  /**
   * Version of this record's format; a reader refuses a newer one by name and keeps unknown fields.
   */
  schemaVersion: 1;
  /**
   * Unique for ever, sortable by time; also the cookie AGENTCTL_RUN_ID in the agent's environment.
   */
  runId: string;
  cause: 'natural' | 'stopped' | 'capped' | 'with-parent' | 'lost';
  reason: string;
  steps: VerdictStep[];
  /**
   * Processes that were still there and have been ended.
   */
  ended: ProcessNote[];
  /**
   * Processes that serve everyone and were left alone.
   */
  spared: ProcessNote1[];
  /**
   * Processes that could not be ended.
   */
  survivors: ProcessNote2[];
  [k: string]: unknown;
}
export interface VerdictStep {
  step: 'term' | 'kill' | 'ended' | 'teardown';
  /**
   * ISO 8601, UTC.
   */
  at: string;
  /**
   * Seconds since boot, suspend included (/proc/uptime).
   */
  uptimeSeconds: number;
  [k: string]: unknown;
}
export interface ProcessNote {
  pid: number;
  command: string;
  /**
   * What ties it to the agent.
   */
  why: string;
  [k: string]: unknown;
}
export interface ProcessNote1 {
  pid: number;
  command: string;
  /**
   * What ties it to the agent.
   */
  why: string;
  [k: string]: unknown;
}
export interface ProcessNote2 {
  pid: number;
  command: string;
  /**
   * What ties it to the agent.
   */
  why: string;
  [k: string]: unknown;
}
