import { accessSync, constants, existsSync, readFileSync, statfsSync } from 'node:fs';
import { getPriority, userInfo } from 'node:os';
import { dirname } from 'node:path';
import { refusal, wordsOf } from '../errors.ts';
import type { DoctorReport, Finding } from '../store/generated/types.ts';
import { isManagerHeld } from '../store/manager-file.ts';
import { refuseForeign, type StateDir, socketPath } from '../store/state-dir.ts';
import { callersOpenFiles } from '../system/caller.ts';
import { livenessOf, processTable } from '../system/processes.ts';
import { LOOK_MS } from '../system/tmux.ts';
import { isRecentTmux, OLDEST_TMUX, serverPid, tmuxVersion } from '../system/tmux-client.ts';
import { lingers } from './linger.ts';
import { livingManager } from './living-manager.ts';
import { type Observed, observeAll } from './observe.ts';
import { readSettings } from './settings.ts';
import { tmuxServer } from './tmux-server.ts';

/** Below this many free processes, files or terminals a dozen agents may fail to start. */
const FEW = 64;

/** Looks for what could get in the way of agents on this machine. Changes nothing, but that a socket that is gone comes back. */
export async function examine(stateDir: StateDir): Promise<DoctorReport> {
  const program = await tmux();
  const findings = [
    program,
    node(),
    stateDirectory(stateDir),
    configuration(),
    socket(stateDir),
    await server(stateDir, program.level === 'ok'),
    linger(),
    openFiles(),
    processes(),
    terminals(),
    damaged(stateDir),
    manager(stateDir),
  ];
  return { schemaVersion: 1, findings };
}

async function tmux(): Promise<Finding> {
  try {
    const version = await tmuxVersion();
    if (isRecentTmux(version)) return ok('tmux', version);
    return error('tmux', `${version} is too old`, `install ${OLDEST_TMUX} or newer`);
  } catch (failure) {
    return error(
      'tmux',
      wordsOf(failure),
      'sh bin/setup in a checkout, or your package manager (Debian: apt-get install tmux)',
    );
  }
}

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return ok('node', process.version);
  return error('node', `${process.version} is too old`, 'install Node 20.19 or newer');
}

