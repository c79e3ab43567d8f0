import { join } from 'node:path';
import type { ProcessIdentity } from '../agent/evidence.ts';
import { AgentctlError } from '../errors.ts';
import { whereConfigIs } from '../store/config-file.ts';
import type { Manager } from '../store/generated/types.ts';
import { withLock } from '../store/lock.ts';
import { holdManager, releaseManager } from '../store/manager-file.ts';
import { packageRoot, packageVersion } from '../store/package-root.ts';
import { managerLock } from '../store/paths.ts';
import { prepareStateDir, type StateDir } from '../store/state-dir.ts';
import { removeManager, writeManager } from '../store/write-manager.ts';
import { here, pause, uptimeMs, wallMs } from '../system/clock.ts';
import { livenessOf, signal } from '../system/processes.ts';
import { detachedPlace, dropNiceness } from '../system/server-place.ts';
import { startDetached } from '../system/start-detached.ts';
import { builtAtMs, isRecent, livingManager } from './living-manager.ts';
import { lockContext } from './lock-context.ts';
import { MANAGER_FLAGS } from './manager-flags.ts';
import { startService } from './service.ts';

/** A manager that was told to leave does so at once, unless it is stopped or the machine is loaded to the brim. */
const LEAVING_MS = 5000;
/** One that systemd starts has put itself down by then, even on a machine that is loaded to the brim, or does not come. */
const BEGINNING_MS = 25_000;

/**
 * Starts a manager where none lives, or only an older one.
 *
 * @returns it; undefined where one lives already.
 */
export async function startManager(stateDir: StateDir): Promise<Manager | undefined> {
  if (isRecent(livingManager(stateDir))) return undefined;
  return withLock(managerLock(stateDir.path), lockContext(), async () => {
    const living = livingManager(stateDir);
    if (isRecent(living)) return undefined;
    if (living) await endManager(living);
    const argv = [
      process.execPath,
      ...MANAGER_FLAGS,
      join(packageRoot(), 'bin', 'agentctl'),
      '--state-dir',
      stateDir.path,
      'manager',
      'run',
    ];
    const { prefix, env } = detachedPlace();
    dropNiceness();
    // An emptied cookie says to everyone who ends a tree: not yours, nor what stands below me.
    const own = { ...env, ...whereConfigIs(), AGENTCTL_RUN_ID: '' };
    const identity = await startDetached([...prefix, ...argv], { cwd: '/', env: own });
    if (identity === undefined) throw new AgentctlError('it ended at once');
    // Put down by us, so that whoever comes next need not wait until it is up.
    const manager = managerRecord(identity);
    writeManager(stateDir.path, manager);
    return manager;
  });
}

/** How a process stands in manager.json. */
export function managerRecord({ pid, startTime }: ProcessIdentity): Manager {
  return {
    schemaVersion: 1,
    pid,
    startTime,
    ...here(),
    version: packageVersion(),
    builtAtMs: builtAtMs(),
    startedAt: new Date(wallMs()).toISOString(),
  };
}

/**
 * Ends the manager, and starts none until `manager start`.
 *
 * @returns the one that was ended; undefined where none lived.
 * @throws {AgentctlError} where it does not end.
 */
export async function stopManager(stateDir: StateDir): Promise<Manager | undefined> {
  prepareStateDir(stateDir);
  holdManager(stateDir.path);
  return withLock(managerLock(stateDir.path), lockContext(), async () => {
    const living = livingManager(stateDir);
    if (living) await endManager(living);
    removeManager(stateDir.path);
    return living;
  });
}

/** As {@link startManager}, after a hold; as a service where it was installed as one. */
export async function resumeManager(stateDir: StateDir): Promise<Manager | undefined> {
  prepareStateDir(stateDir);
  releaseManager(stateDir.path);
  if (livingManager(stateDir) === undefined && (await startService(stateDir))) {
    const deadline = uptimeMs() + BEGINNING_MS;
    while (uptimeMs() < deadline) {
      const living = livingManager(stateDir);
      if (living) return living;
      await pause(20);
    }
  }
  return startManager(stateDir);
}

/** TERM, which it heeds at once; KILL where something keeps it from that: it hurts no agent, and costs nothing but time. */
export async function endManager(manager: Manager): Promise<void> {
  signal(manager, 'SIGTERM');
  signal(manager, 'SIGCONT');
  const deadline = uptimeMs() + LEAVING_MS;
  while (livenessOf(manager) === 'alive') {
    if (uptimeMs() > deadline) signal(manager, 'SIGKILL');
    if (uptimeMs() > deadline + LEAVING_MS) {
      throw new AgentctlError(`the manager (pid ${manager.pid}) cannot be ended: look at what holds it`);
    }
    await pause(5);
  }
}
