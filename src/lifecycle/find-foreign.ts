import { foreignName, parseForeignName } from '../agent/foreign-name.ts';
import { nearest } from '../agent/nearest.ts';
import { paneTree } from '../agent/pane-tree.ts';
import { lineage } from '../agent/tree.ts';
import { AgentctlError, BusyError } from '../errors.ts';
import { type FoundServer, findServer, isServerHere, socketFolder } from '../system/foreign-servers.ts';
import { PATIENT_MS, type TmuxPane, type TmuxSession } from '../system/foreign-tmux.ts';
import { processTable } from '../system/processes.ts';
import { commandLine } from '../view/command-line.ts';
import { visible } from '../view/visible.ts';
import { foreignSessions, type Heard, isPaneHere, listenTo, problemOf } from './foreign-sessions.ts';
import { cookiesOf } from './pane-hunt.ts';

/** A session that was found, and is ended by nobody yet. */
export interface ForeignTarget {
  id: string;
  socket: string;
  serverPid: number;
  session: TmuxSession;
  /** All of its server's. */
  all: readonly TmuxSession[];
}

/**
 * Finds sessions by their exact names, and refuses whatever must not be ended from here. Each server is asked once.
 *
 * @param names - SOCKET:NAME, as `ps --foreign` shows them.
 * @throws {InvalidInput} when one is no such name.
 * @throws {BusyError} when its server does not answer in time.
 * @throws {AgentctlError} when it is not there, is an agent's, is our own, or its processes cannot be seen from here.
 */
export async function findForeign(names: readonly string[]): Promise<ForeignTarget[]> {
  const folder = socketFolder();
  const wanted = names.map((text) => ({ text, ...parseForeignName(folder, text) }));
  const asked = new Map<string, Promise<Asked>>();
  for (const { socket } of wanted) if (!asked.has(socket)) asked.set(socket, ask(socket));
  return Promise.all(
    wanted.map(async ({ text, socket, session }) => pick(text, socket, session, await asked.get(socket))),
  );
}

type Asked = { server: FoundServer; answer: Heard } | undefined;

/** undefined where there is no socket of this user. */
async function ask(socket: string): Promise<Asked> {
  const server = findServer(socket);
  return server && { server, answer: await listenTo(server, PATIENT_MS) };
}

async function pick(text: string, socket: string, name: string, asked: Asked): Promise<ForeignTarget> {
  if (asked === undefined || asked.answer.is === 'dead' || asked.answer.is === 'empty') {
    throw new AgentctlError(`no tmux server of yours listens on ${socket}: ${await didYouMean(text)}`);
  }
  const { server, answer } = asked;
  if (answer.is === 'agents') {
    const line = commandLine(['agentctl', '--state-dir', answer.stateDir ?? 'DIR', 'stop', name]);
    throw new AgentctlError(`the sessions on ${socket} are agents: "${line}" ends one`);
  }
  if (answer.is !== 'sessions') {
    const problem = problemOf(answer, server.process?.pid ?? null);
    const Refusal = answer.is === 'silent' ? BusyError : AgentctlError;
    throw new Refusal(`the tmux server on ${socket} cannot be asked: ${problem}`);
  }
  const { sessions, serverPid } = answer;
  const session = sessions.find((one) => one.name === name) ?? sessions.find((one) => visible(one.name) === name);
  if (session === undefined) throw new AgentctlError(`there is no session ${text}: ${await didYouMean(text)}`);
  const id = foreignName(socketFolder(), server.socket, session.name);
  const target = { id, socket: server.socket, serverPid, session, all: sessions };
  refuseUnlessOurs(target);
  return target;
}

async function didYouMean(text: string): Promise<string> {
  const ids = (await foreignSessions()).sessions.map(({ id }) => visible(id));
  const suggestion = nearest(text, ids);
  return suggestion ? `did you mean ${suggestion}?` : '"agentctl ps --foreign" lists what is there';
}

/** Refuses one whose processes are not to be known here, and the one in which we run. */
function refuseUnlessOurs({ id, serverPid, session }: ForeignTarget): void {
  const table = processTable();
  const byPid = new Map(table.map((process) => [process.pid, process]));
  const isUnknown = (pane: TmuxPane): boolean =>
    pane.ended === undefined && byPid.has(pane.pid) && !isPaneHere(pane, serverPid, byPid.get(pane.pid));
  if (!isServerHere(serverPid) || session.panes.some(isUnknown)) {
    throw new AgentctlError(
      `${id} cannot be ended from here: what runs in it is not among the processes that can be seen here (another container?); end it there`,
    );
  }
  const panes = session.panes.flatMap(({ pid, ended }) => (ended === undefined ? (byPid.get(pid) ?? []) : []));
  const { members } = paneTree({ panes, known: [], cookies: cookiesOf(panes, byPid), never: new Set() }, table);
  const ourselves = lineage(process.pid, table);
  if (members.some((member) => ourselves.includes(member.process.pid))) {
    throw new AgentctlError(`${id} is the session in which this very command runs: end it from another one`);
  }
}
