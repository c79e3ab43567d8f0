import { formatDuration } from '../agent/duration.ts';
import { commandLine } from './command-line.ts';
import { table } from './table.ts';
import { visible } from './visible.ts';

/** What a table shows of an agent; schemas/agent.schema.json has it all. */
export interface Row {
  name: string;
  runId: string | null;
  parent: { runId: string } | null;
  phase: string;
  result: string | null;
  exitCode: number | null;
  signal: string | null;
  reason: string;
  startedAt: string | null;
  endedAt: string | null;
  deadline: string | null;
  teardownAt: string | null;
  kept: boolean;
  archived: boolean;
  report: { status: string | null; waitingFor: string | null } | null;
  /** Only where it was looked for. */
  leftRunning?: readonly object[];
  lastOutputAt: string | null;
  cwd: string | null;
  command: readonly string[];
}

const HEADER = ['NAME', 'STATUS', 'RUNTIME', 'LEFT', 'IDLE', 'CWD', 'COMMAND'];

/**
 * Agents as a table for people.
 *
 * @param columns - the terminal's width; undefined cuts nothing.
 */
export function agentTable(
  agents: readonly Row[],
  options: { columns: number | undefined; tree: boolean; nowMs: number },
): string {
  const ordered = options.tree ? asTree(agents) : agents.map((agent) => ({ agent, depth: 0 }));
  const rows = ordered.map(({ agent, depth }) =>
    [`${'  '.repeat(depth)}${agent.name}`, ...row(agent, options.nowMs)].map(visible),
  );
  return table([HEADER, ...rows], options.columns);
}

/** Phase, or result with its code and how long ago; one cell, since one of the two is always empty. */
export function statusCell(agent: Row, nowMs: number): string {
  if (agent.phase === 'unknown') return `unknown: ${agent.reason}`;
  if (agent.phase === 'done') return doneCell(agent, nowMs);
  if (agent.phase === 'waiting') return `waiting (${agent.report?.waitingFor ?? 'input'})`;
  if (agent.phase !== 'ended') return agent.phase;
  const ago = agent.endedAt === null ? '' : ` ${formatDuration(nowMs - Date.parse(agent.endedAt))} ago`;
  const detail = agent.signal ?? (agent.exitCode === null || agent.exitCode === 0 ? undefined : String(agent.exitCode));
  const left = agent.leftRunning?.length ? `, left ${agent.leftRunning.length} running` : '';
  // Of one that was torn down nothing is kept any more.
  const kept = agent.kept && !agent.archived ? ', kept' : '';
  return `${agent.result}${detail === undefined ? '' : ` (${detail})`}${ago}${left}${kept}`;
}

/** What it said of itself, and how long it may stay. */
function doneCell({ report, kept, teardownAt }: Row, nowMs: number): string {
  const said = report?.status === 'failure' ? 'done: failure' : 'done';
  if (kept) return `${said} (kept)`;
  return teardownAt === null ? said : `${said} (grace ${clock(Date.parse(teardownAt) - nowMs)})`;
}

/** `4:12`, `1:04:12`: what counts down is read to the second. */
function clock(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const [first, ...rest] = parts[0] === 0 ? parts.slice(1) : parts;
  return [first, ...rest.map((part) => String(part).padStart(2, '0'))].join(':');
}

function row(agent: Row, nowMs: number): string[] {
  const from = agent.startedAt === null ? undefined : Date.parse(agent.startedAt);
  const to = agent.endedAt === null ? nowMs : Date.parse(agent.endedAt);
  const left =
    agent.deadline === null || agent.phase === 'ended' ? '-' : formatDuration(Date.parse(agent.deadline) - nowMs);
  return [
    statusCell(agent, nowMs),
    from === undefined ? '-' : formatDuration(to - from),
    agent.phase !== 'ended' && agent.deadline === null && from !== undefined ? 'none' : left,
    idle(agent, nowMs),
    home(agent.cwd ?? '-'),
    commandLine(agent.command) || '-',
  ];
}

function idle(agent: Row, nowMs: number): string {
  return agent.phase === 'ended' || agent.lastOutputAt === null
    ? '-'
    : formatDuration(nowMs - Date.parse(agent.lastOutputAt));
}

function home(path: string): string {
  const own = process.env.HOME;
  return own && own !== '/' && (path === own || path.startsWith(`${own}/`)) ? `~${path.slice(own.length)}` : path;
}

interface Placed {
  agent: Row;
  depth: number;
}

function asTree(agents: readonly Row[]): Placed[] {
  const ids = new Set(agents.map(({ runId }) => runId));
  const below = (parent: string | null, depth: number): Placed[] =>
    agents
      .filter((agent) => (depth === 0 ? !agent.parent || !ids.has(agent.parent.runId) : agent.parent?.runId === parent))
      .flatMap((agent) => [{ agent, depth }, ...(agent.runId === null ? [] : below(agent.runId, depth + 1))]);
  const placed = below(null, 0);
  // Damaged records may name each other as parents: below nobody, but hidden by nothing.
  const lost = agents.filter((agent) => !placed.some((one) => one.agent === agent));
  return [...placed, ...lost.map((agent) => ({ agent, depth: 0 }))];
}
