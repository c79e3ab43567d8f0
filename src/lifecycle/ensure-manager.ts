import { existsSync } from 'node:fs';
import { refusal } from '../errors.ts';
import { holdManager, isManagerHeld } from '../store/manager-file.ts';
import { managerLogFile } from '../store/paths.ts';
import type { StateDir } from '../store/state-dir.ts';
import { isRecent, livingManager } from './living-manager.ts';
import { settings } from './settings.ts';

// Apart from the starting, and what that loads: most calls find a manager.

/** What a caller that needs a manager says about it. */
export interface ManagerWish {
  /** No command starts a manager from now on, until `manager start`; one that lives stays. */
  noManager?: boolean | undefined;
  /** Hears of the first start here, and of failures. */
  onNote?: ((sentence: string) => void) | undefined;
}

/**
 * Sees to it that a manager of our version or a newer one lives, unless somebody asked for none. Never fails: whatever
 * needs a manager also works without, only later.
 */
export async function ensureManager(stateDir: StateDir, { noManager, onNote }: ManagerWish): Promise<void> {
  try {
    if (noManager) holdManager(stateDir.path);
    // Where it is there, nothing is asked for: a broken config.json is no matter of this command's.
    if (isManagerHeld(stateDir.path) || isRecent(livingManager(stateDir)) || !settings().manager) return;
    const first = !existsSync(managerLogFile(stateDir.path));
    const { startManager } = await import('./start-manager.ts');
    const started = await startManager(stateDir);
    if (started && first) {
      onNote?.(
        `started the manager of ${stateDir.path} (pid ${started.pid}): it keeps caps and tidies up; see "agentctl manager --help"`,
      );
    }
  } catch (error) {
    onNote?.(
      `the manager could not be ${noManager ? 'held' : 'started'} (${refusal(error)}): caps are kept all the same, 30 s late; see "agentctl doctor"`,
    );
  }
}
