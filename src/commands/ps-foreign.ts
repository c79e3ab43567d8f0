import { existsSync, realpathSync } from 'node:fs';
import { UsageError } from '../errors.ts';
import { foreignSessions } from '../lifecycle/foreign-sessions.ts';
import type { ForeignServer } from '../store/generated/types.ts';
import { wallMs } from '../system/clock.ts';
import { commandLine } from '../view/command-line.ts';
import { foreignTable } from '../view/foreign-table.ts';
import { visible } from '../view/visible.ts';
import { type Call, note, print, printJson } from './command.ts';

/** What tells agents apart, and these have not. */
const OF_AGENTS = ['all', 'filter', 'sort', 'tree'];

/** @throws {UsageError} for an option of ps that means nothing with --foreign. */
export function refuseOptionsOfAgents({ flags }: Call): void {
  const given = OF_AGENTS.find((option) => flags.on(option) || flags.all(option).length > 0);
  if (given !== undefined)
    throw new UsageError(
      `--${given} is for agents, and --foreign lists what is none: leave one of them away (--json, --quiet and --watch go with --foreign)`,
    );
}

/** `ps --foreign`, once. */
export async function renderForeign({ flags, stateDir }: Call, home: string): Promise<void> {
  const { servers, sessions } = await foreignSessions();
  if (flags.on('json')) printJson({ schemaVersion: 1, servers, sessions });
  else if (flags.on('quiet')) for (const { id } of sessions) print(visible(id));
  else if (sessions.length > 0) {
    print(home + foreignTable(sessions, { columns: process.stdout.columns, nowMs: wallMs() }));
  } else note('no sessions on other tmux servers of yours');
  if (flags.on('json')) return;
  for (const { socket, problem } of servers)
    if (problem !== null) note(`the sessions on ${socket} are not known: ${problem}`);
  const elsewhere = servers.filter((server) => isElsewhere(server, stateDir.path));
  for (const { stateDir: other } of flags.on('quiet') ? [] : elsewhere)
    note(
      `agents of another state directory are left out: "${commandLine(['agentctl', '--state-dir', other ?? '', 'ps'])}" lists them`,
    );
}

/** Servers tell where they work without links. */
function isElsewhere({ ofAgents, stateDir }: ForeignServer, own: string): boolean {
  return ofAgents && stateDir !== null && stateDir !== (existsSync(own) ? realpathSync(own) : own);
}
