import { foreignName } from '../agent/foreign-name.ts';
import { busyWith } from '../agent/pane-tree.ts';
import type { Process } from '../agent/tree.ts';
import type { ForeignPane, ForeignServer, ForeignSession } from '../store/generated/types.ts';
import { isServedBy } from '../store/state-dir.ts';
import { type FoundServer, findServers, isHeld, knock, socketFolder } from '../system/foreign-servers.ts';
import { type Answer, foregroundGroup, sessionsOn, type TmuxPane, type TmuxSession } from '../system/foreign-tmux.ts';
import { argumentsOf, processTable } from '../system/processes.ts';

/** What a server says when it is asked for its sessions, without waiting for one that is stopped. */
export type Heard =
  | Answer
  | { is: 'dead' }
  | { is: 'stopped' }
  | { is: 'lost' }
  | { is: 'agents'; stateDir: string | undefined };

/** What there is on the other tmux servers of this user. */
export interface Foreign {
  servers: ForeignServer[];
  sessions: ForeignSession[];
}

/**
 * The sessions on the other tmux servers of this user, those first in which nothing has happened for longest. Agents'
 * servers are named, not looked into. A dead socket is no server, and none is started.
 *
 * @example (await foreignSessions()).sessions.map(({ id }) => id) // ['default:build']
 */
export async function foreignSessions(): Promise<Foreign> {
  const found = findServers();
  const heard = await Promise.all(found.map((server) => listenTo(server)));
  const table = heard.some(({ is }) => is === 'sessions') ? processTable() : [];
  const all = found.map((server, at) => ({ server, answer: heard[at] ?? { is: 'dead' as const } }));
  return {
    servers: all.filter(({ answer }) => answer.is !== 'dead').map(({ server, answer }) => tellServer(server, answer)),
    sessions: all
      .flatMap(({ server, answer }) => (answer.is === 'sessions' ? tellSessions(server, answer, table) : []))
      .sort((a, b) => (a.activeAt < b.activeAt ? -1 : a.activeAt > b.activeAt ? 1 : a.id < b.id ? -1 : 1)),
  };
}

/** Asks one server. */
export async function listenTo(server: FoundServer, timeoutMs?: number): Promise<Heard> {
  const { socket, cwd } = server;
  if (cwd !== undefined && isServedBy(cwd, socket)) return { is: 'agents', stateDir: cwd };
  if (server.isLost) return { is: 'lost' };
  if (isHeld(server)) return { is: 'stopped' };
  const answer = await knock(socket);
  if (answer === 'dead') return { is: 'dead' };
  if (answer === 'busy') return { is: 'silent' };
  const said = await sessionsOn(socket, timeoutMs);
  return said.is === 'sessions' && said.ofAgents ? { is: 'agents', stateDir: cwd } : said;
}

/** Which panes belong to several of a server's sessions, by their ids: to whom else, by name. */
export function sharedPanes(session: TmuxSession, all: readonly TmuxSession[]): Map<string, string[]> {
  const shared = new Map<string, string[]>();
  for (const { id } of session.panes) {
    const others = all.filter((other) => other.id !== session.id && other.panes.some((pane) => pane.id === id));
    if (others.length > 0) shared.set(id, others.map(({ name }) => name).sort());
  }
  return shared;
}

/** Whether a pane's number is that of a process here: each is its server's child. */
export function isPaneHere(pane: TmuxPane, serverPid: number, process: Process | undefined): boolean {
  return process !== undefined && process.pid === pane.pid && process.parentPid === serverPid;
}

function tellServer({ socket, process: known, cwd }: FoundServer, answer: Heard): ForeignServer {
  const pid = answer.is === 'sessions' ? answer.serverPid : (known?.pid ?? null);
  const stateDir = answer.is === 'agents' ? (answer.stateDir ?? cwd ?? null) : null;
  return { socket, pid, ofAgents: answer.is === 'agents', stateDir, problem: problemOf(answer, pid) };
}

/** Why nothing is known of a server's sessions; null where all is known. */
export function problemOf(answer: Heard, pid: number | null): string | null {
  switch (answer.is) {
    case 'stopped':
      return `it is stopped: "kill -CONT ${pid}" lets it go on`;
    case 'lost':
      return `its socket is not there: it was deleted or replaced, or is in another container (pid ${pid})`;
    case 'silent':
      return `it did not answer in time${pid === null ? '' : ` (pid ${pid})`}`;
    case 'refusal':
      return `it refused: ${answer.words}`;
    case 'agents':
    case 'sessions':
    case 'empty':
    case 'dead':
      return null;
    default:
      return answer satisfies never;
  }
}

function tellSessions(
  { socket }: FoundServer,
  { sessions, serverPid }: Extract<Answer, { is: 'sessions' }>,
  table: readonly Process[],
): ForeignSession[] {
  const byPid = new Map(table.map((process) => [process.pid, process]));
  const folder = socketFolder();
  return sessions.map((session) => {
    const shared = sharedPanes(session, sessions);
    const nameOf = (name: string): string => foreignName(folder, socket, name);
    return {
      id: nameOf(session.name),
      socket,
      name: session.name,
      sessionId: session.id,
      group: session.group ?? null,
      createdAt: isoOf(session.createdAtMs),
      activeAt: isoOf(Math.max(session.inputAtMs, session.outputAtMs)),
      attached: session.clients,
      panes: session.panes.map((pane): ForeignPane => {
        const process = byPid.get(pane.pid);
        const isHere = pane.ended === undefined && isPaneHere(pane, serverPid, process);
        return {
          pane: pane.id,
          pid: isHere ? pane.pid : null,
          command: isHere && process ? commandOf(process, table) : null,
          ended: pane.ended ? { exitCode: pane.ended.code ?? null, signal: pane.ended.signal ?? null } : null,
          sharedWith: (shared.get(pane.id) ?? []).map(nameOf),
        };
      }),
    };
  });
}

function commandOf(pane: Process, table: readonly Process[]): string[] {
  const busy = busyWith(pane, foregroundGroup(pane.pid), table);
  const words = argumentsOf(busy.pid);
  return words.some((word) => word !== '') ? words : [`[${table.find(({ pid }) => pid === busy.pid)?.name ?? '?'}]`];
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
