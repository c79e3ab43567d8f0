import { BusyError } from '../errors.ts';
import { withLock } from '../store/lock.ts';
import { readManager } from '../store/manager-file.ts';
import { managerLock } from '../store/paths.ts';
import type { StateDir } from '../store/state-dir.ts';
import { removeManager, writeManager } from '../store/write-manager.ts';
import { self } from '../system/processes.ts';
import { comparedToUs, livingManager } from './living-manager.ts';
import { lockContext } from './lock-context.ts';
import { endManager, managerRecord } from './start-manager.ts';

/**
 * Puts this process down as the manager, unless whoever started it has.
 *
 * @param takeOver - end one that lives and is no newer than we are.
 * @throws {BusyError} where another one lives.
 */
export async function register(stateDir: StateDir, { takeOver }: { takeOver: boolean }): Promise<void> {
  await withLock(managerLock(stateDir.path), lockContext(), async () => {
    const living = livingManager(stateDir);
    if (living?.pid === process.pid) return;
    if (living && takeOver && comparedToUs(living) <= 0) await endManager(living);
    else if (living)
      throw new BusyError(
        `the manager of ${stateDir.path} runs already (pid ${living.pid}): "agentctl manager stop" ends it`,
      );
    writeManager(stateDir.path, managerRecord(self()));
  });
}

/** Whether we still are the manager. A record that is gone or damaged is written again. */
export async function isOurs(stateDir: StateDir): Promise<boolean> {
  const found = readManager(stateDir.path);
  if (found.state === 'there') {
    const { pid, startTime } = self();
    if (found.value.pid === pid && found.value.startTime === startTime) return true;
  }
  try {
    await register(stateDir, { takeOver: false });
    return true;
  } catch (error) {
    if (error instanceof BusyError) return false;
    throw error;
  }
}

/** Says that no manager lives: whoever needs one from now on starts another. */
export async function signOff(stateDir: StateDir): Promise<void> {
  await withLock(managerLock(stateDir.path), lockContext(), async () => removeManager(stateDir.path));
}
