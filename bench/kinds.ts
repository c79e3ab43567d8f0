import type { SpawnOptions } from '../src/index.ts';

/** A kind of short agent: what it runs, what is done to it, what must come of it. */
export interface Kind {
  what: string;
  script: string;
  limits?: SpawnOptions['limits'];
  /** Milliseconds from TERM to KILL, where it is stopped. */
  stopped?: number;
  code: number;
  result: string;
}

const WAITS = 'echo ready; while :; do sleep 0.1; done';
export const UNUSUAL: readonly Kind[] = [
  { what: 'capped', script: WAITS, limits: { maxRuntimeMs: 1000 }, code: 143, result: 'timed-out' },
  { what: 'stopped', script: `trap "exit 7" TERM; ${WAITS}`, stopped: 20_000, code: 7, result: 'stopped' },
  { what: 'deaf', script: `trap "" HUP INT TERM; ${WAITS}`, stopped: 200, code: 137, result: 'stopped' },
  { what: 'leaving a child', script: 'setsid sleep 1000 & exit 3', code: 3, result: 'failed' },
  {
    what: 'leaving a deaf child',
    script: 'sh -c \'trap "" HUP TERM; exec sleep 1000\' & exit 4',
    code: 4,
    result: 'failed',
  },
];
const CODES = [0, 1, 7, 99, 127, 137, 255];
/** Of so many one is unusual. */
const UNUSUAL_EVERY = 4;

/** The kind of the agent with this number. */
export function kindOf(index: number): Kind {
  const unusual = index % UNUSUAL_EVERY === 0 ? UNUSUAL[(index / UNUSUAL_EVERY) % UNUSUAL.length] : undefined;
  return unusual ?? plain(index);
}

export function plain(index: number): Kind {
  const code = CODES[index % CODES.length] ?? 0;
  const result = code === 0 ? 'succeeded' : code === 137 ? 'signaled' : 'failed';
  return { what: 'plain', script: `exit ${code}`, code, result };
}
