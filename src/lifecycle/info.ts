import type { Info } from '../store/generated/types.ts';
import { packageRoot, packageVersion } from '../store/package-root.ts';
import type { StateDir } from '../store/state-dir.ts';
import { tmuxVersion } from '../system/tmux-client.ts';
import { observeAll, observeArchive } from './observe.ts';
import { tmuxServer } from './tmux-server.ts';

/** Which state directory, and why; versions. */
export async function info(stateDir: StateDir): Promise<Info> {
  const agents = observeAll(stateDir.path);
  const ended = agents.filter(({ status }) => status.phase === 'ended').length;
  const server = tmuxServer(stateDir);
  return {
    schemaVersion: 1,
    version: packageVersion(),
    stateDirectory: stateDir.path,
    stateDirectoryReason: stateDir.reason,
    tmuxSocket: server.socket,
    tmuxConfig: server.userConfig ?? null,
    tmuxVersion: await tmuxVersion().catch(() => null),
    nodeVersion: process.version,
    package: packageRoot(),
    agents: { live: agents.length - ended, ended, archived: observeArchive(stateDir.path).length },
  };
}
