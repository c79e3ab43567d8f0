import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type StateDir, socketPath } from '../store/state-dir.ts';
import type { TmuxServer } from '../system/tmux-client.ts';

/** The private tmux server of a state directory. */
export function tmuxServer(stateDir: StateDir): TmuxServer {
  return { socket: socketPath(stateDir), stateDir: stateDir.path, userConfig: userConfig() };
}

/** `tmux.conf` beside agentctl's own configuration; undefined where the user has none. */
function userConfig(): string | undefined {
  const base = process.env.XDG_CONFIG_HOME || join(process.env.HOME || homedir(), '.config');
  const file = join(base, 'agentctl', 'tmux.conf');
  return existsSync(file) ? file : undefined;
}
