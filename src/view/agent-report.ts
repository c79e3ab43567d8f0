import { formatDuration } from '../agent/duration.ts';
import { type Row, statusCell } from './agent-table.ts';
import { commandLine } from './command-line.ts';
import { visible } from './visible.ts';

interface Reported extends Row {
  parent: { name: string; runId: string } | null;
  createdAt: string | null;
  limits: {
    maxRuntimeSeconds: number | null;
    graceSeconds: number | null;
    maxIdleSeconds: number | null;
    killAfterSeconds: number;
  } | null;
  labels: Readonly<Record<string, string>>;
  directory: string;
  evidence: object;
}

/** One agent for people: what is true of it, and by what evidence. */
export function agentReport(agent: Reported, nowMs: number): string {
  const duration = (seconds: number | null): string => formatDuration(seconds === null ? null : seconds * 1000);
  const { limits } = agent;
  const lines: [string, string | null | undefined][] = [
    ['name', agent.name],
    ['status', statusCell(agent, nowMs)],
    ['because', agent.reason],
    ['run', agent.runId],
    ['command', commandLine(agent.command)],
    ['cwd', agent.cwd],
    [
      'labels',
      Object.entries(agent.labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(' ') || null,
    ],
    ['parent', agent.parent?.name],
    ['started', agent.startedAt],
    ['ended', agent.endedAt],
    ['deadline', agent.endedAt === null ? (agent.deadline ?? (agent.startedAt === null ? null : 'none')) : null],
    [
      'limits',
      limits &&
        `cap ${duration(limits.maxRuntimeSeconds)}, grace ${duration(limits.graceSeconds)}, idle ${duration(limits.maxIdleSeconds)}, kill after ${duration(limits.killAfterSeconds)}`,
    ],
    ['directory', agent.directory],
    ...Object.entries(agent.evidence).map(([witness, says]): [string, string] => [`  ${witness}`, String(says)]),
  ];
  return lines
    .filter((line): line is [string, string] => typeof line[1] === 'string' && line[1] !== '')
    .map(([key, value]) => `${key.padEnd(12)}${visible(value)}`)
    .join('\n');
}
