import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AgentctlError } from '../errors.ts';
import { readText } from '../store/read-text.ts';
import type { StateDir } from '../store/state-dir.ts';
import { capturePane } from '../system/tmux.ts';
import { type Observed, refuseRemoved } from './observe.ts';
import { paneOf } from './pane.ts';
import { tmuxServer } from './tmux-server.ts';

/**
 * An agent's screen as text: the live one, or the one that was kept at teardown.
 *
 * @throws {AgentctlError} when nobody has it any more.
 */
export async function screen(stateDir: StateDir, agent: Observed): Promise<string> {
  const { files } = agent.evidence;
  const kept = join(agent.directory, 'screen.txt');
  const live = files.archived ? undefined : await capturePane(tmuxServer(stateDir), paneOf(agent));
  if (live !== undefined) return `${live.trimEnd()}\n`;
  try {
    if (existsSync(kept)) return readText(kept);
  } finally {
    refuseRemoved(agent);
  }
  throw new AgentctlError(
    `the screen of ${agent.name} is gone with its tmux session: "agentctl logs ${agent.name}" has what it printed`,
  );
}