function stateDirectory({ path, reason }: StateDir): Finding {
  if (!existsSync(path)) return ok('state directory', `${path} (${reason}) will be made at the first spawn`);
  try {
    refuseForeign(path);
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (failure) {
    return error(
      'state directory',
      `${path}: ${refusal(failure)}`,
      'choose another with --state-dir or AGENTCTL_STATE_DIR',
    );
  }
  const { bavail, bsize, ffree, files } = statfsSync(path);
  if (bavail * bsize < 100 * 1024 * 1024)
    return warning(
      'state directory',
      `${path} has less than 100 MiB left`,
      'free some: logs stop when the disk is full, exit codes do not',
    );
  if (files > 0 && ffree < 1000)
    return warning(
      'state directory',
      `${path} has fewer than 1,000 inodes left`,
      'remove old agents with "agentctl rm"',
    );
  return ok('state directory', `${path} (${reason})`);
}

function configuration(): Finding {
  try {
    const { path, exists, settings } = readSettings();
    const { textfile } = settings.metrics;
    if (textfile !== null) {
      try {
        accessSync(dirname(textfile), constants.W_OK | constants.X_OK);
      } catch (failure) {
        const found = `metrics.textfile: ${textfile} cannot be written (${refusal(failure)})`;
        return warning('settings', found, 'make its folder, or set another');
      }
    }
    return ok('settings', exists ? path : `${path} is not there: everything is as it comes`);
  } catch (failure) {
    return error(
      'settings',
      wordsOf(failure),
      'until then nothing is spawned, and no manager starts: agentctl config validate',
    );
  }
}

function socket(stateDir: StateDir): Finding {
  try {
    return ok('tmux socket', socketPath(stateDir));
  } catch (failure) {
    return error('tmux socket', wordsOf(failure), 'choose a shorter --state-dir');
  }
}

/** A server inside somebody's unit dies with that unit, and every agent with it. */
async function server(stateDir: StateDir, canBeAsked: boolean): Promise<Finding> {
  let pid: number | undefined;
  try {
    if (canBeAsked && existsSync(stateDir.path)) pid = await serverPid(tmuxServer(stateDir), { timeout: LOOK_MS });
  } catch (failure) {
    return error('tmux server', wordsOf(failure), 'agents run on; spawn, send, screen and attach need it to answer');
  }
  if (pid === undefined) return ok('tmux server', 'none runs; the first spawn starts one');
  let unit: string | undefined;
  try {
    unit = /[^/]+\.(service|scope)(?=\/?$)/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[0];
  } catch {
    unit = undefined;
  }
  if (unit?.endsWith('.service') && !unit.startsWith('user@')) {
    return warning(
      'tmux server',
      `pid ${pid} belongs to the unit ${unit}: it ends, with every agent, when that unit stops`,
      'start the first agent from a login shell, or set KillMode=process in that unit',
    );
  }
  const niceness = getPriority(pid);
  if (niceness > 0) {
    return warning(
      'tmux server',
      `pid ${pid} has niceness ${niceness}, and so has every agent: its first caller was run by nice`,
      'when no agent runs, end it with "agentctl tmux kill-server" and spawn the next one without nice',
    );
  }
  return ok('tmux server', `pid ${pid}`);
}

/** Without linger, systemd-logind may end a user's processes at logout. */
function linger(): Finding {
  if (!existsSync('/run/systemd/system')) return ok('linger', 'no systemd here: nothing ends your processes at logout');
  const user = userInfo().username;
  if (user === 'root' || lingers(user)) return ok('linger', 'your processes outlive your login');
  return warning('linger', 'systemd may end your agents when you log out', `loginctl enable-linger ${user}`);
}

function openFiles(): Finding {
  const limit = callersOpenFiles();
  if (limit === undefined || limit === 'unlimited' || Number(limit) >= 1024)
    return ok('open files', `${limit ?? 'unknown'} for each process`);
  return warning('open files', `each process may open only ${limit}`, 'ulimit -n 4096 before agentctl');
}

function processes(): Finding {
  const own = process.getuid?.();
  const used = processTable().filter(({ uid }) => uid === own).length;
  const limit = /^Max processes\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  const max = Math.min(
    limit === 'unlimited' || limit === undefined ? Number.POSITIVE_INFINITY : Number(limit),
    Number(readFileSync('/proc/sys/kernel/pid_max', 'utf8')),
  );
  // An agent is three processes before it does anything.
  if (max - used < FEW * 3) return warning('processes', `${used} of ${max} are in use`, 'end some, or raise ulimit -u');
  return ok('processes', `${used} of ${max} in use`);
}

function terminals(): Finding {
  try {
    const [used, max] = ['nr', 'max'].map((file) => Number(readFileSync(`/proc/sys/kernel/pty/${file}`, 'utf8')));
    if (used === undefined || max === undefined) return ok('terminals', 'unknown');
    if (max - used < FEW)
      return warning(
        'terminals',
        `${used} of ${max} ptys are in use`,
        'end sessions that nobody needs, or raise kernel.pty.max',
      );
    return ok('terminals', `${used} of ${max} ptys in use`);
  } catch {
    return ok('terminals', 'unknown');
  }
}

function damaged(stateDir: StateDir): Finding {
  let agents: Observed[];
  try {
    agents = observeAll(stateDir.path);
  } catch (failure) {
    return error('agents', wordsOf(failure), 'choose another with --state-dir or AGENTCTL_STATE_DIR');
  }
  const unknown = agents.filter(({ status }) => status.phase === 'unknown').map(({ name }) => name);
  const unwatched = agents.filter(({ evidence, status }) => {
    const { started } = evidence.files;
    return status.phase !== 'ended' && started.state === 'there' && livenessOf(started.value.watchdog) === 'dead';
  });
  if (unknown.length > 0)
    return warning(
      'agents',
      `nothing can be said of ${unknown.join(', ')}`,
      'see "agentctl status NAME"; "agentctl rm NAME" removes a damaged record',
    );
  if (unwatched.length > 0)
    return warning(
      'agents',
      `the watchdog of ${unwatched.map(({ name }) => name).join(', ')} was killed: only the manager keeps the cap`,
      'agentctl stop NAME ends it, agentctl manager status says whether one runs',
    );
  return ok('agents', `${agents.length} in order`);
}

function manager(stateDir: StateDir): Finding {
  const living = livingManager(stateDir);
  if (living) return ok('manager', `pid ${living.pid}`);
  if (isManagerHeld(stateDir.path)) {
    return warning(
      'manager',
      'none runs, and somebody asked for none: caps are kept 30 s late, nothing is ended for being done or idle',
      'agentctl manager start, or agentctl sweep now and then',
    );
  }
  return ok('manager', 'none runs; the next spawn starts one');
}

function ok(check: string, found: string): Finding {
  return { check, level: 'ok', found, remedy: null };
}

function warning(check: string, found: string, remedy: string): Finding {
  return { check, level: 'warning', found, remedy };
}

function error(check: string, found: string, remedy: string): Finding {
  return { check, level: 'error', found, remedy };
}
