// Generated from schemas/ by schemas/generate.mjs; do not edit.

export type Phase = 'queued' | 'starting' | 'running' | 'waiting' | 'done' | 'stopping' | 'ended' | 'unknown';
export type AgentResult = 'succeeded' | 'failed' | 'signaled' | 'timed-out' | 'idled-out' | 'stopped' | 'lost';
export type AbnormalResult = 'failed' | 'signaled' | 'timed-out' | 'idled-out' | 'stopped' | 'lost';
/**
 * What `stats --json` prints: agents, what became of those that ended, what they used, and how long their sessions stayed.
 */
export type Stats = StatsFigures & {
  /**
   * Version of this record's format; a reader refuses a newer one by name and keeps unknown fields.
   */
  schemaVersion: 1;
  /**
   * ISO 8601, UTC: only agents that ended since then are counted, and those that are live now; null is all.
   */
  since: string | null;
  /**
   * What the groups have in common, as `--by` was given; null where there are no groups.
   */
  by: string | null;
  /**
   * The largest first; who has several labels is in the group of each.
   */
  groups: StatsGroup[];
  [k: string]: unknown;
};
/**
 * Agents that have something in common.
 */
export type StatsGroup = StatsFigures & {
  /**
   * What it is: `KEY=VALUE`, the value of the label asked for, a profile, a folder; null with another kind than `named`.
   */
  group: string | null;
  /**
   * `none`: they have no such label, or their command was given; `unknown`: their spec.json does not tell.
   */
  kind: 'named' | 'none' | 'unknown';
  [k: string]: unknown;
};

