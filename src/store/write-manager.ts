import { rmSync } from 'node:fs';
import type { Manager } from './generated/types.ts';
import { managerFile } from './paths.ts';
import { replaceRecord } from './write-record.ts';

// Apart from the reading, whose start-up must not pay for a library that only writing needs.

/** Only under the manager lock. */
export function writeManager(stateDir: string, manager: Manager): void {
  replaceRecord(managerFile(stateDir), manager);
}

/** Only under the manager lock. */
export function removeManager(stateDir: string): void {
  rmSync(managerFile(stateDir), { force: true });
}
