import { join } from 'node:path';
import type { Settings } from '../agent/settings.ts';
import { packageRoot } from '../store/package-root.ts';

/** What writes down all that an agent prints, for tmux to pipe its pane to: sh, and not Node, as there is one for each agent. */
export function logCapture(name: string, limits: Settings['logs']): string[] {
  const program = join(packageRoot(), 'bin', 'agent-log');
  return ['sh', program, `agents/${name}`, String(limits.pieceBytes), String(piecesKept(limits))];
}

/** How many pieces a log may have, the one that grows included; 0 is any number. */
export function piecesKept({ pieceBytes, totalBytes }: Settings['logs']): number {
  return Math.floor(totalBytes / pieceBytes);
}
