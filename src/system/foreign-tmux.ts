import { readFileSync } from 'node:fs';
import type { ProcessIdentity } from '../agent/evidence.ts';
import { pause } from './clock.ts';
import { type Ran, runProgram } from './run-program.ts';
import { LOOK_MS } from './tmux.ts';
import { oneLine, tmuxProgram } from './tmux-client.ts';

/** A session, as its server tells it. */
export interface TmuxSession {
  /** `$3`: no other has it as long as the server lives. */
  id: string;
  name: string;
  /** The group of sessions that share its windows; undefined where it is in none. */
  group: string | undefined;
  createdAtMs: number;
  /** When a person last pressed a key there or attached, else its creation. */
  inputAtMs: number;
  /** When one of its windows last showed something new. */
  outputAtMs: number;
  /** How many clients show it. */
  clients: number;
  panes: TmuxPane[];
}

export interface TmuxPane {
  /** `%5`: the same in each session that shares it. */
  id: string;
  /** What it runs, or ran: tmux's number, which may be of another container. */
  pid: number;
  /** undefined while it runs. */
  ended: { code: number | undefined; signal: number | undefined } | undefined;
}

export type Answer =
  | { is: 'sessions'; serverPid: number; ofAgents: boolean; sessions: TmuxSession[] }
  /** It runs no session. */
  | { is: 'empty' }
  /** Nobody listens. */
  | { is: 'dead' }
  /** It took the call, and does not answer. */
  | { is: 'silent' }
  | { is: 'refusal'; words: string };

// Names come last: a colon is in none of them, and tmux itself writes out control characters.
const FORMAT =
  '#{pid} #{session_id} #{session_created} #{session_activity} #{session_attached} #{window_activity} #{pane_id} #{pane_pid} #{pane_dead} x#{pane_dead_status} x#{pane_dead_signal} x#{@agentctl}:#{session_group}:#{session_name}';
const LINE =
  /^(?<server>\d+) (?<id>\$\d+) (?<created>\d+) (?<input>\d*) (?<clients>\d+) (?<output>\d*) (?<pane>%\d+) (?<pid>\d+) (?<dead>[01]?) x(?<code>\d*) x(?<signal>\d*) x(?<agents>[^:]*):(?<group>[^:]*):(?<name>.*)$/;

/** What a client says whose server has just ended, and what the next one says then. */
const ENDED_MEANWHILE = /server exited|lost server/;
const NOBODY = /no server running|error connecting/;

/** Whoever is to end something waits longer than who only looks: a machine may be loaded to the brim. */
export const PATIENT_MS = 20_000;

/**
 * All sessions of a server with their panes, in one call. Starts no server.
 *
 * @param timeoutMs - how long a server that hangs is waited for.
 */
export async function sessionsOn(socket: string, timeoutMs: number = LOOK_MS): Promise<Answer> {
  for (;;) {
    const args = ['list-panes', '-a', '-F', FORMAT];
    const { code, timedOut, stdout, stderr } = await callForeign(socket, args, timeoutMs);
    if (timedOut) return { is: 'silent' };
    if (code === 0) return parseSessions(stdout);
    if (NOBODY.test(stderr)) return { is: 'dead' };
    if (!ENDED_MEANWHILE.test(stderr)) return { is: 'refusal', words: oneLine(stderr) || `tmux ended with ${code}` };
    await pause(10);
  }
}

/** Closes a session by its number, if its server is still the one that was seen: to another the number means nothing. */
export async function closeForeignSession(
  socket: string,
  serverPid: number,
  { id, createdAtMs }: TmuxSession,
): Promise<void> {
  const same = `#{==:#{pid} #{session_created},${serverPid} ${createdAtMs / 1000}}`;
  await callForeign(socket, ['if-shell', '-F', '-t', `${id}:`, same, `kill-session -t '${id}'`], PATIENT_MS);
}

/** What tmux told, a line for each pane of each session. */
export function parseSessions(text: string): Answer {
  const sessions = new Map<string, TmuxSession>();
  let serverPid: number | undefined;
  let ofAgents = false;
  for (const line of text.split('\n')) {
    const is = LINE.exec(line)?.groups;
    if (is === undefined) continue;
    const { id = '', name = '' } = is;
    serverPid ??= Number(is.server);
    ofAgents ||= is.agents === '1';
    const session: TmuxSession = sessions.get(id) ?? {
      id,
      name,
      group: is.group || undefined,
      createdAtMs: Number(is.created) * 1000,
      inputAtMs: Number(is.input || is.created) * 1000,
      outputAtMs: 0,
      clients: Number(is.clients),
      panes: [],
    };
    sessions.set(id, session);
    session.outputAtMs = Math.max(session.outputAtMs, Number(is.output) * 1000);
    const ended = is.dead === '1' ? { code: numberOf(is.code), signal: numberOf(is.signal) } : undefined;
    session.panes.push({ id: is.pane ?? '', pid: Number(is.pid), ended });
  }
  return serverPid === undefined
    ? { is: 'empty' }
    : { is: 'sessions', serverPid, ofAgents, sessions: [...sessions.values()] };
}

/** The group in the foreground of the terminal that a process has; undefined where there is none. */
export function foregroundGroup(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const group = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[5]);
    return group > 0 ? group : undefined;
  } catch {
    return undefined;
  }
}

const SIGTERM = 15n;

/** Whether a process ignores TERM, as shells at their prompt do. */
export function ignoresTerm({ pid }: ProcessIdentity): boolean {
  try {
    const mask = /^SigIgn:\s+([0-9a-f]+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return ((BigInt(`0x${mask ?? '0'}`) >> (SIGTERM - 1n)) & 1n) === 1n;
  } catch {
    return false;
  }
}

/** -N: a client whose server is gone would start one; -u: else it writes names in ASCII only. */
function callForeign(socket: string, args: readonly string[], timeout: number): Promise<Ran> {
  return runProgram(tmuxProgram(), ['-N', '-u', '-S', socket, ...args], { timeout });
}

function numberOf(text: string | undefined): number | undefined {
  return text ? Number(text) : undefined;
}
