import { join } from 'node:path';
import type { Verdict } from './generated/types.ts';
import * as validators from './generated/validators.js';
import { readRecord } from './record-file.ts';

/** verdict.json as it stands on disk; undefined where there is none that can be read. */
export function readVerdict(directory: string): Verdict | undefined {
  const found = readRecord(join(directory, 'verdict.json'), validators.verdict);
  return found.state === 'there' ? found.value : undefined;
}
