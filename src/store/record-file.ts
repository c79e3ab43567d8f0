import { basename } from 'node:path';
import type { Found } from '../agent/evidence.ts';
import { codeOf, refusal } from '../errors.ts';
import type { Validator } from './generated/validators.d.ts';
import { readText } from './read-text.ts';

/**
 * Reads one record. Absent or empty is "not yet"; anything that is not what its schema says is damaged, with the
 * problem as a sentence.
 */
export function readRecord<T>(path: string, validate: Validator<T>): Found<T> {
  let text: string;
  try {
    text = readText(path);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { state: 'absent' };
    return damaged(path, `cannot be read (${refusal(error)})`);
  }
  if (text.trim() === '') return { state: 'absent' };
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return damaged(path, 'is damaged: it is not JSON');
  }
  const version = typeof data === 'object' && data !== null && 'schemaVersion' in data ? data.schemaVersion : undefined;
  if (typeof version === 'number' && version > 1) {
    return damaged(path, `was written by a newer agentctl (format ${version}): use that one`);
  }
  if (validate(data)) return { state: 'there', value: data };
  const error = validate.errors?.[0];
  return damaged(
    path,
    `is damaged: ${(error?.instancePath ?? '').slice(1) || 'it'} ${error?.message ?? 'does not fit its schema'}`,
  );
}

function damaged(path: string, problem: string): { state: 'damaged'; problem: string } {
  return { state: 'damaged', problem: `${basename(path)} ${problem}` };
}
