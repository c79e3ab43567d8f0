import { formatDuration } from '../../agent/duration.ts';
import { statusCell } from '../agent-table.ts';
import { shortSize } from '../byte-size.ts';
import { commandLine } from '../command-line.ts';
import { visible } from '../visible.ts';
import { ATTENTION, attentionOf, type TopRow } from './attention.ts';
import { keyOf, selectedAt, shown, type Top } from './model.ts';

/** One line of the screen. */
export interface Line {
  text: string;
  /** What it is about: the view gives that a colour. */
  tone?: 'title' | 'selected' | 'urgent' | 'waits' | 'bad' | 'good' | 'quiet';
}

/** What is looked up beside the agents themselves. */
export interface Scene {
  columns: number;
  /** Of the terminal. */
  rows: number;
  nowMs: number;
  /** Whether the terminal shows more than ASCII. */
  unicode: boolean;
  stateDir: string;
  managerRuns: boolean;
  /** CPU of the last samples of an agent, in percent of a core, oldest first. */
  cpu: (row: TopRow) => readonly number[];
  /** The end of the log that is looked at, a line each. */
  log: readonly string[];
}

/** Title, header, and what the keys do. */
const FRAME_LINES = 3;
const WIDTHS = { name: 14, status: 17, bar: 5, left: 6, cpu: 4, spark: 6, memory: 5 };
/** What a terminal has beyond this goes to names, to CPU over time and to the last report. */
const USUAL_COLUMNS = 80;

/** How many agents, or lines of a log, fit on a screen. The last line of a terminal stays empty: a full one would scroll. */
export function pageOf({ rows }: Pick<Scene, 'rows'>): number {
  return Math.max(1, rows - 1 - FRAME_LINES);
}

/** The screen, line by line, never more than the terminal has. Pure. */
export function linesOf(top: Top, scene: Scene): Line[] {
  const page = pageOf(scene);
  const body = top.mode.kind === 'logs' ? logLines(top.mode, scene, page) : listLines(top, scene, page);
  const lines = [titleOf(top, scene), ...body, ...emptyLines(1 + page - body.length), footOf(top, scene)];
  return lines.slice(-Math.max(1, scene.rows - 1)).map((line) => ({ ...line, text: visible(line.text) }));
}

function emptyLines(many: number): Line[] {
  return Array.from({ length: Math.max(0, many) }, () => ({ text: '' }));
}

function titleOf(top: Top, { nowMs, stateDir, managerRuns }: Scene): Line {
  const counts = ATTENTION.map((attention) => {
    const many = top.rows.filter((row) => attentionOf(row, nowMs) === attention).length;
    return many === 0 ? undefined : `${many} ${WORDS[attention]}`;
  }).filter((count) => count !== undefined);
  const agents = top.rows.length === 0 ? 'no agents' : counts.join(', ');
  return { text: `${managerRuns ? '' : 'no manager runs; '}${agents}  ${stateDir}`, tone: 'title' };
}

const WORDS: Readonly<Record<(typeof ATTENTION)[number], string>> = {
  waits: 'waiting',
  'near its cap': 'near the cap',
  idle: 'idle',
  unknown: 'unknown',
  works: 'working',
  done: 'done',
  ended: 'ended',
};

function listLines(top: Top, scene: Scene, page: number): Line[] {
  const rows = shown(top, scene.nowMs);
  const at = selectedAt(top, rows);
  const first = Math.max(0, Math.min(at - Math.floor(page / 2), rows.length - page));
  const window = rows.slice(first, first + page);
  const nothing = top.filter === '' ? 'no agents here: agentctl spawn starts one' : 'nothing fits the filter';
  const header = { text: `  ${cells(HEADER, widthsOf(scene))}`, tone: 'quiet' as const };
  if (rows.length === 0) return [header, { text: `  ${nothing}` }];
  return [header, ...window.map((row) => rowLine(row, keyOf(row) === keyOf(rows[at] ?? row), scene))];
}

