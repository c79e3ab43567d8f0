import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { AgentctlError } from '../errors.ts';
import { pause } from './clock.ts';
import { findProgram } from './find-program.ts';
import { type Ran, runHere, runProgram } from './run-program.ts';
import { shellQuote } from './shell-quote.ts';

/** Where a private tmux server is: its socket, and the state directory, which is its working directory. */
export interface TmuxServer {
  socket: string;
  stateDir: string;
  /** The user's own settings, sourced when the server starts; undefined where there are none. */
  userConfig: string | undefined;
}

export interface NewSession {
  name: string;
  /** The pane's program and its arguments. */
  argv: readonly string[];
  columns: number;
  rows: number;
  /** The file that gets every byte of the pane, relative to the state directory. */
  log: string;
}

export interface Pane {
  session: string;
  pane: string;
  serverPid: number;
}

export const OLDEST_TMUX = '3.2';

/** What tmux says when the server it talked to went away meanwhile: starting one right after that can fail once. */
const SERVER_WENT_AWAY =
  /server exited|lost server|no server running|error connecting|failed to connect|Connection refused/;
const TRIES = 10;

/**
 * Set once when the server starts, for full-screen programs: Escape without tmux's half second, a long history, mouse,
 * clipboard and extended keys; no prefix key (C-b is often the outer tmux's), C-q detaches. A pane stays when its
 * program has ended, so that its last screen can be seen until teardown.
 */
const SETTINGS = [
  'set -s escape-time 10',
  'set -s set-clipboard on',
  'set -sq extended-keys on',
  'set -s focus-events on',
  'set -g default-terminal tmux-256color',
  'set -g default-shell /bin/sh',
  'set -g update-environment ""',
  'set -g history-limit 50000',
  'set -g mouse on',
  'set -g prefix None',
  'set -g prefix2 None',
  'bind -n C-q detach-client',
  'set -g window-size latest',
  'set -g remain-on-exit on',
  'set -gq remain-on-exit-format " ended; C-q leaves "',
  'set -g automatic-rename off',
  'set -g allow-rename off',
  'set -g status-left "[#{session_name}] "',
  'set -g status-left-length 70',
  'set -g status-right " C-q detaches "',
  'set -g @agentctl 1',
];

/**
 * Starts a session and the capture of its pane in one call of the client, so that not even the first byte is lost
 * (two calls lost it every time); the server too where none runs.
 *
 * @returns the pane, and complaints about the user's own tmux.conf, which never stop a session.
 * @throws {AgentctlError} when tmux is missing, too old, or refuses.
 */
export async function newSession(
  server: TmuxServer,
  session: NewSession,
): Promise<{ pane: Pane; complaints: string[] }> {
  if (!existsSync(server.socket)) await refuseOldTmux();
  const target = `=${session.name}:`;
  const size = ['-x', String(session.columns), '-y', String(session.rows)];
  const source = server.userConfig === undefined ? [] : [`source-file ${shellQuote(server.userConfig)}`];
  const args = [
    '-f',
    '/dev/null',
    'start-server',
    ';',
    'if-shell',
    '-F',
    '#{@agentctl}',
    '',
    [...SETTINGS, ...source].join(' ; '),
    ';',
    'new-session',
    '-d',
    '-P',
    '-F',
    '#{session_id} #{pane_id} #{pid}',
    '-s',
    session.name,
    ...size,
    ...session.argv.map(protectSemicolon),
    ';',
    'pipe-pane',
    '-t',
    target,
    `exec cat >>${session.log}`,
    ';',
    'set-hook',
    '-t',
    target,
    'client-detached',
    `if -F "#{session_attached}" "" "resize-window -t ${target} ${size.join(' ')}"`,
    ';',
    'set-hook',
    '-t',
    target,
    'client-attached',
    `set -w -t ${target} window-size latest`,
  ];
  const { stdout, stderr } = await call(server, args, { retry: true, start: true });
  const made = /^(\$\d+) (%\d+) (\d+)$/m.exec(stdout);
  if (made === null) {
    throw new AgentctlError(
      `tmux could not start the session ${session.name}: ${oneLine(stderr) || 'it gave no reason'}`,
    );
  }
  const [, id = '', pane = '', pid] = made;
  return {
    pane: { session: id, pane, serverPid: Number(pid) },
    complaints: stderr.split('\n').filter((line) => line.trim() !== ''),
  };
}

/** Closes a session, if the server that holds it is still the one that made it: its ids mean nothing to another. */
export async function closeSession(server: TmuxServer, pane: Pane): Promise<void> {
  await onServer(server, pane, ['kill-session', '-t', pane.session]);
}

/** Whether its session is still there; undefined where tmux does not say, which proves nothing. */
export async function hasSession(server: TmuxServer, pane: Pane): Promise<boolean | undefined> {
  const ran = await onServer(server, pane, ['display-message', '-p', '-t', pane.pane, 'there']);
  return ran === undefined ? undefined : ran.stdout.includes('there');
}

