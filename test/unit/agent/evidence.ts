import type {
  AgentFiles,
  Company,
  Evidence,
  Exit,
  Found,
  Report,
  Spec,
  Started,
  Verdict,
} from '../../../src/agent/evidence.ts';

/** Created, started half a second later, seen a minute after its creation. */
export const CREATED = { wallMs: 1_700_000_000_000, uptimeMs: 1_000_000 };
export const STARTED = { wallMs: CREATED.wallMs + 500, uptimeMs: CREATED.uptimeMs + 500 };
export const NOW = { wallMs: CREATED.wallMs + 60_000, uptimeMs: CREATED.uptimeMs + 60_000 };
export const ENDED_UPTIME_MS = STARTED.uptimeMs + 20_000;

/** Both clocks at this time of uptime. */
export function at(uptimeMs: number): Evidence['now'] {
  return { uptimeMs, wallMs: CREATED.wallMs + uptimeMs - CREATED.uptimeMs };
}

const PLACE = { bootId: 'boot', pidNamespace: 'pid:[1]' };

export const SPEC: Spec = {
  name: 'a',
  runId: 'run00001',
  parent: null,
  withParent: false,
  leaveRunning: false,
  reports: null,
  command: ['make'],
  cwd: '/',
  labels: {},
  limits: { maxRuntimeMs: 3_600_000, graceMs: 300_000, maxIdleMs: 1_800_000, killAfterMs: 10_000 },
  spare: [],
  on: {},
  queue: null,
  createdAtMs: CREATED.wallMs,
  launchedAtMs: CREATED.wallMs,
  launchedUptimeMs: CREATED.uptimeMs,
  launcher: { pid: 90, startTime: '90' },
  place: PLACE,
};

/** Of an agent that stands in line: nothing of it has begun. */
export const IN_LINE: Spec = { ...SPEC, queue: { label: 'job', value: '7', max: 4, index: 2, launched: false } };

export const STARTED_RECORD: Started = {
  agent: { pid: 102, startTime: '102' },
  wrapper: { pid: 100, startTime: '100' },
  watchdog: { pid: 101, startTime: '101' },
  place: PLACE,
  tmux: { serverPid: 50, session: '$1', pane: '%1' },
  spare: [],
  cgroup: null,
  uptimeMs: STARTED.uptimeMs,
  startedAtMs: STARTED.wallMs,
};

export function there<T>(value: T): Found<T> {
  return { state: 'there', value };
}

export const absent: Found<never> = { state: 'absent' };

export function damaged(file: string): Found<never> {
  return { state: 'damaged', problem: `${file} is damaged: it is not JSON` };
}

export function exit(code: number | null, change: Partial<Exit> = {}): Exit {
  return { code, how: code === null ? 'inferred' : 'observed', cause: 'natural', uptimeMs: ENDED_UPTIME_MS, ...change };
}

export const PENDING = exit(null, { how: 'pending', uptimeMs: 0 });

/** A verdict whose steps were taken at these times of uptime. */
export function verdict(
  cause: Verdict['cause'],
  steps: Partial<Record<'term' | 'kill' | 'ended' | 'teardown', number>>,
): Verdict {
  return {
    cause,
    reason: `${cause}, it says`,
    steps: Object.entries(steps).map(([step, uptimeMs]) => ({
      step: step as Verdict['steps'][number]['step'],
      atMs: CREATED.wallMs + uptimeMs - CREATED.uptimeMs,
      uptimeMs,
    })),
  };
}

/** What was said at this time of uptime. */
export function report(state: Report['state'], uptimeMs: number, change: Partial<Report> = {}): Report {
  return {
    state,
    source: 'done',
    status: state === 'done' ? 'success' : null,
    message: null,
    resultFile: null,
    waitingFor: state === 'waiting' ? 'permission' : null,
    background: [],
    atMs: at(uptimeMs).wallMs,
    uptimeMs,
    ...change,
  };
}

/** Nobody would mind. */
export const ALONE: Company = { attached: false, typedAtMs: undefined, liveChildren: [], waits: false };

/** An agent that was watched for so long, and what it did in that time. */
export function active(
  spanMs: number,
  did: { cpuMs?: number; outputBytes?: number; warnedCapMs?: number | null } = {},
): NonNullable<Evidence['activity']> {
  const { cpuMs = 0, outputBytes = 0, warnedCapMs = null } = did;
  const first = { awakeMs: 500_000, cpuMs: 7000, outputBytes: 4096 };
  const current = {
    awakeMs: first.awakeMs + spanMs,
    cpuMs: first.cpuMs + cpuMs,
    outputBytes: first.outputBytes + outputBytes,
  };
  const { awakeMs, cpuMs: treeCpuMs } = current;
  return {
    memory: {
      lookedAtMs: awakeMs,
      asleepMs: 0,
      samples: [first],
      cpuMs: treeCpuMs,
      treeCpuMs,
      peakMemoryBytes: 1_000_000,
      warnedCapMs,
    },
    current,
  };
}

export const STOP_ORDER = {
  atMs: NOW.wallMs - 1000,
  uptimeMs: NOW.uptimeMs - 1000,
  killAfterMs: 2000,
  by: 'agentctl stop',
};

/** What a running agent's witnesses say, and what a test changes of it. */
export function evidence(
  change: Partial<Omit<AgentFiles, 'name'>> & Partial<Evidence['processes']> & Partial<Omit<Evidence, 'files'>> = {},
): Evidence {
  const {
    launcher,
    wrapper,
    watchdog,
    agent,
    whereabouts,
    now,
    processes: _,
    activity,
    company,
    parentEnded,
    mayStart,
    ...files
  } = change;
  return {
    files: {
      name: 'a',
      archived: false,
      spec: there(SPEC),
      started: there(STARTED_RECORD),
      sentinel: absent,
      recorded: there(PENDING),
      stopOrder: absent,
      keptBy: undefined,
      report: undefined,
      session: undefined,
      typed: false,
      unreadReports: [],
      verdict: absent,
      capMs: SPEC.limits.maxRuntimeMs,
      heartbeatAtMs: NOW.wallMs - 3000,
      ...files,
    },
    processes: {
      launcher: launcher ?? 'dead',
      wrapper: wrapper ?? 'alive',
      watchdog: watchdog ?? 'alive',
      agent: agent ?? 'alive',
    },
    whereabouts: whereabouts ?? 'here',
    now: now ?? NOW,
    activity,
    company,
    parentEnded,
    mayStart,
  };
}

/** Everyone who could still write for it is dead. */
export const NOBODY = { wrapper: 'dead', watchdog: 'dead', agent: 'dead', launcher: 'dead' } as const;
