// Generated from schemas/ by schemas/generate.mjs; do not edit.

export type Phase = 'queued' | 'starting' | 'running' | 'waiting' | 'done' | 'stopping' | 'ended' | 'unknown';
export type AgentResult = 'succeeded' | 'failed' | 'signaled' | 'timed-out' | 'idled-out' | 'stopped' | 'lost';

export interface Schemas {
  activity: Activity;
  agent: Agent;
  audit: Audit;
  config: Config;
  doctor: DoctorReport;
  event: Event;
  exit: Exit;
  info: Info;
  list: AgentList;
  'manager-status': ManagerStatus;
  manager: Manager;
  orders: Orders;
  profiles: Profiles;
  report: Report;
  spec: Spec;
  started: Started;
  stats: Stats;
  verdict: Verdict;
}
/**
 * activity.json: what reconcile remembers of an agent between two looks. Losing it only makes idleness begin anew.
 */
export interface Activity {
  /**
   * Version of this record's format; a reader refuses a newer one by name and keeps unknown fields.
   */
  schemaVersion: 1;
  /**
   * Unique for ever, sortable by time; also the cookie AGENTCTL_RUN_ID in the agent's environment.
   */
  runId: string;
  /**
   * Oldest first.
   */
  samples: ActivitySample[];
  /**
   * CPU time of the tree, never falling.
   */
  cpuSeconds: number;
  /**
   * What its processes added up to at the last look: it falls when one of them is gone.
   */
  treeCpuSeconds: number;
  /**
   * The most resident memory of the tree seen at one time.
   */
  peakMemoryBytes: number;
  warnedCapSeconds: number | null;
  /**
   * When it was last measured, on the clock of the samples.
   */
  lookedAtAwakeSeconds: number;
  /**
   * Seconds of suspend since boot, as of then: where it has grown since, idleness begins anew. Absent: not known.
   */
  asleepSeconds?: number;
  [k: string]: unknown;
}
export interface ActivitySample {
  /**
   * Seconds since boot without suspend (CLOCK_MONOTONIC).
   */
  awakeSeconds: number;
  /**
   * CPU time that the tree had used.
   */
  cpuSeconds: number;
  /**
   * How long the log was.
   */
  outputBytes: number;
  [k: string]: unknown;
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
  /**
   * The newest report that decides.
   */
  report: ReportOnAgent | null;
  /**
   * When its session goes, unless it is kept or somebody is attached; null is never or not yet known.
   */
  teardownAt: string | null;
  /**
   * `agentctl keep` holds its teardown.
   */
  kept: boolean;
  /**
   * Only where it was looked for: what it left running, which goes at teardown.
   */
  leftRunning?: ProcessNote[];
  /**
   * Only in `inspect`: verdict.json (schemas/verdict.schema.json), why and how agentctl ended it.
   */
  verdict?: {
    [k: string]: unknown;
  } | null;
  /**
   * The shell line that takes up the agent's own session again; null where it has told of none.
   */
  resume: string | null;
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
 * What was said of the agent.
 */
export interface ReportOnAgent {
  state: 'working' | 'waiting' | 'done';
  /**
   * `done`, `send`, `keys`, or the kind of agent whose own event it is.
   */
  source: string;
  status: ('success' | 'failure') | null;
  message: string | null;
  /**
   * Where the result is.
   */
  resultFile: string | null;
  /**
   * ISO 8601, UTC.
   */
  at: string;
  /**
   * With `waiting`: what for, as `permission` or `rate limit`.
   */
  waitingFor: string | null;
  /**
   * What it says goes on in the background, and may wake it.
   */
  background: string[];
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
/**
 * What `audit --json` prints: what agentctl is to replace in scripts.
 */
export interface Audit {
  /**
   * Version of this record's format; a reader refuses a newer one by name and keeps unknown fields.
   */
  schemaVersion: 1;
  /**
   * How many were looked at.
   */
  files: number;
  /**
   * By path as it was given, file by file, then by line.
   */
  findings: {
    file: string;
    line: number;
    hazard: 'tmux-start' | 'tmux-probe' | 'tmux-kill' | 'sleep-holder' | 'tee-exit-code' | 'log-grep' | 'long-timeout';
    /**
     * What is dangerous about it, for people.
     */
    sentence: string;
    /**
     * The line, without the white space around it; cut where it is longer than 200 characters.
     */
    text: string;
    /**
     * The agentctl line to put there; words in capitals (NAME, COMMAND) could not be read. An option alone belongs on the line that starts the agent; for `sleep-holder` a sentence that begins with `nothing`.
     */
    instead: string;
    [k: string]: unknown;
  }[];
  /**
   * Files and directories that could not be read, and files longer than 1 MiB.
   */
  skipped: {
    file: string;
    reason: string;
    [k: string]: unknown;
  }[];
  [k: string]: unknown;
}
/**
 * agentctl/config.json in $XDG_CONFIG_HOME (~/.config): what a user sets once.
 */
export interface Config {
  $schema?: string;
  /**
   * Agents for `spawn --agent NAME`; one of a built-in name replaces that.
   */
  profiles?: {
    [k: string]: ConfigProfile;
  };
  [k: string]: unknown;
}
export interface ConfigProfile {
  /**
   * The program, and words that always follow it.
   *
   * @minItems 1
   */
  command: [string, ...string[]];
  /**
   * Whose hooks are put in, and whose events come back. Without it the agent reports only what it says by `agentctl done`.
   */
  agent?: 'claude' | 'codex' | 'gemini' | 'opencode';
  /**
   * The last words where there is a prompt, for which {prompt} stands in them. Default: those of its agent, else the prompt alone.
   */
  prompt?: string[];
  /**
   * Added to its environment.
   */
  env?: {
    [k: string]: string;
  };
  /**
   * What to do where the program is missing.
   */
  install?: string;
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
 * One line of events.ndjson.
 */
export interface Event {
  /**
   * Version of this record's format; a reader refuses a newer one by name and keeps unknown fields.
   */
  schemaVersion: 1;
  /**
   * ISO 8601, UTC.
   */
  at: string;
  event: 'warned' | 'stopping' | 'torn-down';
  name: string;
  /**
   * Unique for ever, sortable by time; also the cookie AGENTCTL_RUN_ID in the agent's environment.
   */
  runId: string;
  /**
   * With `stopping` and `torn-down`: as in verdict.json.
   */
  cause: string | null;
  reason: string;
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
 * What `manager status --json` prints.
 */
export interface ManagerStatus {
  /**
   * Version of this record's format; a reader refuses a newer one by name and keeps unknown fields.
   */
  schemaVersion: 1;
  running: boolean;
  /**
   * No command starts one until `manager start`.
   */
  held: boolean;
  pid: number | null;
  version: string | null;
  startedAt: string | null;
  watching: Watched;
  /**
   * When it will look at an agent again at the latest, and which.
   */
  nextDeadline: NextDeadline | null;
  memoryBytes: number | null;
  cpuSeconds: number | null;
  log: string;
  [k: string]: unknown;
}
export interface Watched {
  live: number;
  ended: number;
  unknown: number;
  [k: string]: unknown;
}
export interface NextDeadline {
  /**
   * ISO 8601, UTC.
   */
  at: string;
  name: string;
  [k: string]: unknown;
}
/**
 * manager.json: which process is the lifecycle manager of this state directory. It lives if that very process does.
 */
export interface Manager {
  /**
   * Version of this record's format; a reader refuses a newer one by name and keeps unknown fields.
   */
  schemaVersion: 1;
  pid: number;
  /**
   * Clock ticks since boot, as in /proc/PID/stat: a pid alone is no identity.
   */
  startTime: string;
  bootId: string;
  pidNamespace: string;
  version: string;
  /**
   * When its program was built: of two with one version the older is replaced.
   */
  builtAtMs: number;
  /**
   * ISO 8601, UTC.
   */
  startedAt: string;
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
  keep?: KeepOrder;
  /**
   * Each `extend`, oldest first; what is in force stands in `limits`.
   */
  extensions?: Extension[];
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
 * While it is here, it is not ended for being done or idle, and nothing tears it down by time.
 */
export interface KeepOrder {
  /**
   * ISO 8601, UTC.
   */
  at: string;
  /**
   * Who asked, for people.
   */
  by: string;
  [k: string]: unknown;
}
export interface Extension {
  /**
   * ISO 8601, UTC.
   */
  at: string;
  /**
   * Who asked, for people.
   */
  by: string;
  seconds: number | null;
  [k: string]: unknown;
}
/**
 * What `agents --json` prints.
 */
export interface Profiles {
  /**
   * Version of this record's format; a reader refuses a newer one by name and keeps unknown fields.
   */
  schemaVersion: 1;
  profiles: ProfileEntry[];
  [k: string]: unknown;
}
export interface ProfileEntry {
  /**
   * For `spawn --agent`.
   */
  name: string;
  /**
   * Whose hooks are put in; null for one that reports only by `agentctl done`.
   */
  agent: string | null;
  command: string[];
  /**
   * Its program's path; null where it is not installed.
   */
  program: string | null;
  /**
   * What to do where it is not.
   */
  install: string;
  /**
   * What it tells by itself, for people.
   */
  reports: string;
  /**
   * How far that was proved, for people.
   */
  proved: string;
  /**
   * false for one of the user's config.json.
   */
  builtIn: boolean;
  [k: string]: unknown;
}
/**
 * A .json file in reports/: what was said of an agent through agentctl. The agent's own events lie beside it as they came. What came last, counts.
 */
export interface Report {
  /**
   * Version of this record's format; a reader refuses a newer one by name and keeps unknown fields.
   */
  schemaVersion: 1;
  /**
   * Unique for ever, sortable by time; also the cookie AGENTCTL_RUN_ID in the agent's environment.
   */
  runId: string;
  /**
   * Who says so: `done` (agentctl done), `send` (agentctl send), `keys` (a person at its terminal).
   */
  source: string;
  state: 'working' | 'done';
  /**
   * With `done`: how it went.
   */
  status: ('success' | 'failure') | null;
  /**
   * With `done`: what there is to say of it.
   */
  message: string | null;
  /**
   * With `done`: the copy of the result, beside this record.
   */
  resultFile: string | null;
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
  /**
   * After its own end nothing that it left running is ended.
   */
  leaveRunning?: boolean;
  /**
   * The profile that made its command (`--agent`); null or absent where the command was given.
   */
  agent?: string | null;
  /**
   * Whose events its own reports are: claude, codex, gemini, opencode; null or absent: the command's program tells.
   */
  reports?: string | null;
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
  /**
   * The control group that holds the agent's processes and nothing else; null where none could be made.
   */
  cgroup?: string | null;
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
 * What `stats --json` prints: agents, ended ones and what became of them.
 */
export interface Stats {
  /**
   * Version of this record's format; a reader refuses a newer one by name and keeps unknown fields.
   */
  schemaVersion: 1;
  agents: number;
  live: number;
  ended: number;
  /**
   * Ones of which nothing can be said; in no other number but `agents`.
   */
  damaged: number;
  /**
   * How many ended with which result.
   */
  results: {
    [k: string]: number;
  };
  /**
   * From start to end, all of them together.
   */
  runSeconds: number;
  /**
   * From end to teardown, all of them together: how long finished sessions sat there.
   */
  idleSessionSeconds: number;
  /**
   * The fixed expiry compared with: 24 hours from the start.
   */
  expirySeconds: number;
  /**
   * The same, had each session stayed until that expiry.
   */
  idleSessionSecondsWithExpiry: number;
  /**
   * 1 - the first / the second; null where nothing ended.
   */
  savedFraction: number | null;
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
  cause: 'natural' | 'stopped' | 'capped' | 'with-parent' | 'done' | 'idle' | 'lost';
  reason: string;
  steps: VerdictStep[];
  /**
   * Processes that were still there and have been ended.
   */
  ended: ProcessNote1[];
  /**
   * Processes that serve everyone and were left alone.
   */
  spared: ProcessNote2[];
  /**
   * Processes that could not be ended.
   */
  survivors: ProcessNote3[];
  /**
   * Processes without any tie to the agent that may be its own all the same: orphans of this user that began while it ran. Left alone.
   */
  suspects?: ProcessNote4[];
  /**
   * With the cause `done`: what the agent said of itself; its result.
   */
  said?: 'success' | 'failure';
  resources?: Resources;
  /**
   * The shell line that takes up the agent's own session again, where it told of one.
   */
  resume?: string | null;
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
export interface ProcessNote3 {
  pid: number;
  command: string;
  /**
   * What ties it to the agent.
   */
  why: string;
  [k: string]: unknown;
}
export interface ProcessNote4 {
  pid: number;
  command: string;
  /**
   * What ties it to the agent.
   */
  why: string;
  [k: string]: unknown;
}
export interface Resources {
  wallSeconds: number | null;
  cpuSeconds: number | null;
  peakMemoryBytes: number | null;
  savedSeconds: number | null;
  [k: string]: unknown;
}
