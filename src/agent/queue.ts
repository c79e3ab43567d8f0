import type { QueuePlace } from './evidence.ts';
import { InvalidInput } from './invalid-input.ts';
import { parseLabels } from './labels.ts';
import type { Phase } from './status.ts';

/** Of the agents that carry a label no more than `max` run at one time; whoever comes when all places are taken waits. */
export interface Queue {
  label: string;
  value: string;
  max: number;
}

/** What there is to know of an agent where places are counted. */
export interface Member {
  runId: string;
  labels: Readonly<Record<string, string>>;
  phase: Phase;
  /** Its place in line; null where it never had to wait. */
  queue: QueuePlace | null;
  /** Nobody knows whether it is to be started: then it keeps nobody behind it from it. */
  isInDoubt: boolean;
  createdAtMs: number;
}

/**
 * Reads `KEY=VALUE:N`, or `N` alone.
 *
 * @throws {InvalidInput} for anything else.
 * @example parseMaxParallel('job=7:4', '--max-parallel') // { label: 'job', value: '7', max: 4 }
 */
export function parseMaxParallel(text: string, where: string): Queue | number {
  const [, label, digits = ''] = /^(?:(.+):)?(\d{1,6})$/s.exec(text) ?? [];
  const max = Number(digits);
  if (max < 1)
    throw new InvalidInput(
      `${where}: ${JSON.stringify(text)} does not say how many: write a number from 1 on, or job=7:4 for those with the label job=7`,
    );
  if (label === undefined) return max;
  const [[key = '', value = ''] = []] = Object.entries(parseLabels([label], where));
  return { label: key, value, max };
}

/** The runs that wait and may start now: of each label the first in line, as many as there are places. */
export function nextInLine(members: readonly Member[]): Set<string> {
  const next = new Set<string>();
  const taken = new Map<string, number>();
  for (const { runId, queue } of members.filter(waits).sort(byPlace)) {
    if (queue === null) continue;
    const key = `${queue.label}=${queue.value}`;
    const before = taken.get(key) ?? members.filter((member) => isIn(queue, member) && holdsPlace(member)).length;
    if (before < queue.max) next.add(runId);
    // Whoever is behind does not overtake, however many places its own call would have had.
    taken.set(key, before + 1);
  }
  return next;
}

function isIn({ label, value }: Queue, { labels }: Member): boolean {
  return Object.hasOwn(labels, label) && labels[label] === value;
}

/** Also whoever is done and has not ended yet: it still has its processes, and its memory. */
function holdsPlace({ phase }: Member): boolean {
  return phase !== 'queued' && phase !== 'ended';
}

function waits({ phase, queue, isInDoubt }: Member): boolean {
  return phase === 'queued' && queue !== null && !isInDoubt;
}

/** Those of one batch were all created at one time. */
function byPlace(one: Member, other: Member): number {
  return (
    one.createdAtMs - other.createdAtMs ||
    (one.queue?.index ?? 0) - (other.queue?.index ?? 0) ||
    (one.runId < other.runId ? -1 : 1)
  );
}
