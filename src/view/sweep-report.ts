import { formatDuration } from '../agent/duration.ts';
import { visible } from './visible.ts';

interface Seen {
  facts: { name: string; phase: string; reason: string; evidence: object };
  decision: Decided | undefined;
  at: { uptimeMs: number };
}

interface Decided {
  action: { do: string; cause?: string; reason?: string };
  nextAtMs: number | undefined;
  against?: readonly string[];
}

const DEEDS: Readonly<Record<string, readonly [done: string, wouldBe: string]>> = {
  'note-keys': ['has been typed into', 'has been typed into'],
  'begin-anew': ['is not idle', 'is not idle'],
  warn: ['warned', 'would be warned'],
  start: ['started', 'would be started'],
  cancel: ['ended before it was started', 'would be ended before it was started'],
  term: ['sent TERM', 'would be sent TERM'],
  kill: ['killed what is left', 'what is left would be killed'],
  conclude: ['its end put down', 'its end would be put down'],
  teardown: ['torn down', 'would be torn down'],
};

/** What was done about one agent, in a line. */
export function sweepLine({ facts, decision }: Seen, dryRun: boolean): string {
  const action = decision?.action ?? { do: 'nothing' };
  const deed = DEEDS[action.do]?.[dryRun ? 1 : 0] ?? 'left alone';
  return visible(`${facts.name} ${deed}${action.reason ? `: ${action.reason}` : ''}`);
}

/** What was seen of one agent, what was decided, and what spoke against more. */
export function sweepReport(seen: Seen, dryRun: boolean): string {
  const { facts, decision, at } = seen;
  const decided =
    decision === undefined || decision.action.do === 'nothing'
      ? `nothing${decision?.nextAtMs === undefined ? '' : `; looks again in ${formatDuration(decision.nextAtMs - at.uptimeMs)} at the latest`}`
      : sweepLine(seen, dryRun).slice(facts.name.length + 1);
  const lines: [string, string][] = [
    ['seen', `${facts.phase}: ${facts.reason}`],
    ...Object.entries(facts.evidence).map(([witness, says]): [string, string] => [`  ${witness}`, String(says)]),
    ['decided', decided],
    ...(decision?.against ?? []).map((reason): [string, string] => ['against', reason]),
  ];
  return [facts.name, ...lines.map(([key, value]) => `  ${key.padEnd(13)}${visible(value)}`)].join('\n');
}