type Cells = Record<keyof typeof WIDTHS | 'report', string>;

const HEADER: Cells = {
  name: 'NAME',
  status: 'STATUS',
  bar: 'USED',
  left: 'LEFT',
  cpu: 'CPU%',
  spark: '',
  memory: 'MEM',
  report: 'LAST REPORT',
};

function cells(of: Cells, widths: typeof WIDTHS): string {
  const fixed = Object.entries(widths).map(([key, width]) => {
    const text = of[key as keyof Cells];
    return NUMBERS.has(key) ? cut(text, width).padStart(width) : cut(text, width).padEnd(width);
  });
  return [...fixed, of.report].join(' ');
}

function widthsOf({ columns }: Scene): typeof WIDTHS {
  const more = Math.max(0, Math.min(12, Math.floor((columns - USUAL_COLUMNS) / 4)));
  return { ...WIDTHS, name: WIDTHS.name + more, spark: WIDTHS.spark + more };
}

const NUMBERS = new Set(['left', 'cpu', 'memory']);

function rowLine(row: TopRow, selected: boolean, scene: Scene): Line {
  const { nowMs, unicode } = scene;
  const time = timeOf(row, nowMs);
  const widths = widthsOf(scene);
  const shownCells: Cells = {
    name: row.name,
    status: statusOf(row, nowMs),
    bar: time.used === undefined ? '' : barOf(time.used, widths.bar, unicode),
    left: time.left,
    cpu: row.resources === null ? '-' : row.resources.cpuPercent.toFixed(0),
    spark: sparkOf(scene.cpu(row).slice(-widths.spark), unicode),
    memory: row.resources === null ? '-' : shortSize(row.resources.memoryBytes),
    report: lastReport(row, nowMs),
  };
  const marked = `${selected ? '>' : ' '} ${cells(shownCells, widths)}`;
  const tone = selected ? 'selected' : TONES[attentionOf(row, nowMs)](row);
  return { text: marked, ...(tone && { tone }) };
}

const TONES: Readonly<Record<(typeof ATTENTION)[number], (row: TopRow) => Line['tone']>> = {
  waits: () => 'waits',
  'near its cap': () => 'urgent',
  idle: () => 'waits',
  unknown: () => 'bad',
  works: () => undefined,
  done: () => 'good',
  ended: ({ result }) => (result === 'succeeded' ? 'quiet' : 'bad'),
};

/** In a narrow cell what the others say already is left out. */
function statusOf(row: TopRow, nowMs: number): string {
  const attention = attentionOf(row, nowMs);
  if (row.phase === 'done') return row.report?.status === 'failure' ? 'done: failure' : 'done';
  if (attention === 'idle') return `idle ${roughly(nowMs - Date.parse(row.lastOutputAt ?? row.startedAt ?? ''))}`;
  if (row.phase === 'waiting') return `waits: ${row.report?.waitingFor ?? 'input'}`;
  if (row.phase === 'running') return row.kept ? 'running, kept' : 'running';
  if (row.phase !== 'ended') return statusCell(row, nowMs);
  return row.result === 'failed' ? `failed (${row.signal ?? row.exitCode})` : String(row.result);
}

/** How much of its cap, or of its grace, is used, and what is left of it. */
function timeOf(row: TopRow, nowMs: number): { used?: number; left: string } {
  if (row.kept && row.phase !== 'running') return { left: 'kept' };
  const inGrace = row.phase === 'done' || row.phase === 'ended';
  const end = inGrace ? row.teardownAt : row.deadline;
  if (end === null) return { left: row.phase === 'ended' || row.startedAt === null ? '-' : 'none' };
  const graceMs = (row.limits?.graceSeconds ?? 0) * 1000;
  const begin = inGrace ? Date.parse(end) - graceMs : Date.parse(row.startedAt ?? '');
  const all = Date.parse(end) - begin;
  const leftMs = Math.max(0, Date.parse(end) - nowMs);
  return { left: roughly(leftMs), ...(all > 0 && { used: Math.min(1, Math.max(0, 1 - leftMs / all)) }) };
}

