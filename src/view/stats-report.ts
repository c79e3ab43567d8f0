import { formatDuration } from '../agent/duration.ts';
import { bars } from './bars.ts';
import { table } from './table.ts';
import { visible } from './visible.ts';

/** A sum, and of how many that ended it is known. */
interface Known {
  seconds: number | null;
  agents: number;
}

interface Figures {
  agents: number;
  live: number;
  ended: number;
  damaged: number;
  results: Readonly<Record<string, number>>;
  successFraction: number | null;
  runSeconds: number;
  runTime: {
    agents: number;
    p50Seconds: number | null;
    p95Seconds: number | null;
    maxSeconds: number | null;
    histogram: readonly { upToSeconds: number | null; agents: number }[];
  };
  waiting: Known;
  idle: Known;
  cpu: Known;
  capHits: number;
  escapees: { agents: number; processes: number };
  idleSessionSeconds: number;
  expirySeconds: number;
  idleSessionSecondsWithExpiry: number;
  savedFraction: number | null;
}

interface Reported extends Figures {
  since: string | null;
  by: string | null;
  groups: readonly (Figures & { group: string | null; kind: string })[];
}

/**
 * For people: what became of all agents, what they used, what teardown saved; and a line for each group.
 *
 * @param width - of the terminal, in characters, for the groups; undefined cuts nothing.
 */
export function statsReport(facts: Reported, width?: number): string {
  const parts = [whole(facts)];
  if (facts.runTime.agents > 0) parts.push(`run times\n${bars(facts.runTime.histogram.map(bar))}`);
  if (facts.groups.length > 0) parts.push(groups(facts, width));
  return parts.join('\n\n');
}

function whole(facts: Reported): string {
  const damaged = facts.damaged > 0 ? `, ${facts.damaged} of which nothing can be said` : '';
  const { runTime, escapees } = facts;
  const lines: [string, string | undefined][] = [
    ['agents', `${facts.agents}: ${facts.live} live, ${facts.ended} ended${damaged}`],
    ['since', facts.since ?? undefined],
    ['results', byCount(facts.results)],
  ];
  if (facts.successFraction !== null) {
    lines.push(
      ['success', `${percent(facts.successFraction)} of those that ended`],
      ['run time', `${duration(facts.runSeconds)}, of those that ended`],
      ['p50 p95 max', runTime.agents === 0 ? undefined : quantiles(runTime).join(', ')],
      ['waiting', known(facts.waiting, facts.ended, duration)],
      ['did nothing', known(facts.idle, facts.ended, duration)],
      ['cpu', known(facts.cpu, facts.ended, cpuTime)],
      ['cap hits', String(facts.capHits)],
      ['escapees', escapees.processes === 0 ? '0' : `${escapees.processes} of ${count(escapees.agents, 'agent')}`],
    );
  }
  if (facts.savedFraction !== null) {
    lines.push(
      ['idle', `${duration(facts.idleSessionSeconds)} of sessions whose agent had ended`],
      [
        'instead of',
        `${duration(facts.idleSessionSecondsWithExpiry)}, gone ${duration(facts.expirySeconds)} after each start`,
      ],
      ['saved', percent(facts.savedFraction)],
    );
  }
  return lines
    .filter((line): line is [string, string] => line[1] !== undefined)
    .map(([key, value]) => `${key.padEnd(12)}${value}`)
    .join('\n');
}

function bar({ upToSeconds, agents }: Figures['runTime']['histogram'][number]): [string, number] {
  return [upToSeconds === null ? 'longer' : `up to ${duration(upToSeconds)}`, agents];
}

const COLUMNS: readonly [string, (figures: Figures) => string][] = [
  ['AGENTS', ({ agents }) => String(agents)],
  ['LIVE', ({ live }) => String(live)],
  ['ENDED', ({ ended }) => String(ended)],
  ['SUCCESS', ({ successFraction }) => orDash(successFraction, percent)],
  ['P50', ({ runTime }) => orDash(runTime.p50Seconds, duration)],
  ['P95', ({ runTime }) => orDash(runTime.p95Seconds, duration)],
  ['MAX', ({ runTime }) => orDash(runTime.maxSeconds, duration)],
  ['WAITING', ({ waiting }) => orDash(waiting.seconds, duration)],
  ['NOTHING', ({ idle }) => orDash(idle.seconds, duration)],
  ['CPU', ({ cpu }) => orDash(cpu.seconds, cpuTime)],
  ['CAPS', ({ capHits }) => String(capHits)],
  ['ESCAPEES', ({ escapees }) => String(escapees.processes)],
  ['SAVED', ({ savedFraction }) => orDash(savedFraction, percent)],
];

function groups({ by, groups }: Reported, width: number | undefined): string {
  // A label's key is shown as it is.
  const [kind = '', key] = (by ?? '').split('=');
  const heads = [key ?? kind.toUpperCase(), ...COLUMNS.map(([head]) => head)];
  const rows = groups.map((group) => [nameOf(group, by), ...COLUMNS.map(([, cell]) => cell(group))]);
  return table(
    [heads, ...rows].map((row) => row.map(visible)),
    width,
  );
}

function nameOf({ group, kind }: { group: string | null; kind: string }, by: string | null): string {
  if (group !== null) return group === '' ? '(empty)' : group;
  if (kind === 'unknown') return '(unknown)';
  return by === 'agent' ? '(a command)' : '(none)';
}

function quantiles({ p50Seconds, p95Seconds, maxSeconds }: Figures['runTime']): string[] {
  return [p50Seconds, p95Seconds, maxSeconds].map((seconds) => orDash(seconds, duration));
}

function known({ seconds, agents }: Known, ended: number, format: (seconds: number) => string): string {
  if (seconds === null) return 'not known of any';
  return agents === ended ? format(seconds) : `${format(seconds)}, known of ${agents} of ${ended}`;
}

function orDash(value: number | null, format: (value: number) => string): string {
  return value === null ? '-' : format(value);
}

function count(number: number, what: string): string {
  return number === 1 ? `1 ${what}` : `${number} ${what}s`;
}

function duration(seconds: number): string {
  return formatDuration(seconds * 1000);
}

/** In hours, as it is paid for; below a hundredth of one in seconds. */
function cpuTime(seconds: number): string {
  return seconds < 36 ? `${seconds.toFixed(2)} s` : `${(seconds / 3600).toFixed(2)} h`;
}

function byCount(results: Figures['results']): string | undefined {
  const sorted = Object.entries(results).sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1));
  return sorted.length === 0 ? undefined : sorted.map(([result, count]) => `${count} ${result}`).join(', ');
}

/** Never rounded up: 100 % would say that no session was ever idle. */
function percent(fraction: number): string {
  return `${(Math.floor(fraction * 1000) / 10).toFixed(1)} %`;
}
