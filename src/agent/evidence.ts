import type { Activity, ActivitySample } from './activity.ts';
import type { HookCommands } from './hook-events.ts';
import type { Limits } from './limits.ts';

/** A process that cannot be confused with a later one of the same number. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks since boot, as the kernel writes them. */
  startTime: string;
}

export interface ParentReference {
  name: string;
  runId: string;
}

/** What was to be run: spec.json. */
export interface Spec {
  name: string;
  runId: string;
  parent: ParentReference | null;
  withParent: boolean;
  /** After its own end nothing that it left running is ended. */
  leaveRunning: boolean;
  /** Whose events its reports are; null where its program does not tell. */
  reports: string | null;
  /** The profile that made its command; undefined where the command was given. */
  profile?: string | undefined;
  command: string[];
  cwd: string;
  labels: Record<string, string>;
  limits: Limits;
  spare: readonly string[];
  /** Commands that hear of its events. */
  on: HookCommands;
  /** Where in line it waits for its start, or waited; null where it was started at once. */
  queue: QueuePlace | null;
  createdAtMs: number;
  /** When somebody set about starting it; of one that waits, when it was created. */
  launchedAtMs: number;
  launchedUptimeMs: number;
  launcher: ProcessIdentity;
  place: Place;
}

/** Of the agents with a label no more than `max` run at one time. */
export interface QueuePlace {
  label: string;
  value: string;
  max: number;
  /** Its place in its batch: those of one batch are started in this order. */
  index: number;
  /** Whether somebody has set about starting it. */
  launched: boolean;
}

/** Where process ids mean something: one boot of one machine, one pid namespace. */
export interface Place {
  bootId: string;
  pidNamespace: string;
}

/** The proof that it runs: started.json. */
export interface Started {
  agent: ProcessIdentity;
  wrapper: ProcessIdentity;
  watchdog: ProcessIdentity;
  place: Place;
  tmux: { serverPid: number; session: string; pane: string };
  /** Daemons of the user's own that are never ended with it, by name. */
  spare: readonly string[];
  /** The control group that holds the agent's processes and nothing else; null where none could be made. */
  cgroup: string | null;
  uptimeMs: number;
  startedAtMs: number;
}

/** What is known of its end: exit.json, or exit.tmp where nobody came to publish it. */
export interface Exit {
  code: number | null;
  how: 'observed' | 'inferred' | 'pending';
  cause: 'natural' | 'capped' | 'with-parent';
  uptimeMs: number;
}

export interface StopOrder {
  atMs: number;
  uptimeMs: number;
  killAfterMs: number;
  by: string;
  /** Who carries it out. */
  stopper?: ProcessIdentity | undefined;
}

/** How the work went, as the agent says itself. */
export type Said = 'success' | 'failure';

/** What was said of an agent: by itself, or for it. */
export interface Report {
  state: 'working' | 'waiting' | 'done';
  /** `done`, `send`, `keys` (a person at its terminal), or the kind of agent whose own event it is. */
  source: string;
  /** Only with `done`. */
  status: Said | null;
  message: string | null;
  /** The name of the copy, beside the report. */
  resultFile: string | null;
  /** Only with `waiting`: what for, in a word or two. */
  waitingFor: string | null;
  /** What it says goes on in the background, and may wake it. */
  background: readonly string[];
  atMs: number;
  uptimeMs: number;
}

export type VerdictCause = 'natural' | 'stopped' | 'capped' | 'with-parent' | 'done' | 'idle' | 'lost';

export interface VerdictStep {
  step: 'term' | 'kill' | 'ended' | 'teardown';
  atMs: number;
  uptimeMs: number;
}

/** Why agentctl ended it: verdict.json. */
export interface Verdict {
  cause: VerdictCause;
  reason: string;
  steps: VerdictStep[];
  /** With the cause `done`: its result. */
  said?: Said | undefined;
  /** Undefined where nobody looked. */
  used?: Used | undefined;
  /** How many processes had left it in all ways but by what they cannot shed; undefined is none. See `isEscapee`. */
  escapees?: number | undefined;
}

/** What an agent used up, as its verdict has it; null where nobody measured it. */
export interface Used {
  /** Of the whole tree. */
  cpuMs: number | null;
  /** For a person. */
  waitingMs: number | null;
  /** It did nothing. */
  idleMs: number | null;
}

/**
 * A record as it was found: a damaged one is a state of its own, never a success and never nothing. `contradicts`: it is whole,
 * and another record says something else, so that one of the two is damaged.
 */
export type Found<T> =
  | { state: 'absent' }
  | { state: 'damaged'; problem: string; contradicts?: true }
  | { state: 'there'; value: T };

/** Everything that the files of one agent say. */
export interface AgentFiles {
  name: string;
  archived: boolean;
  spec: Found<Spec>;
  started: Found<Started>;
  sentinel: Found<Exit>;
  /** exit.tmp: the code as the wrapper recorded it before publishing. */
  recorded: Found<Exit>;
  stopOrder: Found<StopOrder>;
  /** Who asked to keep it; undefined where nobody did. */
  keptBy: string | undefined;
  /** What was said of it, by what came last; undefined where nothing was. */
  report: Report | undefined;
  /** The agent's own session, by which its program can take it up again; undefined where it did not say. */
  session: string | undefined;
  /** Whether a person has ever typed at its terminal, as far as that was put down. */
  typed: boolean;
  /** Files in reports/ that cannot be understood, of those that were looked at. */
  unreadReports: readonly string[];
  verdict: Found<Verdict>;
  /** The cap in force (`limits`, which `extend` rewrites), or undefined where the file is gone. */
  capMs: number | null | undefined;
  heartbeatAtMs: number | undefined;
}

export type Liveness = 'alive' | 'dead';

/** What the process table says of those who matter. */
export interface ProcessEvidence {
  launcher: Liveness;
  /** The wrapper by started.json, or by its own claim; where neither can be read, by where it works. */
  wrapper: Liveness;
  watchdog: Liveness;
  /** By started.json; where nobody is named, whether anything lives that carries its run id. */
  agent: Liveness;
}

/** `elsewhere`: another machine or container, whose process ids mean nothing here. */
export type Whereabouts = 'here' | 'rebooted' | 'elsewhere';

/** Everything that a decision may rest on. */
export interface Evidence {
  files: AgentFiles;
  processes: ProcessEvidence;
  whereabouts: Whereabouts;
  now: Now;
  /** How busy it was until now; undefined where nobody measured it. */
  activity?: Measured | undefined;
  /** Undefined where nobody asked. */
  company?: Company | undefined;
  /** That the agent which spawned it has ended; undefined where nobody looked. */
  parentEnded?: boolean | undefined;
  /** That there is a place for it, which waits in line; undefined where nobody counted. */
  mayStart?: boolean | undefined;
}

/** What is remembered of an agent's activity. */
export interface Measured {
  memory: Activity;
  /** As of this very look; undefined where it was not measured in it: then nobody is idle. */
  current: ActivitySample | undefined;
}

/** Who would mind if it were ended for being done or idle: asked only where that is about to happen. */
export interface Company {
  /** Whether a person's terminal shows it; undefined where tmux would not say. */
  attached: boolean | undefined;
  /** When a person last pressed a key there; undefined where nobody did. */
  typedAtMs: number | undefined;
  /** The live agents that it spawned. */
  liveChildren: readonly string[];
  /** Whether something in its tree waits for other agents. */
  waits: boolean;
}

export interface Now {
  wallMs: number;
  /** Milliseconds since boot, suspend included. */
  uptimeMs: number;
}