/** The pane's screen as text, the last one where its program has ended; undefined where tmux has it no longer. */
export async function capturePane(
  server: TmuxServer,
  pane: Pane,
  options: { history?: boolean } = {},
): Promise<string | undefined> {
  const ran = await onServer(server, pane, [
    'capture-pane',
    '-p',
    '-t',
    pane.pane,
    ...(options.history ? ['-S', '-'] : []),
  ]);
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
  const { stdout } = await call(server, ['list-clients', '-F', '#{client_pid} #{client_name}']);
  const client = stdout.split('\n').find((line) => line.startsWith(`${clientPid} `));
  if (client) await call(server, ['detach-client', '-t', client.slice(client.indexOf(' ') + 1)]);
}

/** Runs any tmux command against the private server, in this terminal. */
export function runTmux(server: TmuxServer, args: readonly string[]): Promise<number> {
  return here(server, ['-S', server.socket, ...args]);
}

/** The pid of the private server; undefined where none answers. */
export async function serverPid(server: TmuxServer): Promise<number | undefined> {
  const { code, stdout } = await call(server, ['display-message', '-p', '#{pid}']);
  return code === 0 ? Number(stdout.trim()) || undefined : undefined;
}

/** tmux' version (`3.3a`). @throws {AgentctlError} when it is not installed. */
export async function tmuxVersion(): Promise<string> {
  const { stdout } = await tmux(['-V'], {});
  return stdout.replace(/^tmux\s+(next-)?/, '').trim();
}

/** Whether a version is new enough; a name without a number (a build from source) is. */
export function isRecentTmux(version: string): boolean {
  const [major, minor] = /(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number) ?? [];
  return major === undefined || minor === undefined || major > 3 || (major === 3 && minor >= 2);
}

async function refuseOldTmux(): Promise<void> {
  const version = await tmuxVersion();
  if (isRecentTmux(version)) return;
  throw new AgentctlError(
    `tmux ${version} is too old: agentctl needs ${OLDEST_TMUX} or newer; install a newer one and try again`,
  );
}

async function onServer(
  server: TmuxServer,
  pane: Pane,
  args: readonly string[],
  input?: string,
): Promise<Ran | undefined> {
  const same = `#{==:#{pid},${pane.serverPid}}`;
  const { code, stdout } = await call(server, ['display-message', '-p', same]);
  return code === 0 && stdout.trim() === '1' ? call(server, args, input === undefined ? {} : { input }) : undefined;
}

async function mustReach(server: TmuxServer, pane: Pane, args: readonly string[], input?: string): Promise<void> {
  const ran = await onServer(server, pane, args, input);
  if (ran === undefined)
    throw new AgentctlError('its tmux session is gone: look at "agentctl logs" for what it printed');
  if (ran.code !== 0) throw new AgentctlError(`tmux refused: ${oneLine(ran.stderr)}`);
}

async function call(
  server: TmuxServer,
  args: readonly string[],
  options: { input?: string; retry?: boolean; start?: boolean } = {},
): Promise<Ran> {
  for (let tried = 1; ; tried++) {
    const ran = await tmux(['-S', server.socket, ...args], {
      cwd: server.stateDir,
      env: options.start ? serverEnvironment() : process.env,
      ...(options.input === undefined ? {} : { input: options.input }),
    });
    if (ran.code === 0 || !options.retry || tried >= TRIES || !SERVER_WENT_AWAY.test(ran.stderr)) return ran;
    await pause(10 * tried);
  }
}

function here(server: TmuxServer, args: readonly string[], onStart?: (pid: number) => void): Promise<number> {
  // Attaching from inside another tmux is what an attached person wants: tmux refuses it only while TMUX is set.
  const { TMUX: _outer, TMUX_PANE: _pane, ...env } = process.env;
  return runHere(tmuxProgram(), args, { cwd: server.stateDir, env, ...(onStart ? { onStart } : {}) });
}

function tmux(args: readonly string[], options: Parameters<typeof runProgram>[2]): Promise<Ran> {
  return runProgram(tmuxProgram(), args, options);
}

/** Looked up by the caller's PATH: the server's own environment is not the caller's. */
function tmuxProgram(): string {
  const found = findProgram('tmux', process.env.PATH, process.cwd());
  if (found.state === 'found') return found.path;
  throw new AgentctlError(
    'tmux is not installed or not on PATH: install it (Debian: apt-get install tmux) and try again',
  );
}

/**
 * The server outlives its first caller and serves everyone: it gets nothing of that caller's environment, least of all
 * an agent's cookie. (Agents get theirs from launch.sh.)
 */
function serverEnvironment(): NodeJS.ProcessEnv {
  const { HOME, USER, LOGNAME } = process.env;
  return {
    PATH: `/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin:${dirname(tmuxProgram())}`,
    SHELL: '/bin/sh',
    LC_ALL: 'C.UTF-8',
    ...(HOME === undefined ? {} : { HOME }),
    ...(USER === undefined ? {} : { USER }),
    ...(LOGNAME === undefined ? {} : { LOGNAME }),
  };
}

/** tmux takes a word that ends in `;` for the end of a command. */
function protectSemicolon(word: string): string {
  return word.endsWith(';') ? `${word.slice(0, -1)}\\;` : word;
}

function oneLine(text: string): string {
  return text.trim().split('\n').join('; ');
}
