import { existsSync } from 'node:fs';
import type { ProcessIdentity } from '../agent/evidence.ts';
import { AgentctlError } from '../errors.ts';
import { identityOf } from './processes.ts';
import type { Ran } from './run-program.ts';
import { dropNiceness, plainPlace, scopeOfItsOwn } from './server-place.ts';
import { shellQuote } from './shell-quote.ts';
import type { Pane } from './tmux.ts';
import {
  ANSWER_MS,
  call,
  oneLine,
  protectSemicolon,
  reach,
  refuseOldTmux,
  serverPid,
  type TmuxServer,
} from './tmux-client.ts';

export interface NewSession {
  name: string;
  /** The pane's program and its arguments. */
  argv: readonly string[];
  columns: number;
  rows: number;
  /** The program that gets every byte of the pane on its stdin, and its arguments; run in the state directory. */
  capture: readonly string[];
}

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
  // Without words of tmux' own: to write them it scrolls the last screen up by a line, and a smaller client would then
  // push all of it away. The status line says it instead.
  'set -gq remain-on-exit-format ""',
  'set -g automatic-rename off',
  'set -g allow-rename off',
  'set -g status-left "[#{session_name}] "',
  'set -g status-left-length 70',
  'set -g status-right "#{?pane_dead, ended;,} C-q detaches "',
  'set -g @agentctl 1',
];

