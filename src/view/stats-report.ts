import { formatDuration } from '../agent/duration.ts';

interface Reported {
  agents: number;
  live: number;
  ended: number;
  damaged: number;
  results: Readonly<Record<string, number>>;
  runSeconds: number;
  idleSessionSeconds: number;
  expirySeconds: number;
  idleSessionSecondsWithExpiry: number;
  savedFraction: number | null;
}

/** For people: what became of all agents, and what teardown saved. */
export function statsReport(facts: Reported): string {
  const duration = (seconds: number): string => formatDuration(seconds * 1000);
  const damaged = facts.damaged > 0 ? `, ${facts.damaged} of which nothing can be said` : '';
  const lines: [string, string | undefined][] = [
    ['agents', `${facts.agents}: ${facts.live} live, ${facts.ended} ended${damaged}`],
    ['results', byCount(facts.results)],
    ['run time', facts.ended === 0 ? undefined : `${duration(facts.runSeconds)}, of those that ended`],
  ];
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

function byCount(results: Reported['results']): string | undefined {
  const sorted = Object.entries(results).sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1));
  return sorted.length === 0 ? undefined : sorted.map(([result, count]) => `${count} ${result}`).join(', ');
}

/** Never rounded up: 100 % would say that no session was ever idle. */
function percent(fraction: number): string {
  return `${(Math.floor(fraction * 1000) / 10).toFixed(1)} %`;
}
