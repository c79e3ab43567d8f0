import { AgentctlError } from '../errors.ts';
import { type Ran, runHere } from './run-program.ts';
import {
  type CallOptions,
  call,
  oneLine,
  protectSemicolon,
  reach,
  type TmuxServer,
  tmuxProgram,
} from './tmux-client.ts';

export interface Pane {
  session: string;
  pane: string;
  serverPid: number;
}

/** Closes a session, if the server that holds it is still the one that made it: its ids mean nothing to another. */
export async function closeSession(server: TmuxServer, pane: Pane): Promise<void> {
  await onServer(server, pane, ['kill-session', '-t', pane.session], { repeatable: true });
}

/** Closes the session of a name that never proved its start: whoever holds the name's directory owns the session. */
export async function closeSessionNamed(server: TmuxServer, name: string): Promise<void> {
  await call(server, ['kill-session', '-t', `=${name}`]);
}

/** The panes in which nothing runs any more, with what was started in them; none where tmux does not answer. */
export async function deadPanes(server: TmuxServer): Promise<{ session: string; command: string }[]> {
  const format = '#{pane_dead} #{session_id} #{pane_start_command}';
  const { stdout } = await call(server, ['list-panes', '-a', '-F', format], { timeout: LOOK_MS, repeatable: true });
  return stdout.split('\n').flatMap((line) => {
    const [, session, command] = /^1 (\$\d+) (.*)$/.exec(line) ?? [];
    return session === undefined || command === undefined ? [] : [{ session, command }];
  });
}

/** Closes a session that was seen a moment ago: no other has its id as long as the server lives. */
export async function closeSessionById(server: TmuxServer, session: string): Promise<void> {
  await call(server, ['kill-session', '-t', session]);
}

/** Whether its session is still there; undefined where tmux does not say, which proves nothing. */
export async function hasSession(server: TmuxServer, pane: Pane): Promise<boolean | undefined> {
  const same = `#{==:#{pid},${pane.serverPid}}`;
  const { code, stdout } = await call(server, ['display-message', '-p', same], { repeatable: true });
  if (code !== 0 || stdout.trim() !== '1') return undefined;
  return isInItsSession(server, pane);
}

/** Whoever only looks does not wait for a server that is stopped: nothing is known then. */
export const LOOK_MS = 5000;

/** What tmux knows of the people at a session. */
export interface SeenSession {
  attached: boolean;
  /** When a person last pressed a key there, at the earliest: tmux knows the second; undefined where nobody did since attaching. */
  typedAtMs: number | undefined;
}

/** Every session of the server, by its id; undefined where tmux does not answer. */
export async function seenSessions(
  server: TmuxServer,
): Promise<{ serverPid: number; sessions: ReadonlyMap<string, SeenSession> } | undefined> {
  const format = '#{pid} #{session_id} #{session_attached} #{session_activity} #{session_last_attached}';
  const { code, stdout } = await call(server, ['list-sessions', '-F', format], { timeout: LOOK_MS, repeatable: true });
  const lines = stdout.split('\n').filter((line) => line !== '');
  if (code !== 0 || lines.length === 0) return undefined;
  const sessions = new Map(
    lines.map((line) => {
      const [, id = '', attached, activity, lastAttached] = line.split(' ');
      // Attaching counts as activity too; output does not.
      const typed = Number(lastAttached) > 0 && Number(activity) > Number(lastAttached);
      return [id, { attached: attached !== '0', typedAtMs: typed ? Number(activity) * 1000 : undefined }];
    }),
  );
  return { serverPid: Number(lines[0]?.split(' ')[0]), sessions };
}

/**
 * Puts words into the status line of one session; undefined takes them back. Nobody is harmed where tmux refuses.
 *
 * @param words - plain text.
 */
export async function sayInStatusLine(server: TmuxServer, pane: Pane, words: string | undefined): Promise<void> {
  const value = words === undefined ? ['-u'] : [];
  const text = words === undefined ? [] : [`#[reverse] ${words.replaceAll('#', '##')} #[default] C-q detaches `];
  await onServer(server, pane, ['set-option', ...value, '-t', pane.session, 'status-right', ...text]);
  if (words !== undefined) {
    await onServer(server, pane, ['set-option', '-t', pane.session, 'status-right-length', String(words.length + 20)]);
  }
}

