import { holds, inOrder, ORDERS, type Order, type TopRow } from './attention.ts';

/** What the keys mean just now. */
export type Mode =
  | { kind: 'list' }
  | { kind: 'filter' }
  /** `of`: whom it is about; another may be selected meanwhile. */
  | { kind: 'extend'; of: TopRow; text: string }
  | { kind: 'stop'; of: TopRow }
  /** `scroll`: lines above the newest. */
  | { kind: 'logs'; of: TopRow; scroll: number };

export interface Top {
  rows: readonly TopRow[];
  order: Order;
  filter: string;
  /** By {@link keyOf}; undefined selects the first. */
  selected: string | undefined;
  mode: Mode;
  /** What became of the last order. */
  message: string;
}

/** What gives the terminal back, for good or for a while. */
export type Leave = { do: 'quit' } | { do: 'attach'; of: TopRow };
/** What is done to an agent while it is looked at. */
export type Task = { do: 'keep'; of: TopRow } | { do: 'stop'; of: TopRow } | { do: 'extend'; of: TopRow; by: string };
/** What is to be done for a key. */
export type Deed = Leave | Task;

export const BEGINNING: Top = {
  rows: [],
  order: 'attention',
  filter: '',
  selected: undefined,
  mode: { kind: 'list' },
  message: '',
};

/** By what an agent is known again, whatever else of it changes. */
export function keyOf({ runId, name }: TopRow): string {
  return runId ?? name;
}

/** The agents that are shown, in order. Pure. */
export function shown({ rows, filter, order }: Top, nowMs: number): TopRow[] {
  return inOrder(filter === '' ? rows : rows.filter((row) => holds(row, filter)), order, nowMs);
}

/** Where the selected agent stands; 0 where it is not shown any more. */
export function selectedAt({ selected }: Top, rows: readonly TopRow[]): number {
  return Math.max(
    0,
    rows.findIndex((row) => keyOf(row) === selected),
  );
}

/** The agents as they are now. Whose row is gone hands its selection to who stands in its place. */
export function withRows(top: Top, rows: readonly TopRow[], nowMs: number): Top {
  const before = shown(top, nowMs);
  const next = { ...top, rows };
  if (rows.some((row) => keyOf(row) === top.selected)) return next;
  const now = shown(next, nowMs);
  const neighbour = now[Math.min(selectedAt(top, before), now.length - 1)];
  return { ...next, selected: neighbour && keyOf(neighbour) };
}

/**
 * What a key does. Pure.
 *
 * @param key - a character, or `up`, `down`, `pageUp`, `pageDown`, `home`, `end`, `return`, `escape`, `backspace`.
 * @param page - how many rows a page has.
 */
export function press(top: Top, key: string, nowMs: number, page: number): { top: Top; deed?: Deed } {
  switch (top.mode.kind) {
    case 'filter':
      return { top: typeFilter(top, key) };
    case 'extend':
      return typeExtension(top, top.mode, key);
    case 'stop': {
      const { of } = top.mode;
      const back = toList(top);
      return key === 'y' ? { top: back, deed: { do: 'stop', of } } : { top: { ...back, message: 'not stopped' } };
    }
    case 'logs':
      return { top: scroll(top, top.mode, key, page) };
    default:
      return choose({ ...top, message: '' }, key, nowMs, page);
  }
}

function choose(top: Top, key: string, nowMs: number, page: number): { top: Top; deed?: Deed } {
  const rows = shown(top, nowMs);
  const at = selectedAt(top, rows);
  const of = rows[at];
  const steps: Readonly<Record<string, number>> = { up: -1, down: 1, pageUp: -page, pageDown: page };
  const goes = key === 'home' ? -at : key === 'end' ? rows.length : steps[key];
  if (goes !== undefined) {
    const next = rows[Math.max(0, Math.min(rows.length - 1, at + goes))];
    return { top: { ...top, selected: next && keyOf(next) } };
  }
  if (key === 'q') return { top, deed: { do: 'quit' } };
  if (key === '/') return { top: { ...top, mode: { kind: 'filter' } } };
  if (key === 'escape') return { top: { ...top, filter: '' } };
  if (key === 'o') return { top: { ...top, order: ORDERS[(ORDERS.indexOf(top.order) + 1) % ORDERS.length] ?? 'name' } };
  if (of === undefined) return { top };
  // From now on it stays selected, wherever it moves to.
  const on = { ...top, selected: keyOf(of) };
  if (key === 'a') return { top: on, deed: { do: 'attach', of } };
  if (key === 'k') return { top: on, deed: { do: 'keep', of } };
  if (key === 'l' || key === 'return') return { top: { ...on, mode: { kind: 'logs', of, scroll: 0 } } };
  if (key === 'e') return { top: { ...on, mode: { kind: 'extend', of, text: '30m' } } };
  if (key === 's') return { top: { ...on, mode: { kind: 'stop', of } } };
  return { top };
}

function typeFilter(top: Top, key: string): Top {
  if (key === 'return') return toList(top);
  if (key === 'escape') return { ...toList(top), filter: '' };
  return { ...top, filter: typed(top.filter, key) };
}

function typeExtension(top: Top, mode: Mode & { kind: 'extend' }, key: string): { top: Top; deed?: Deed } {
  if (key === 'escape') return { top: { ...toList(top), message: 'not extended' } };
  if (key === 'return') return { top: toList(top), deed: { do: 'extend', of: mode.of, by: mode.text } };
  return { top: { ...top, mode: { ...mode, text: typed(mode.text, key) } } };
}

function scroll(top: Top, mode: Mode & { kind: 'logs' }, key: string, page: number): Top {
  if (['q', 'l', 'escape', 'return'].includes(key)) return toList(top);
  const steps: Readonly<Record<string, number>> = { up: 1, down: -1, pageUp: page, pageDown: -page };
  const to = key === 'home' ? Number.MAX_SAFE_INTEGER : key === 'end' ? 0 : mode.scroll + (steps[key] ?? 0);
  return { ...top, mode: { ...mode, scroll: Math.max(0, to) } };
}

function toList(top: Top): Top {
  return { ...top, mode: { kind: 'list' } };
}

function typed(text: string, key: string): string {
  if (key === 'backspace') return [...text].slice(0, -1).join('');
  // A pasted text comes as one; a key that has a name is no text.
  return NAMED.includes(key) ? text : text + key;
}

const NAMED = ['up', 'down', 'pageUp', 'pageDown', 'home', 'end', 'return', 'escape', 'backspace'];
