import type { Row } from '../agent-table.ts';

/** What `top` shows of an agent; schemas/agent.schema.json has it all. */
export interface TopRow extends Row {
  directory: string;
  labels: Readonly<Record<string, string>>;
  limits: { maxRuntimeSeconds: number | null; graceSeconds: number | null; maxIdleSeconds: number | null } | null;
  resources: { cpuPercent: number; memoryBytes: number; processes: number; at: string } | null;
  report: {
    state: string;
    status: string | null;
    waitingFor: string | null;
    message: string | null;
    at: string;
  } | null;
}

/** Why a person should look at an agent, the most urgent first. */
export const ATTENTION = ['waits', 'near its cap', 'idle', 'unknown', 'works', 'done', 'ended'] as const;
export type Attention = (typeof ATTENTION)[number];

/** So long before its cap, or within this part of it, an agent is near it. */
const NEAR_MS = 5 * 60_000;
const NEAR_FRACTION = 0.1;
/** Of max idle: then there is time to look before it is ended for it. */
const IDLE_FRACTION = 0.5;
/** Of a core, in percent: what works without a word is not idle. */
const IDLE_CPU_PERCENT = 1;

/** What an agent needs a person for, at a time in milliseconds. Pure. */
export function attentionOf(row: TopRow, nowMs: number): Attention {
  if (row.phase === 'ended') return 'ended';
  if (row.phase === 'unknown') return 'unknown';
  if (row.phase === 'waiting') return 'waits';
  if (isNearCap(row, nowMs)) return 'near its cap';
  if (row.phase === 'done') return 'done';
  return isIdle(row, nowMs) ? 'idle' : 'works';
}

function isNearCap({ startedAt, deadline, phase }: TopRow, nowMs: number): boolean {
  if (startedAt === null || deadline === null || phase === 'done') return false;
  const leftMs = Date.parse(deadline) - nowMs;
  const capMs = Date.parse(deadline) - Date.parse(startedAt);
  // Of a short cap a tenth, or all of it would be near.
  return leftMs < Math.min(NEAR_MS, capMs * NEAR_FRACTION);
}

function isIdle({ lastOutputAt, limits, resources, startedAt }: TopRow, nowMs: number): boolean {
  const maxIdleSeconds = limits?.maxIdleSeconds ?? null;
  const since = lastOutputAt ?? startedAt;
  if (maxIdleSeconds === null || since === null) return false;
  if (resources !== null && resources.cpuPercent >= IDLE_CPU_PERCENT) return false;
  return nowMs - Date.parse(since) > maxIdleSeconds * 1000 * IDLE_FRACTION;
}

/** The orders in which agents can be shown. */
export const ORDERS = ['attention', 'name', 'cpu', 'memory', 'runtime'] as const;
export type Order = (typeof ORDERS)[number];

/** Agents in an order; those that are equal in it stay as they were. Pure. */
export function inOrder(rows: readonly TopRow[], order: Order, nowMs: number): TopRow[] {
  const key = KEYS[order];
  return rows
    .map((row) => ({ row, key: key(row, nowMs) }))
    .sort((a, b) => compare(a.key, b.key))
    .map(({ row }) => row);
}

type Key = readonly (number | string)[];

const KEYS: Readonly<Record<Order, (row: TopRow, nowMs: number) => Key>> = {
  attention: (row, nowMs) => {
    const attention = attentionOf(row, nowMs);
    return [ATTENTION.indexOf(attention), urgency(row, attention)];
  },
  name: ({ name }) => [name],
  cpu: ({ resources }) => [-(resources?.cpuPercent ?? -1)],
  memory: ({ resources }) => [-(resources?.memoryBytes ?? -1)],
  runtime: ({ startedAt, endedAt }, nowMs) => [
    startedAt === null ? 0 : Date.parse(startedAt) - (endedAt === null ? nowMs : Date.parse(endedAt)),
  ],
};

/** Within what needs the same: who has waited longest, whose cap is nearest, who was heard of longest ago. */
function urgency({ report, deadline, lastOutputAt }: TopRow, attention: Attention): number {
  const at = { waits: report?.at, 'near its cap': deadline, idle: lastOutputAt } as Partial<
    Record<Attention, string | null>
  >;
  return Date.parse(at[attention] ?? '') || 0;
}

function compare(a: Key, b: Key): number {
  for (const [at, one] of a.entries()) {
    const other = b[at] ?? 0;
    if (one !== other) return one < other ? -1 : 1;
  }
  return 0;
}

/** Whether a text stands in what is shown of an agent, or in its labels, folder or command; upper and lower case are one. */
export function holds(row: TopRow, text: string): boolean {
  const labels = Object.entries(row.labels).map(([key, value]) => `${key}=${value}`);
  const all = [row.name, row.phase, row.result, row.report?.waitingFor, row.report?.message, row.cwd, ...row.command];
  return [...all, ...labels].join('\n').toLowerCase().includes(text.toLowerCase());
}
