import { renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Deed } from '../agent/metrics.ts';
import type * as disk from './generated/types.ts';
import * as validators from './generated/validators.js';
import { lookFile } from './paths.ts';
import { readRecord } from './record-file.ts';

/** What the manager did last, and how long it took. */
export interface LastDeeds {
  look: Deed | undefined;
  sweep: Deed | undefined;
}

/** By whichever manager was the last; nothing where none has said so, or it cannot be read. */
export function readLook(stateDir: string): LastDeeds {
  const found = readRecord(lookFile(stateDir), validators.look);
  if (found.state !== 'there') return { look: undefined, sweep: undefined };
  return { look: deedOf(found.value.look), sweep: deedOf(found.value.sweep) };
}

/** Only by the manager. Not synced, and no matter where there is no room: it is a sign of life, and evidence of nothing. */
export function writeLook(stateDir: string, { look, sweep }: LastDeeds): void {
  const path = lookFile(stateDir);
  const draft = `${path}.${process.pid}`;
  const record: disk.Look = { schemaVersion: 1, look: onDisk(look), sweep: onDisk(sweep) };
  try {
    writeFileSync(draft, `${JSON.stringify(record)}\n`, { mode: 0o600 });
    renameSync(draft, path);
  } catch {
    rmSync(draft, { force: true });
  }
}

function deedOf(deed: disk.Look['look']): Deed | undefined {
  const atMs = deed === null ? Number.NaN : Date.parse(deed.at);
  return deed === null || Number.isNaN(atMs) ? undefined : { atMs, seconds: deed.seconds };
}

function onDisk(deed: Deed | undefined): disk.Look['look'] {
  return deed === undefined ? null : { at: new Date(deed.atMs).toISOString(), seconds: deed.seconds };
}
