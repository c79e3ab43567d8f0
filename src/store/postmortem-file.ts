import { join } from 'node:path';
import type { Postmortem } from './generated/types.ts';
import * as validators from './generated/validators.js';
import { readRecord } from './record-file.ts';

const FILE = 'postmortem.json';

/** The post-mortem of this run; undefined where there is none that can be read. */
export function readPostmortem(directory: string, runId: string): Postmortem | undefined {
  const found = readRecord(join(directory, FILE), validators.postmortem);
  return found.state === 'there' && found.value.runId === runId ? found.value : undefined;
}

/** Puts it down, in place of an earlier one. Its failure (a full disk) harms nobody. */
export async function writePostmortem(directory: string, postmortem: Postmortem): Promise<void> {
  // Only here: whoever reads one pays nothing for what only writing needs.
  const { replaceRecord } = await import('./write-record.ts');
  try {
    replaceRecord(join(directory, FILE), postmortem);
  } catch {
    // What is done matters more than its record.
  }
}
