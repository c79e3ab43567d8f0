import { formatDuration } from '../agent/duration.ts';
import { commandLine } from './command-line.ts';
import { table } from './table.ts';
import { visible } from './visible.ts';

/** What a table shows of a session on another tmux server; schemas/foreign.schema.json has it all. */
export interface ForeignRow {
  id: string;
  createdAt: string;
  activeAt: string;
  attached: number;
  panes: readonly PaneRow[];
}

interface PaneRow {
  command: readonly string[] | null;
  ended: { exitCode: number | null; signal: number | null } | null;
  sharedWith: readonly string[];
}

const HEADER = ['SOCKET:NAME', 'AGE', 'ACTIVITY', 'ATTACHED', 'WHAT RUNS'];

/**
 * Sessions as a table for people, a line for each pane.
 *
 * @param columns - the terminal's width; undefined cuts nothing.
 */
export function foreignTable(
  sessions: readonly ForeignRow[],
  { columns, nowMs }: { columns: number | undefined; nowMs: number },
): string {
  const ago = (at: string): string => formatDuration(nowMs - Date.parse(at));
  const rows = sessions.flatMap(({ id, createdAt, activeAt, attached, panes }) => {
    const session = [id, ago(createdAt), `${ago(activeAt)} ago`, attachedCell(attached)];
    const [first = '-', ...others] = panes.map(paneCell);
    return [[...session, first], ...others.map((cell) => ['', '', '', '', cell])];
  });
  return table([HEADER, ...rows.map((row) => row.map(visible))], columns);
}

function attachedCell(clients: number): string {
  if (clients === 0) return '-';
  return clients === 1 ? 'yes' : `yes (${clients})`;
}

function paneCell({ command, ended, sharedWith }: PaneRow): string {
  const shared = sharedWith.length === 0 ? '' : ` (also in ${sharedWith.join(', ')})`;
  return `${ended ? endedCell(ended) : command ? commandLine(command) : 'not to be seen from here'}${shared}`;
}

function endedCell({ exitCode, signal }: { exitCode: number | null; signal: number | null }): string {
  if (signal !== null) return `dead (signal ${signal})`;
  return exitCode === null ? 'dead' : `dead (exit code ${exitCode})`;
}
