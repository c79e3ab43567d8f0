import { existsSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { AgentctlError } from '../errors.ts';
import { outOfAgentsCgroup } from './cgroup.ts';
import { findProgram } from './find-program.ts';
import { shellQuote } from './shell-quote.ts';
import type { Pane } from './tmux.ts';
import {
  type CallOptions,
  call,
  oneLine,
  protectSemicolon,
  refuseOldTmux,
  serverPid,
  type TmuxServer,
  tmuxProgram,
} from './tmux-client.ts';

export interface NewSession {
  name: string;
  /** The pane's program and its arguments. */
  argv: readonly string[];
  columns: number;
  rows: number;
  /** The file that gets every byte of the pane, relative to the state directory. */
  log: string;
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
  // A socket outlives a server that was killed, and a reboot.
  const starts = !existsSync(server.socket) || (await serverPid(server)) === undefined;
  if (starts) await refuseOldTmux();
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
  if (starts) dropNiceness();
  // Always, since the server may go away meanwhile: then this very call starts one.
  const outside = outOfAgentsCgroup();
  const plain = { retry: true, env: serverEnvironment(), prefix: outside };
  const scope = starts ? scopeOfItsOwn(outside) : undefined;
  let { stdout, stderr } = await call(server, args, { ...plain, ...scope });
  // systemd was there and would not: better a server in the caller's unit than none.
  if (scope && stdout === '') ({ stdout, stderr } = await call(server, args, plain));
  if (stderr.includes('duplicate session')) {
    // Left by a start that died: whoever holds the name's directory owns its session.
    await call(server, ['kill-session', '-t', `=${session.name}`]);
    ({ stdout, stderr } = await call(server, args, plain));
  }
  const made = /^(\$\d+) (%\d+) (\d+)$/m.exec(stdout);
  if (made === null) {
    throw new AgentctlError(
      `tmux could not start the session ${session.name}: ${oneLine(stderr) || 'it gave no reason'}`,
    );
  }
  const [proof, id = '', pane = '', pid] = made;
  // What tmux cannot parse it says on stdout, what it then cannot carry out on stderr.
  const said = `${stdout.replace(proof, '')}\n${stderr}`;
  return {
    pane: { session: id, pane, serverPid: Number(pid) },
    complaints: said.split('\n').filter((line) => line.trim() !== ''),
  };
}

/**
 * Where systemd answers, the server gets a scope of its own: it must not end with the unit (a login, a service) of
 * whoever happened to start the first agent.
 */
function scopeOfItsOwn(outside: readonly string[]): Pick<CallOptions, 'prefix' | 'env'> | undefined {
  const { XDG_RUNTIME_DIR, DBUS_SESSION_BUS_ADDRESS, PATH } = process.env;
  if (!XDG_RUNTIME_DIR || !existsSync(join(XDG_RUNTIME_DIR, 'systemd', 'private'))) return undefined;
  const systemdRun = findProgram('systemd-run', PATH, process.cwd());
  if (systemdRun.state !== 'found') return undefined;
  const bus = DBUS_SESSION_BUS_ADDRESS === undefined ? {} : { DBUS_SESSION_BUS_ADDRESS };
  return {
    // Delegated: agents' control groups are made below it, where systemd must not tidy up.
    prefix: [...outside, systemdRun.path, '--user', '--scope', '--quiet', '--collect', '--property=Delegate=yes', '--'],
    env: { ...serverEnvironment(), XDG_RUNTIME_DIR, ...bus },
  };
}

/** Every later agent would run as nicely as whoever started the first one; only a privileged caller can undo that. */
function dropNiceness(): void {
  try {
    if (getPriority() > 0) setPriority(0);
  } catch {
    // `doctor` says so.
  }
}

/**
 * The server outlives its first caller and serves everyone: it gets nothing of that caller's environment, least of all
 * an agent's cookie. (Agents get theirs from launch.sh.)
 */
export function serverEnvironment(): NodeJS.ProcessEnv {
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
