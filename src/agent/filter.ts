import { InvalidInput } from './invalid-input.ts';
import type { Status } from './status.ts';

const PHASES = ['queued', 'starting', 'running', 'waiting', 'done', 'stopping', 'ended', 'unknown'];
const RESULTS = ['succeeded', 'failed', 'signaled', 'timed-out', 'idled-out', 'stopped', 'lost'];

/** A test that an agent passes or not. */
export type Filter = (labels: Record<string, string>, status: Pick<Status, 'phase' | 'result'>) => boolean;

/**
 * Reads `phase=…`, `result=…`, `label=KEY` and `label=KEY=VALUE`; several of one kind are alternatives, kinds add up.
 *
 * @throws {InvalidInput} on another key or a phase or result that does not exist.
 * @example parseFilters(['phase=running', 'label=job=7'])
 */
export function parseFilters(texts: readonly string[]): Filter {
  const kinds = new Map<string, Filter[]>();
  for (const text of texts) {
    const [kind, filter] = parseFilter(text);
    kinds.set(kind, [...(kinds.get(kind) ?? []), filter]);
  }
  return (labels, status) =>
    [...kinds.values()].every((alternatives) => alternatives.some((filter) => filter(labels, status)));
}

function parseFilter(text: string): [string, Filter] {
  const [kind = '', ...rest] = text.split('=');
  const value = rest.join('=');
  if (kind === 'phase' && PHASES.includes(value)) return [kind, (_, status) => status.phase === value];
  if (kind === 'result' && RESULTS.includes(value)) return [kind, (_, status) => status.result === value];
  const [key = '', ...wanted] = rest;
  if (kind === 'label' && key !== '') {
    // A kind of its own: a label may be called `phase`.
    if (wanted.length === 0) return [`has ${key}`, (labels) => Object.hasOwn(labels, key)];
    return [`label ${key}`, (labels) => Object.hasOwn(labels, key) && labels[key] === wanted.join('=')];
  }
  throw new InvalidInput(
    `--filter: ${JSON.stringify(text)} is not a filter: write phase=${PHASES.join('|')}, result=${RESULTS.join('|')}, label=KEY or label=KEY=VALUE`,
  );
}