/** The pane's screen as text, the last one where its program has ended; undefined where tmux has it no longer. */
export async function capturePane(server: TmuxServer, pane: Pane): Promise<string | undefined> {
  const ran = await onServer(server, pane, ['capture-pane', '-p', '-t', pane.pane], { repeatable: true });
  return ran?.code === 0 ? ran.stdout : undefined;
}

/**
 * Pastes a text into the pane, as one bracketed paste where its program asked for that.
 *
 * @throws {AgentctlError} when the pane is gone.
 */
export async function pasteText(server: TmuxServer, pane: Pane, text: string, buffer: string): Promise<void> {
  await mustReach(server, pane, ['load-buffer', '-b', buffer, '-'], text);
  await mustReach(server, pane, ['paste-buffer', '-d', '-p', '-b', buffer, '-t', pane.pane]);
}

/** Sends keys by tmux' names (`Enter`, `C-c`, `Up`). @throws {AgentctlError} when the pane is gone. */
export async function sendKeys(server: TmuxServer, pane: Pane, keys: readonly string[]): Promise<void> {
  await mustReach(server, pane, ['send-keys', '-t', pane.pane, '--', ...keys.map(protectSemicolon)]);
}

/** Attaches this terminal to a session. `onStart` gets the client's pid, by which it can be detached again. */
export function attachSession(
  server: TmuxServer,
  pane: Pane,
  options: { readOnly?: boolean; onStart?: (pid: number) => void } = {},
): Promise<number> {
  const args = ['-S', server.socket, 'attach-session', ...(options.readOnly ? ['-r'] : []), '-t', pane.session];
  return here(server, args, options.onStart);
}

/** Detaches exactly the client with this pid. */
export async function detachClient(server: TmuxServer, clientPid: number): Promise<void> {
  const { stdout } = await call(server, ['list-clients', '-F', '#{client_pid} #{client_name}'], { repeatable: true });
  const client = stdout.split('\n').find((line) => line.startsWith(`${clientPid} `));
  if (client) await call(server, ['detach-client', '-t', client.slice(client.indexOf(' ') + 1)]);
}

/** Runs any tmux command against the private server, in this terminal. */
export function runTmux(server: TmuxServer, args: readonly string[]): Promise<number> {
  return here(server, ['-S', server.socket, ...args]);
}

async function onServer(
  server: TmuxServer,
  pane: Pane,
  args: readonly string[],
  options: CallOptions = {},
): Promise<Ran | undefined> {
  return (await isInItsSession(server, pane)) ? call(server, args, options) : undefined;
}

/** A damaged record may name another agent's session, or its pane: hardly both. */
async function isInItsSession(server: TmuxServer, { serverPid, session, pane }: Pane): Promise<boolean> {
  const same = `#{==:#{pid} #{session_id},${serverPid} ${session}}`;
  const { code, stdout } = await call(server, ['display-message', '-p', '-t', pane, same], { repeatable: true });
  return code === 0 && stdout.trim() === '1';
}

async function mustReach(server: TmuxServer, pane: Pane, args: readonly string[], input?: string): Promise<void> {
  const ran = await onServer(server, pane, args, input === undefined ? {} : { input });
  if (ran === undefined)
    throw new AgentctlError('its tmux session is gone: look at "agentctl logs" for what it printed');
  if (ran.code !== 0) throw new AgentctlError(`tmux refused: ${oneLine(ran.stderr)}`);
}

async function here(server: TmuxServer, args: readonly string[], onStart?: (pid: number) => void): Promise<number> {
  await reach(server);
  // Attaching from inside another tmux is what an attached person wants: tmux refuses it only while TMUX is set.
  const { TMUX: _outer, TMUX_PANE: _pane, ...env } = process.env;
  return runHere(tmuxProgram(), args, { cwd: server.stateDir, env, ...(onStart ? { onStart } : {}) });
}