export interface Schemas {
  activity: Activity;
  agent: Agent;
  audit: Audit;
  'batch-result': BatchResult;
  batch: Batch;
  config: Config;
  doctor: DoctorReport;
  event: Event;
  exit: Exit;
  foreign: ForeignList;
  info: Info;
  list: AgentList;
  look: Look;
  'manager-status': ManagerStatus;
  manager: Manager;
  orders: Orders;
  postmortem: Postmortem;
  profiles: Profiles;
  prune: Prune;
  removed: Removed;
  report: Report;
  sample: Sample;
  'service-status': ServiceStatus;
  settings: EffectiveSettings;
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
  /**
   * What its whole tree used at the manager's last sample; null where there is none, and for one that has ended: its verdict has the peaks.
   */
  resources: Sample | null;
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
 * A line of samples.ndjson: what an agent's whole tree used, as the manager measured it. The last hour is kept.
 */
export interface Sample {
  /**
   * Version of this record's format; a reader refuses a newer one by name and keeps unknown fields.
   */
  schemaVersion: 1;
  /**
   * Unique for ever, sortable by time; also the cookie AGENTCTL_RUN_ID in the agent's environment.
   */
  runId: string;
  /**
   * ISO 8601, UTC.
   */
  at: string;
  /**
   * Seconds since boot without suspend (CLOCK_MONOTONIC).
   */
  awakeSeconds: number;
  /**
   * Of one core, since the sample before, or since its start: 250 is two and a half cores.
   */
  cpuPercent: number;
  /**
   * CPU time of the tree since its start, as far as it was seen.
   */
  cpuSeconds: number;
  /**
   * What its processes add up to: it falls when one of them is gone.
   */
  treeCpuSeconds: number;
  /**
   * Of the tree: each process's proportional share (PSS), or its resident memory where that cannot be read.
   */
  memoryBytes: number;
  /**
   * In the tree, without agentctl's own.
   */
  processes: number;
  /**
   * What it has printed since its start.
   */
  outputBytes: number;
  /**
   * The most of any sample of this run.
   */
  peakCpuPercent: number;
  /**
   * The most of any sample of this run.
   */
  peakMemoryBytes: number;
  /**
   * The most of any sample of this run.
   */
  peakProcesses: number;
  /**
   * For how long of this run it did nothing: under 1 % of a core and no output from one sample to the next.
   */
  idleSeconds: number;
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
 * spawn --batch --json: one line for each agent, as soon as it runs or will not.
 */
export interface BatchResult {
  /**
   * Version of this format.
   */
  schemaVersion: 1;
  /**
   * Its line in the batch.
   */
  line: number;
  /**
   * Null where it was given none and none was found.
   */
  name: string | null;
  /**
   * Null where it was not started.
   */
  agent: Agent | null;
  /**
   * Why it was not started, in a sentence.
   */
  error: string | null;
  [k: string]: unknown;
}
/**
 * One line of spawn --batch: an agent, by the options of spawn.
 */
export interface Batch {
  /**
   * The command and its arguments; with agent, arguments that are added to its own.
   */
  command?: string[];
  /**
   * A profile: its command, with hooks that report.
   */
  agent?: string;
  /**
   * With agent: what it is to do.
   */
  prompt?: string;
  /**
   * The same from a file.
   */
  promptFile?: string;
  /**
   * Its name. Default COMMAND-xxxx.
   */
  name?: string;
  /**
   * Its working directory. Default: that of the call.
   */
  cwd?: string;
  /**
   * Variables for its environment.
   */
  env?: {
    [k: string]: string;
  };
  /**
   * Files of NAME=VALUE lines.
   */
  envFile?: string[];
  /**
   * For --filter.
   */
  labels?: {
    [k: string]: string;
  };
  /**
   * The cap: how long it may run. Default 1h.
   */
  maxRuntime?: string | number;
  /**
   * From its end to teardown. Default 5m.
   */
  grace?: string | number;
  /**
   * How long it may do nothing. Default 30m.
   */
  maxIdle?: string | number;
  /**
   * From TERM to KILL. Default 10s.
   */
  killAfter?: string | number;
  /**
   * Its terminal's COLUMNSxROWS. Default 200x50.
   */
  size?: string;
  /**
   * A file as its stdin. Default: its terminal.
   */
  stdin?: string;
  /**
   * A file for its stdout, which then is not in its log.
   */
  stdout?: string;
  /**
   * A file for its stderr, which then is not in its log.
   */
  stderr?: string;
  /**
   * Stop a live agent of this name first.
   */
  replace?: boolean;
  /**
   * Commands by the event that they hear of: waiting, done, warned, ended, lost or escaped.
   */
  on?: {
    [k: string]: string[];
  };
  /**
   * End it when the agent that spawns it ends.
   */
  withParent?: boolean;
  /**
   * After its own end, end nothing that it left running.
   */
  leaveRunning?: boolean;
}
/**
 * agentctl/config.json in $XDG_CONFIG_HOME (~/.config): what a user sets once.
 */
export interface Config {
  /**
   * For completion in editors.
   */
  $schema?: string;
  /**
   * The state directory where neither --state-dir nor AGENTCTL_STATE_DIR says another.
   */
  stateDir?: string;
  /**
   * What an agent gets that is not told otherwise.
   */
  defaults?: {
    /**
     * The cap: how long it may run. Default 1h.
     */
    maxRuntime?: string | number;
    /**
     * From its end to teardown. Default 5m.
     */
    grace?: string | number;
    /**
     * How long it may do nothing. Default 30m.
     */
    maxIdle?: string | number;
    /**
     * From TERM to KILL. Default 10s.
     */
    killAfter?: string | number;
    /**
     * How often the manager looks at all agents, whatever it hears. Default 15m.
     */
    sweepInterval?: string | number;
  };
  /**
   * The most that a cap may be: no flag and no extend passes it. Default none.
   */
  maxRuntimeCeiling?: string | number;
  /**
   * The manager.
   */
  manager?: {
    /**
     * Whether commands start it where they need it. Default true.
     */
    enabled?: boolean;
    /**
     * How long it stays without agents. Default 10m.
     */
    leaveAfter?: string | number;
  };
  /**
   * Which archived agents the manager removes: those that are both older and beyond the newest.
   */
  retention?: {
    /**
     * Since their end. Default none: none is removed for its age.
     */
    olderThan?: string | number;
    /**
     * The newest that always stay. Default none.
     */
    keep?: string | number;
  };
  /**
   * The logs of agents' terminals.
   */
  logs?: {
    /**
     * A log goes on in a new file after so many bytes. Default 64MiB.
     */
    piece?: string | number;
    /**
     * The most that one agent's log takes: its oldest pieces are removed. Default 1GiB; none is no limit.
     */
    total?: string | number;
  };
  /**
   * Metrics for Prometheus.
   */
  metrics?: {
    /**
     * The file that the manager keeps for the textfile collector of node_exporter: an absolute path that ends in .prom. Default none.
     */
    textfile?: string;
  };
  /**
   * Names of daemons that serve everyone, as the kernel has them (15 bytes): they are never ended with an agent. Added to tmux, ssh-agent, gpg-agent, sccache, watchman, adb, gradle, bazel.
   */
  spare?: string[];
  /**
   * Commands that hear of events: each gets the event and the agent as JSON on its stdin.
   */
  on?: {
    waiting?: string | string[];
    done?: string | string[];
    warned?: string | string[];
    ended?: string | string[];
    lost?: string | string[];
    escaped?: string | string[];
  };
  /**
   * Agents for `spawn --agent NAME`; one of a built-in name replaces that.
   */
  profiles?: {
    [k: string]: ConfigProfile;
  };
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
  /**
   * `reported`: it works or waits; `done`: it said that it has finished; `ended`, or `lost` where nobody could learn its code; `escaped`: something of it lives and could not be ended, or may be its own; `hook-failed`: a command of --on.
   */
  event:
    | 'spawned'
    | 'started'
    | 'reported'
    | 'warned'
    | 'done'
    | 'stopping'
    | 'ended'
    | 'lost'
    | 'escaped'
    | 'torn-down'
    | 'hook-failed';
  name: string;
  /**
   * Unique for ever, sortable by time; also the cookie AGENTCTL_RUN_ID in the agent's environment.
   */
  runId: string;
  /**
   * With `stopping`, `ended`, `lost` and `torn-down`: as in verdict.json. With `reported`: working or waiting. With `hook-failed`: the event it was for.
   */
  cause: string | null;
  reason: string;
  /**
   * With `ended` and `lost`.
   */
  result?: string | null;
  /**
   * With `ended` and `lost`.
   */
  exitCode?: number | null;
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
 * What `ps --foreign --json` prints: the other tmux servers of this user, and their sessions.
 */
export interface ForeignList {
  /**
   * Version of this record's format; a reader refuses a newer one by name and keeps unknown fields.
   */
  schemaVersion: 1;
  servers: ForeignServer[];
  /**
   * Those first in which nothing has happened for longest.
   */
  sessions: ForeignSession[];
  [k: string]: unknown;
}
export interface ForeignServer {
  /**
   * Its path.
   */
  socket: string;
  /**
   * null where nobody knows it.
   */
  pid: number | null;
  /**
   * It is the private server of a state directory of agentctl: its sessions are agents, and not in `sessions`.
   */
  ofAgents: boolean;
  /**
   * Which state directory's it is.
   */
  stateDir: string | null;
  /**
   * Why none of its sessions are known, in a sentence; null where they are.
   */
  problem: string | null;
  [k: string]: unknown;
}
export interface ForeignSession {
  /**
   * SOCKET:NAME, as `stop --foreign` takes it.
   */
  id: string;
  socket: string;
  /**
   * As tmux has it, which writes control characters out (`\033`).
   */
  name: string;
  /**
   * tmux' own: `$3`.
   */
  sessionId: string;
  /**
   * The group of sessions that have the same windows.
   */
  group: string | null;
  /**
   * ISO 8601, UTC.
   */
  createdAt: string;
  /**
   * The last key, attaching or output; ISO 8601, UTC.
   */
  activeAt: string;
  /**
   * How many clients show it.
   */
  attached: number;
  panes: ForeignPane[];
  [k: string]: unknown;
}
export interface ForeignPane {
  /**
   * tmux' own: `%5`.
   */
  pane: string;
  /**
   * What it runs; null where that has ended, or is not among the processes that can be seen here.
   */
  pid: number | null;
  /**
   * The words of the command in its foreground that is furthest down; null where `pid` is.
   */
  command: string[] | null;
  /**
   * How it ended; null while it runs.
   */
  ended: ForeignEnd | null;
  /**
   * The other sessions that have this pane: it outlives this session.
   */
  sharedWith: string[];
  [k: string]: unknown;
}
export interface ForeignEnd {
  exitCode: number | null;
  signal: number | null;
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
 * look.json: when the manager last looked at all agents, and last tidied up. It stays when the manager leaves.
 */
export interface Look {
  /**
   * Version of this record's format; a reader refuses a newer one by name and keeps unknown fields.
   */
  schemaVersion: 1;
  /**
   * At all agents: at least every 60 s.
   */
  look: Deed | null;
  /**
   * Tidying up and pruning: every sweep interval. Null: none has finished one yet.
   */
  sweep: Deed | null;
  [k: string]: unknown;
}
export interface Deed {
  /**
   * When it was done: ISO 8601, UTC.
   */
  at: string;
  /**
   * How long it took.
   */
  seconds: number;
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
  stopper?: ProcessIdentity;
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
 * postmortem.json, and what `inspect --postmortem --json` prints: all that a person asks first of an agent that ended otherwise than as `succeeded`. Nothing of its environment or its arguments.
 */
export interface Postmortem {
  /**
   * Version of this record's format; a reader refuses a newer one by name and keeps unknown fields.
   */
  schemaVersion: 1;
  /**
   * Unique among the agents that have not ended.
   */
  name: string;
  /**
   * Unique for ever, sortable by time; also the cookie AGENTCTL_RUN_ID in the agent's environment.
   */
  runId: string;
  /**
   * ISO 8601, UTC.
   */
  madeAt: string;
  /**
   * Made at its teardown; false: on the spot, from what there was.
   */
  tornDown: boolean;
  /**
   * The first word of its command, without its path.
   */
  program: string | null;
  cwd: string | null;
  startedAt: string | null;
  endedAt: string | null;
  result: AbnormalResult;
  /**
   * As in verdict.json.
   */
  cause: ('natural' | 'stopped' | 'capped' | 'with-parent' | 'done' | 'idle' | 'lost') | null;
  /**
   * null where nobody knows.
   */
  exitCode: number | null;
  signal: string | null;
  reason: string;
  steps: PostmortemStep[];
  /**
   * What it said last of itself.
   */
  report: LastReport | null;
  /**
   * The last screen, as text, its last 64 KiB; null where nobody has it.
   */
  screen: string | null;
  /**
   * null where it cannot be read.
   */
  log: LastOutput | null;
  processes: ProcessesAtEnd;
  resources: ResourcesUsed;
  /**
   * The shell line that takes up the agent's own session again.
   */
  resume: string | null;
  git: GitStatus | null;
  /**
   * Why `git` is null.
   */
  gitMissing: string | null;
  [k: string]: unknown;
}
export interface PostmortemStep {
  step: 'term' | 'kill' | 'ended' | 'teardown';
  /**
   * ISO 8601, UTC.
   */
  at: string;
  [k: string]: unknown;
}
export interface LastReport {
  state: string;
  source: string;
  status: string | null;
  /**
   * Its first 4 KiB.
   */
  message: string | null;
  waitingFor: string | null;
  /**
   * In the agent's directory.
   */
  resultFile: string | null;
  /**
   * ISO 8601, UTC.
   */
  at: string;
  [k: string]: unknown;
}
export interface LastOutput {
  /**
   * Its last lines as plain text, at most 4 KiB.
   */
  text: string;
  /**
   * How long the whole log is.
   */
  bytes: number;
  /**
   * The program drew on the whole screen: its bytes make no text.
   */
  drewScreen: boolean;
  [k: string]: unknown;
}
/**
 * At most 50 of each.
 */
export interface ProcessesAtEnd {
  /**
   * Were still there and have been ended.
   */
  ended: EndedProcess[];
  /**
   * Serve everyone, or were to be left.
   */
  spared: EndedProcess1[];
  /**
   * Could not be ended, or (before its teardown) are left until then.
   */
  survivors: EndedProcess2[];
  /**
   * Without any tie to it that may be its own all the same.
   */
  suspects: EndedProcess3[];
  [k: string]: unknown;
}
export interface EndedProcess {
  pid: number;
  /**
   * The first word of its command line; verdict.json has all of it.
   */
  program: string;
  /**
   * What ties it to the agent.
   */
  why: string;
  [k: string]: unknown;
}
export interface EndedProcess1 {
  pid: number;
  /**
   * The first word of its command line; verdict.json has all of it.
   */
  program: string;
  /**
   * What ties it to the agent.
   */
  why: string;
  [k: string]: unknown;
}
export interface EndedProcess2 {
  pid: number;
  /**
   * The first word of its command line; verdict.json has all of it.
   */
  program: string;
  /**
   * What ties it to the agent.
   */
  why: string;
  [k: string]: unknown;
}
export interface EndedProcess3 {
  pid: number;
  /**
   * The first word of its command line; verdict.json has all of it.
   */
  program: string;
  /**
   * What ties it to the agent.
   */
  why: string;
  [k: string]: unknown;
}
export interface ResourcesUsed {
  wallSeconds: number | null;
  cpuSeconds: number | null;
  peakMemoryBytes: number | null;
  savedSeconds: number | null;
  [k: string]: unknown;
}
export interface GitStatus {
  /**
   * What `git status --porcelain=v1 --branch` says of its cwd.
   */
  status: string;
  /**
   * Longer than 64 KiB: the rest is missing.
   */
  cut: boolean;
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
 * What `prune --json` prints: the archived agents that it removed, or with --dry-run would remove.
 */
export interface Prune {
  /**
   * Version of this record's format; a reader refuses a newer one by name and keeps unknown fields.
   */
  schemaVersion: 1;
  dryRun: boolean;
  /**
   * How many were removed.
   */
  count: number;
  /**
   * What their files had, all of them together.
   */
  bytes: number;
  /**
   * The oldest first.
   */
  removed: PrunedAgent[];
  /**
   * Those that were due and are still there, each with why.
   */
  left: UnprunedAgent[];
  [k: string]: unknown;
}
export interface PrunedAgent {
  name: string;
  /**
   * Unique for ever, sortable by time; also the cookie AGENTCTL_RUN_ID in the agent's environment.
   */
  runId: string;
  /**
   * ISO 8601, UTC; of a damaged one by its run id or its directory.
   */
  endedAt: string;
  bytes: number;
  [k: string]: unknown;
}
export interface UnprunedAgent {
  name: string;
  /**
   * Unique for ever, sortable by time; also the cookie AGENTCTL_RUN_ID in the agent's environment.
   */
  runId: string;
  problem: string;
  [k: string]: unknown;
}
/**
 * A line of removed.ndjson: how an agent ended that was then removed from the archive, for the counters of `agentctl metrics`. One run counts once, however many lines it has; a line without a runId is the sum of many that were there before.
 */
export interface Removed {
  /**
   * Version of this record's format; a reader refuses a newer one by name and keeps unknown fields.
   */
  schemaVersion: 1;
  /**
   * The run; null: a sum.
   */
  runId: string | null;
  /**
   * When it was put down: ISO 8601, UTC.
   */
  at: string;
  /**
   * How many ended with which result.
   */
  results: {
    [k: string]: number;
  };
  /**
   * How many ran for so long: by the upper bound of their bucket in seconds, or Infinity. Not cumulative.
   */
  runs: {
    [k: string]: number;
  };
  /**
   * How long all of them ran.
   */
  runSeconds: number;
  /**
   * Of how many a process had escaped.
   */
  escapedAgents: number;
  /**
   * How many processes.
   */
  escapedProcesses: number;
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
 * What `service status --json` prints.
 */
export interface ServiceStatus {
  /**
   * Version of this record's format; a reader refuses a newer one by name and keeps unknown fields.
   */
  schemaVersion: 1;
  /**
   * The unit's name: one for each state directory.
   */
  unit: string;
  /**
   * Where the unit is, or would be.
   */
  file: string;
  installed: boolean;
  /**
   * The file: as install would write it now; as it once wrote it; changed by a person since; not agentctl's. null where there is none.
   */
  content: 'current' | 'outdated' | 'changed' | 'foreign' | null;
  /**
   * Why this user's systemd cannot be asked; null where it answers.
   */
  systemd: string | null;
  /**
   * null where systemd cannot be asked, as the next two.
   */
  enabled: boolean | null;
  active: boolean | null;
  /**
   * In systemd's words.
   */
  state: string | null;
  /**
   * Whether it goes on when nobody of this user's is logged in.
   */
  linger: boolean;
  user: string;
  /**
   * The manager of the state directory that lives, whoever started it.
   */
  manager: ServingManager | null;
  [k: string]: unknown;
}
export interface ServingManager {
  pid: number;
  version: string;
  /**
   * It is the process that systemd keeps alive.
   */
  isService: boolean;
  [k: string]: unknown;
}
/**
 * What `config --json` prints: the effective settings, and where each comes from.
 */
export interface EffectiveSettings {
  schemaVersion: 1;
  /**
   * Where config.json is, or would be.
   */
  file: string;
  exists: boolean;
  stateDirectory: string;
  /**
   * Why it is this one, for people.
   */
  stateDirectoryReason: string;
  settings: {
    /**
     * Its place in config.json.
     */
    key: string;
    value: string;
    from: 'default' | 'environment' | 'file';
    /**
     * The variable that sets it, where there is one.
     */
    variable: string | null;
    /**
     * What is in force in its place, where that is less: maxRuntimeCeiling.
     */
    cutDownTo?: string;
    [k: string]: unknown;
  }[];
  spare: string[];
  on: {
    [k: string]: string[];
  };
  profiles: string[];
  [k: string]: unknown;
}
/**
 * spec.json: what to run, by whom and under which limits. Written once by the launcher; of one that waited in line again when its turn has come.
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
  launcher: ProcessIdentity1;
  bootId: string;
  pidNamespace: string;
  queue?: QueuePlace;
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
  /**
   * Daemons of this user's own that are never ended with it, by name (config.json).
   */
  spare?: string[];
  on?: HookCommands;
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
export interface ProcessIdentity1 {
  pid: number;
  /**
   * Field 22 of /proc/PID/stat: clock ticks since boot.
   */
  startTime: string;
  [k: string]: unknown;
}
/**
 * Where it waits in line, or waited. Absent in one that was started at once.
 */
export interface QueuePlace {
  /**
   * Of the agents with this label, of this value, no more than max run at one time.
   */
  label: string;
  value: string;
  max: number;
  /**
   * Its place in its batch.
   */
  index: number;
  /**
   * When somebody set about starting it; null while it waits.
   */
  launched: Moment | null;
  [k: string]: unknown;
}
export interface Moment {
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
 * Commands that hear of its events, by event.
 */
export interface HookCommands {
  [k: string]: string[];
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
  agent: ProcessIdentity2;
  wrapper: ProcessIdentity3;
  watchdog: ProcessIdentity4;
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
/**
 * A process that cannot be confused with a later one of the same number.
 */
export interface ProcessIdentity4 {
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
export interface StatsFigures {
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
   * How many succeeded of those that ended, however they did; null where none has.
   */
  successFraction: number | null;
  /**
   * From start to end, all of them together.
   */
  runSeconds: number;
  runTime: StatsRunTime;
  waiting: StatsWaiting;
  idle: StatsIdle;
  cpu: StatsCpu;
  /**
   * How many were ended at their cap (`timed-out`).
   */
  capHits: number;
  escapees: StatsEscapees;
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
 * From start to end.
 */
export interface StatsRunTime {
  /**
   * How many ran, and ended.
   */
  agents: number;
  /**
   * The run time that half of them do not exceed, by the nearest rank; null where there are none.
   */
  p50Seconds: number | null;
  /**
   * The same for 95 % of them.
   */
  p95Seconds: number | null;
  /**
   * The longest.
   */
  maxSeconds: number | null;
  histogram: StatsBar[];
  [k: string]: unknown;
}
export interface StatsBar {
  /**
   * null is no bound.
   */
  upToSeconds: number | null;
  /**
   * How many ran up to that bound, and longer than the one before.
   */
  agents: number;
  [k: string]: unknown;
}
/**
 * For how long they waited for a person, as far as they report that.
 */
export interface StatsWaiting {
  /**
   * All of those together; null where it was measured of none.
   */
  seconds: number | null;
  /**
   * Of how many that ended it is known.
   */
  agents: number;
  [k: string]: unknown;
}
/**
 * For how long they did nothing: under 1 % of a core and no output from one sample to the next.
 */
export interface StatsIdle {
  /**
   * All of those together; null where it was measured of none.
   */
  seconds: number | null;
  /**
   * Of how many that ended it is known.
   */
  agents: number;
  [k: string]: unknown;
}
/**
 * CPU time of their whole trees, as far as it was seen.
 */
export interface StatsCpu {
  /**
   * All of those together; null where it was measured of none.
   */
  seconds: number | null;
  /**
   * Of how many that ended it is known.
   */
  agents: number;
  [k: string]: unknown;
}
/**
 * Processes that had left their agent's session, process group and line of descent, and were found by the run id in their environment, or by its control group, only.
 */
export interface StatsEscapees {
  /**
   * How many agents they belonged to.
   */
  agents: number;
  processes: number;
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
  peakCpuPercent?: number | null;
  peakProcesses?: number | null;
  outputBytes?: number | null;
  waitingSeconds?: number | null;
  idleSeconds?: number | null;
  [k: string]: unknown;
}
