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
  command: string[];
  cwd: string;
  labels: Record<string, string>;
  limits: Limits;
  createdAtMs: number;
  createdUptimeMs: number;
  launcher: ProcessIdentity;
  place: Place;
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
}

export type VerdictCause = 'natural' | 'stopped' | 'capped' | 'with-parent' | 'lost';

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
}

/** A record as it was found: a damaged one is a state of its own, never a success and never nothing. */
export type Found<T> = { state: 'absent' } | { state: 'damaged'; problem: string } | { state: 'there'; value: T };

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
  verdict: Found<Verdict>;
  /** The cap in force (`limits`, which `extend` rewrites), or undefined where the file is gone. */
  capMs: number | null | undefined;
  heartbeatAtMs: number | undefined;
}

export type Liveness = 'alive' | 'dead';

/** What the process table says of those who matter. */
export interface ProcessEvidence {
  launcher: Liveness;
  /** The wrapper by started.json, or by its own claim while that is missing. */
  wrapper: Liveness;
  watchdog: Liveness;
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
}

export interface Now {
  wallMs: number;
  /** Milliseconds since boot, suspend included. */
  uptimeMs: number;
}
