import { existsSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { outOfAgentsCgroup } from './cgroup.ts';
import { findProgram } from './find-program.ts';
import { shellQuote } from './shell-quote.ts';
import { tmuxProgram } from './tmux-client.ts';

/** Where and how something is started that outlives its caller and serves everyone. */
interface Place {
  /** What stands before its command. */
  prefix: readonly string[];
  env: NodeJS.ProcessEnv;
}

/**
 * What outlives its first caller and serves everyone gets nothing of that caller's environment, least of all an agent's
 * cookie. (Agents get theirs from launch.sh.)
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

/** Outside the calling agent's control group, in the caller's unit. */
export function plainPlace(): Place {
  return { prefix: outOfAgentsCgroup(), env: serverEnvironment() };
}

/**
 * Where systemd answers, a scope of its own: it must not end with the unit (a login, a service) of whoever happened to
 * come first. Undefined where there is no systemd.
 */
export function scopeOfItsOwn(): Place | undefined {
  const systemdRun = findSystemdRun();
  if (systemdRun === undefined) return undefined;
  const { prefix, env } = plainPlace();
  return { prefix: [...prefix, ...systemdRun], env: { ...env, ...systemdsVariables() } };
}

/**
 * The same for a process that nobody waits for: whether systemd will is found out by the process itself, which keeps its
 * pid all the way.
 */
export function detachedPlace(): Place {
  const systemdRun = findSystemdRun();
  const { prefix, env } = plainPlace();
  if (systemdRun === undefined) return { prefix, env };
  const scope = systemdRun.map(shellQuote).join(' ');
  const script = `if ${scope} true >/dev/null 2>&1; then exec ${scope} "$@"; fi; exec "$@"`;
  return { prefix: [...prefix, '/bin/sh', '-c', script, 'agentctl'], env: { ...env, ...systemdsVariables() } };
}

function findSystemdRun(): readonly string[] | undefined {
  const { XDG_RUNTIME_DIR, PATH } = process.env;
  if (!XDG_RUNTIME_DIR || !existsSync(join(XDG_RUNTIME_DIR, 'systemd', 'private'))) return undefined;
  const found = findProgram('systemd-run', PATH, process.cwd());
  if (found.state !== 'found') return undefined;
  // Delegated: agents' control groups are made below it, where systemd must not tidy up.
  return [found.path, '--user', '--scope', '--quiet', '--collect', '--property=Delegate=yes', '--'];
}

function systemdsVariables(): NodeJS.ProcessEnv {
  const { XDG_RUNTIME_DIR, DBUS_SESSION_BUS_ADDRESS } = process.env;
  return {
    ...(XDG_RUNTIME_DIR && { XDG_RUNTIME_DIR }),
    ...(DBUS_SESSION_BUS_ADDRESS && { DBUS_SESSION_BUS_ADDRESS }),
  };
}

/** Everyone whom it serves would run as nicely as its first caller; only a privileged one can undo that. */
export function dropNiceness(): void {
  try {
    if (getPriority() > 0) setPriority(0);
  } catch {
    // `doctor` says so.
  }
}
