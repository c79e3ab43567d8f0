import type { Fate } from './fate.ts';
import { InvalidInput } from './invalid-input.ts';
import { isLabelKey } from './labels.ts';
import { nearest } from './nearest.ts';

const KINDS = ['label', 'agent', 'cwd'] as const;

/** What agents are put together by. */
export interface Grouping {
  by: (typeof KINDS)[number];
  /** Only with `label`: by the values of this one; undefined is by each label. */
  key?: string | undefined;
}

/** Agents that have something in common. */
export interface Group<T> {
  /** What it is; null where they have none of it in common (`none`), or nobody knows what (`unknown`). */
  group: string | null;
  kind: 'named' | 'none' | 'unknown';
  members: T[];
}

/**
 * Reads `label`, `label=KEY`, `agent` or `cwd`.
 *
 * @param where - the flag it came from, for the message.
 * @throws {InvalidInput} on anything else, with what was probably meant.
 * @example parseGrouping('label=job', '--by') // { by: 'label', key: 'job' }
 */
export function parseGrouping(text: string, where: string): Grouping {
  const at = text.indexOf('=');
  const kind = at < 0 ? text : text.slice(0, at);
  const by = KINDS.find((one) => one === kind);
  if (by !== undefined && at < 0) return { by };
  if (by === 'label') {
    const key = text.slice(at + 1);
    if (isLabelKey(key)) return { by, key };
    throw new InvalidInput(
      `${where}: ${JSON.stringify(key)} is no label's key: write label=KEY, the key of A-Z a-z 0-9 . _ / -`,
    );
  }
  const near = by ?? nearest(kind, KINDS);
  throw new InvalidInput(
    `${where}: ${JSON.stringify(text)} is nothing to group by: ${near ? `did you mean ${near}?` : 'write label, label=KEY, agent or cwd'}`,
  );
}

/** As {@link parseGrouping} reads it. */
export function formatGrouping({ by, key }: Grouping): string {
  return key === undefined ? by : `${by}=${key}`;
}

/**
 * Puts agents together: the largest group first, those of one size by their names. Whoever has several labels is in the group of
 * each. Pure.
 */
export function groupsOf<T extends Pick<Fate, 'origin'>>(agents: readonly T[], grouping: Grouping): Group<T>[] {
  const named = new Map<string, Group<T>>();
  const none: Group<T> = { group: null, kind: 'none', members: [] };
  const unknown: Group<T> = { group: null, kind: 'unknown', members: [] };
  for (const agent of agents) {
    const names = agent.origin && namesOf(agent.origin, grouping);
    if (names === undefined) unknown.members.push(agent);
    else if (names.length === 0) none.members.push(agent);
    for (const name of names ?? []) {
      const group = named.get(name) ?? { group: name, kind: 'named', members: [] };
      group.members.push(agent);
      named.set(name, group);
    }
  }
  const byName = [...named.values()].sort((a, b) => ((a.group ?? '') < (b.group ?? '') ? -1 : 1));
  // The sort is stable: those without a name come after the others of their size.
  return [...byName, none, unknown]
    .filter(({ members }) => members.length > 0)
    .sort((a, b) => b.members.length - a.members.length);
}

function namesOf({ labels, profile, cwd }: NonNullable<Fate['origin']>, { by, key }: Grouping): string[] {
  switch (by) {
    case 'label':
      if (key === undefined) return Object.entries(labels).map(([name, value]) => `${name}=${value}`);
      return Object.hasOwn(labels, key) ? [labels[key] ?? ''] : [];
    case 'agent':
      return profile === undefined ? [] : [profile];
    case 'cwd':
      return [cwd];
    default:
      return by satisfies never;
  }
}