/** tmux expands formats and times in what it pipes to: no `#` and no `%` of ours may be there. */
function quoteForPipe(word: string): string {
  return shellQuote(word).replace(/[#%]/g, (sign) => `'"$(printf '\\${sign.charCodeAt(0).toString(8)}')"'`);
}

const MADE = '#{session_id} #{pane_id} #{pid} #{pane_pid}';
const IS_MADE = /^(\$\d+) (%\d+) (\d+) (\d+)$/m;
/** What tmux says of a pane as soon as it has begun to capture it. */
const CAPTURED = 'captured #{pane_pipe}';
const IS_CAPTURED = /^captured 1$/m;

/** What a session may take of the server's time, on a machine that is loaded to the brim. */
const SESSION_MS = 200;

/** A session that was started. */
export interface StartedSession {
  pane: Pane;
  /** Its program's process; undefined where that has ended already. */
  program: ProcessIdentity | undefined;
}

/** The commands that start a session, each a list of words. Those after one that fails are dropped. */
function sessionCommands(session: NewSession, ending = ''): string[][] {
  const target = `=${session.name}:`;
  const size = ['-x', String(session.columns), '-y', String(session.rows)];
  return [
    ['new-session', '-d', '-P', '-F', `${MADE}${ending}`, '-s', session.name, ...size, ...session.argv],
    ['pipe-pane', '-t', target, `exec ${session.capture.map(quoteForPipe).join(' ')}`],
    // Said by nobody where the server had no file or process left for the capture: the rest of the call is dropped then.
    ['display-message', '-p', '-t', target, `${CAPTURED}${ending}`],
    [
      'set-hook',
      '-t',
      target,
      'client-detached',
      `if -F "#{session_attached}" "" "resize-window -t ${target} ${size.join(' ')}"`,
    ],
    ['set-hook', '-t', target, 'client-attached', `set -w -t ${target} window-size latest`],
  ];
}

/**
 * Starts a session and the capture of its pane in one call of the client, so that not even the first byte is lost
 * (two calls lost it every time); the server too where none runs. A session whose pane is not captured is none, and for
 * the caller to close.
 *
 * @returns the pane, its program's process unless that has ended already, and complaints about the user's own tmux.conf, which never stop a session.
 * @throws {AgentctlError} when tmux is missing, too old, or refuses.
 */
export async function newSession(
  server: TmuxServer,
  session: NewSession,
): Promise<StartedSession & { complaints: string[] }> {
  await reach(server);
  const source = server.userConfig === undefined ? [] : [`source-file ${shellQuote(server.userConfig)}`];
  const args = [
    ['-f', '/dev/null', 'start-server'],
    ['if-shell', '-F', '#{@agentctl}', '', [...SETTINGS, ...source].join(' ; ')],
    ...sessionCommands(session).map((words) => words.map(protectSemicolon)),
  ].flatMap((words, at) => (at === 0 ? words : [';', ...words]));
  // Mostly one runs; -N: where none does none is started, for there is more to that. A socket outlives a server that was
  // killed, and a reboot.
  let answer = existsSync(server.socket)
    ? await call(server, ['-N', ...args], { repeatable: true, ...plainPlace() })
    : undefined;
  // A client that was killed may have been heard: then it is for the caller to undo, and not to be done twice.
  if (answer === undefined || (answer.code !== null && !IS_MADE.test(answer.stdout)))
    answer = await startOnAny(server, session, args);
  const { stdout, stderr } = answer;
  const made = IS_MADE.exec(stdout);
  if (made === null) {
    throw new AgentctlError(
      `tmux could not start the session ${session.name}: ${oneLine(stderr) || 'it gave no reason'}; look at "agentctl doctor"`,
    );
  }
  const [proof] = made;
  // What tmux cannot parse it says on stdout, what it then cannot carry out on stderr.
  const said = `${stdout.replace(proof, '').replace(IS_CAPTURED, '')}\n${stderr}`;
  if (!IS_CAPTURED.test(stdout)) {
    throw new AgentctlError(
      `tmux could not capture what ${session.name} prints: ${oneLine(said) || 'it gave no reason'}; look at "agentctl doctor"`,
    );
  }
  return { ...startedSession(made), complaints: said.split('\n').filter((line) => line.trim() !== '') };
}

/** Where none runs, where it went away, or where something stands in the way. */
async function startOnAny(server: TmuxServer, { name }: NewSession, args: readonly string[]): Promise<Ran> {
  const starts = !existsSync(server.socket) || (await serverPid(server)) === undefined;
  if (starts) {
    await refuseOldTmux();
    dropNiceness();
  }
  // Always, since the server may go away meanwhile: then this very call starts one.
  const plain = { retry: true, ...plainPlace() };
  const scope = starts ? scopeOfItsOwn() : undefined;
  let answer = await call(server, args, { ...plain, ...scope });
  // systemd was there and would not: better a server in the caller's unit than none.
  if (scope && answer.stdout === '') answer = await call(server, args, plain);
  if (!answer.stderr.includes('duplicate session')) return answer;
  // Left by a start that died: whoever holds the name's directory owns its session.
  await call(server, ['kill-session', '-t', `=${name}`]);
  return call(server, args, plain);
}

/**
 * Starts many sessions through one client, on a server that runs.
 *
 * @returns for each of them what was started, or undefined where it was not: {@link newSession} tells why, or can do it.
 */
export async function newSessions(
  server: TmuxServer,
  sessions: readonly NewSession[],
): Promise<(StartedSession | undefined)[]> {
  if (sessions.length === 0) return [];
  // A line for each: what fails takes with it only what follows on its line.
  const lines = sessions.map((session, at) =>
    sessionCommands(session, ` ${at}`)
      .map((words) => words.map(shellQuote).join(' '))
      .join(' ; '),
  );
  const input = `${lines.join('\n')}\n`;
  const { stdout } = await call(server, ['source-file', '-'], {
    input,
    timeout: ANSWER_MS + sessions.length * SESSION_MS,
    ...plainPlace(),
  });
  const said = new Map<string, string>();
  for (const line of stdout.split('\n')) {
    const [, what = '', at = ''] = /^(.*) (\d+)$/.exec(line) ?? [];
    said.set(at, `${said.get(at) ?? ''}${what}\n`);
  }
  return sessions.map((_, at) => {
    const text = said.get(String(at)) ?? '';
    const made = IS_MADE.exec(text);
    return made !== null && IS_CAPTURED.test(text) ? startedSession(made) : undefined;
  });
}

function startedSession([, id = '', pane = '', pid, programPid]: RegExpExecArray): StartedSession {
  return { pane: { session: id, pane, serverPid: Number(pid) }, program: identityOf(Number(programPid)) };
}
