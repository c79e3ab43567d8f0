import { formatDuration } from '../agent/duration.ts';
import { visible } from './visible.ts';

interface Reported {
  running: boolean;
  held: boolean;
  pid: number | null;
  version: string | null;
  startedAt: string | null;
  watching: { live: number; ended: number; unknown: number };
  nextDeadline: { at: string; name: string } | null;
  memoryBytes: number | null;
  cpuSeconds: number | null;
  log: string;
}

/** The manager for people. */
export function managerReport(facts: Reported, nowMs: number): string {
  const { watching, nextDeadline } = facts;
  const since = facts.startedAt === null ? '' : `, for ${formatDuration(nowMs - Date.parse(facts.startedAt))}`;
  const lines: [string, string | undefined][] = [
    ['manager', facts.running ? `runs (pid ${facts.pid}, ${facts.version}${since})` : 'does not run'],
    ['held', facts.held ? 'no command starts it until "agentctl manager start"' : undefined],
    [
      'agents',
      `${watching.live} live, ${watching.ended} ended${watching.unknown > 0 ? `, ${watching.unknown} unknown` : ''}`,
    ],
    [
      'next',
      nextDeadline === null
        ? 'nothing'
        : `${nextDeadline.name} in ${formatDuration(Date.parse(nextDeadline.at) - nowMs)} (${nextDeadline.at})`,
    ],
    ['memory', facts.memoryBytes === null ? undefined : `${(facts.memoryBytes / 1024 / 1024).toFixed(0)} MiB`],
    ['cpu', facts.cpuSeconds === null ? undefined : `${facts.cpuSeconds.toFixed(2)} s`],
    ['log', facts.log],
  ];
  return lines
    .filter((line): line is [string, string] => line[1] !== undefined)
    .map(([key, value]) => `${key.padEnd(10)}${visible(value)}`)
    .join('\n');
}