/** To the second only where seconds count: what changes all the time draws the screen anew all the time. */
function roughly(ms: number): string {
  return formatDuration(ms < SECONDS_COUNT_MS ? ms : Math.floor(ms / 60_000) * 60_000);
}

const SECONDS_COUNT_MS = 2 * 60_000;

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar of a fraction, as wide as told. */
export function barOf(fraction: number, width: number, unicode: boolean): string {
  const eighths = Math.round(fraction * width * 8);
  if (!unicode) return '#'.repeat(Math.round(eighths / 8)).padEnd(width, '.');
  const full = '█'.repeat(Math.floor(eighths / 8));
  return `${full}${EIGHTHS[eighths % 8]}`.padEnd(width, '░');
}

const LEVELS = { unicode: [...'▁▂▃▄▅▆▇█'], ascii: [...'_.:-=+*#'] };
/** A whole core is the top, more is no higher: otherwise nobody could compare two agents. */
const FULL_PERCENT = 100;

/** CPU over time: a character a sample. */
export function sparkOf(percents: readonly number[], unicode: boolean): string {
  const levels = unicode ? LEVELS.unicode : LEVELS.ascii;
  return percents
    .map((percent) => {
      const level = Math.ceil((Math.min(percent, FULL_PERCENT) / FULL_PERCENT) * (levels.length - 1));
      return levels[level] ?? '';
    })
    .join('');
}

function lastReport(row: TopRow, nowMs: number): string {
  const { report } = row;
  if (report === null) return commandLine(row.command);
  const minutes = Math.floor(Math.max(0, nowMs - Date.parse(report.at)) / 60_000);
  const ago = minutes === 0 ? 'now' : formatDuration(minutes * 60_000);
  const words = (report.message ?? report.state).split('\n', 1)[0] ?? '';
  return `${ago}: ${words}`;
}

function logLines({ of, scroll }: { of: TopRow; scroll: number }, { log }: Scene, page: number): Line[] {
  const most = Math.max(0, log.length - page);
  const end = log.length - Math.min(scroll, most);
  const header: Line = { text: `the log of ${of.name}${scroll > 0 ? ', scrolled' : ''}`, tone: 'quiet' };
  if (log.length === 0) return [header, { text: '  it has printed nothing' }];
  return [header, ...log.slice(Math.max(0, end - page), end).map((text) => ({ text }))];
}

function footOf(top: Top, { columns }: Scene): Line {
  const { mode, filter, message, order } = top;
  if (mode.kind === 'filter') return { text: `filter: ${filter}_   Enter keeps it, Esc clears it` };
  if (mode.kind === 'extend') return { text: `extend ${mode.of.name} by: ${mode.text}_   Enter, or Esc for not` };
  if (mode.kind === 'stop')
    return { text: `stop ${mode.of.name} with everything it started? y, or any other key for not`, tone: 'urgent' };
  if (mode.kind === 'logs') return { text: 'up/down PgUp/PgDn Home/End scroll   q back', tone: 'quiet' };
  if (message !== '') return { text: message, tone: 'title' };
  const filtered = filter === '' ? '' : `  filter "${filter}" (Esc clears)`;
  const keys = KEYS.find((text) => text.length <= columns - filtered.length) ?? '';
  return { text: `${keys.replace('ORDER', order)}${filtered}`, tone: 'quiet' };
}

/** The longest that fits. */
const KEYS = [
  'a attach  l log  e extend  k keep  s stop  / filter  o order: ORDER  q quit   up/down selects',
  'a attach l log e extend k keep s stop / filter o ORDER q quit',
  'a l e k s / o q',
];

function cut(text: string, width: number): string {
  const characters = [...text];
  return characters.length > width ? `${characters.slice(0, width - 1).join('')}~` : text;
}
