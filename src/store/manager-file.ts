import { existsSync, rmSync, writeFileSync } from 'node:fs';
import type { Found } from '../agent/evidence.ts';
import type { Manager } from './generated/types.ts';
import * as validators from './generated/validators.js';
import { managerFile, managerOffFile } from './paths.ts';
import { readRecord } from './record-file.ts';

/** Who is the manager, or was: it lives if that very process does. */
export function readManager(stateDir: string): Found<Manager> {
  return readRecord(managerFile(stateDir), validators.manager);
}

/** Whether somebody wants none until `manager start`. */
export function isManagerHeld(stateDir: string): boolean {
  return existsSync(managerOffFile(stateDir));
}

export function holdManager(stateDir: string): void {
  writeFileSync(managerOffFile(stateDir), '', { mode: 0o600 });
}

export function releaseManager(stateDir: string): void {
  rmSync(managerOffFile(stateDir), { force: true });
}
