import { formatDuration } from '../agent/duration.ts';
import { type Row, statusCell } from './agent-table.ts';
import { commandLine } from './command-line.ts';
import { usedUp, usesNow } from './used.ts';
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
  report: { status: string | null; waitingFor: string | null; resultFile: string | null; at: string } | null;
  resume: string | null;
  resources: Parameters<typeof usesNow>[0] | null;
  leftRunning?: readonly ProcessNote[];
  verdict?: Verdict | null;
}

interface ProcessNote {
  pid: number;
  command: string;
  why: string;
}

interface Verdict {
  cause: string;
  steps: readonly { step: string; at: string }[];
  ended: readonly ProcessNote[];
  spared: readonly ProcessNote[];
  survivors: readonly ProcessNote[];
  suspects?: readonly ProcessNote[];
  resources?: Parameters<typeof usedUp>[0];
}

type Line = [key: string, value: string | null | undefined];

const STEPS: Readonly<Record<string, string>> = {
  term: 'sent TERM',
  kill: 'sent KILL',
  ended: 'all gone',
  teardown: 'torn down',
};

/** One agent for people: what is true of it, and by what evidence. */
export function agentReport(agent: Reported, nowMs: number): string {
  const duration = (seconds: number | null): string => formatDuration(seconds === null ? null : seconds * 1000);
  const { limits } = agent;
  const lines: Line[] = [
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
    ['reported', agent.report?.at],
    ['result file', agent.report?.resultFile],
    ['resume', agent.resume],
    ['ended', agent.endedAt],
    ['deadline', agent.endedAt === null ? (agent.deadline ?? (agent.startedAt === null ? null : 'none')) : null],
    ['teardown', agent.kept ? null : agent.teardownAt],
    ['kept', agent.kept && !agent.archived ? 'until "agentctl keep --release"' : null],
    ['left', processes(agent.leftRunning)],
    [
      'limits',
      limits &&
        `cap ${duration(limits.maxRuntimeSeconds)}, grace ${duration(limits.graceSeconds)}, idle ${duration(limits.maxIdleSeconds)}, kill after ${duration(limits.killAfterSeconds)}`,
    ],
    ['uses', agent.resources && usesNow(agent.resources)],
    ['directory', agent.directory],
    ...Object.entries(agent.evidence).map(([witness, says]): [string, string] => [`  ${witness}`, String(says)]),
    ...(agent.verdict ? verdictLines(agent.verdict) : []),
  ];
  return lines
    .filter((line): line is [string, string] => typeof line[1] === 'string' && line[1] !== '')
    .map(([key, value]) => `${key.padEnd(12)}${visible(value)}`)
    .join('\n');
}

function verdictLines(verdict: Verdict): Line[] {
  return [
    ['verdict', verdict.cause],
    ...verdict.steps.map(({ step, at }): Line => [`  ${STEPS[step] ?? step}`, at]),
    ['  killed', processes(verdict.ended)],
    ['  spared', processes(verdict.spared)],
    ['  survived', processes(verdict.survivors)],
    ['  suspect', processes(verdict.suspects)],
    ['  used', verdict.resources && usedUp(verdict.resources)],
  ];
}

function processes(notes: readonly ProcessNote[] = []): string {
  return notes.map(({ pid, command, why }) => `${command} (pid ${pid}, ${why})`).join(', ');
}
