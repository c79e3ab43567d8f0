import { renameSync, statSync } from 'node:fs';
import { managerLogFile } from '../store/paths.ts';
import { prepareStateDir, type StateDir } from '../store/state-dir.ts';

/** What the manager says, a line a decision. */
export interface ManagerLog {
  info: (facts: object, sentence: string) => void;
  error: (facts: object, sentence: string) => void;
}

/** The log before the last is not kept. */
const LONGEST_BYTES = 16 * 1024 * 1024;

/** manager.log: a line of JSON a decision. Written at once, so that a manager that is killed has said all it knew. */
export async function openManagerLog(stateDir: StateDir): Promise<ManagerLog> {
  const { default: pino } = await import('pino');
  prepareStateDir(stateDir);
  const path = managerLogFile(stateDir.path);
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > LONGEST_BYTES) renameSync(path, `${path}.1`);
  const destination = pino.destination({ dest: path, sync: true, append: true, mode: 0o600 });
  destination.on('error', () => {}); // no room: what is done matters more than its record
  const log: ManagerLog = pino(
    { base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime, messageKey: 'message' },
    destination,
  );
  return log;
}
