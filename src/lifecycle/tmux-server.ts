import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { configFolder } from '../store/config-file.ts';
import { type StateDir, socketPath } from '../store/state-dir.ts';
import type { TmuxServer } from '../system/tmux-client.ts';

/** The private tmux server of a state directory. */
export function tmuxServer(stateDir: StateDir): TmuxServer {
  return { socket: socketPath(stateDir), stateDir: stateDir.path, userConfig: userConfig() };
}

/** `tmux.conf` beside agentctl's own configuration; undefined where the user has none. */
function userConfig(): string | undefined {
  const file = join(configFolder(), 'tmux.conf');
  return existsSync(file) ? file : undefined;
}
