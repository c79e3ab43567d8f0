import { basename } from 'node:path';
import type { Found } from '../agent/evidence.ts';
import { codeOf, refusal } from '../errors.ts';
import type { Validator } from './generated/validators.d.ts';
import { readText } from './read-text.ts';

/** No record has ten. */
const DEEPEST = 200;

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
  if (isDeep(text)) return damaged(path, `is damaged: it is nested more than ${DEEPEST} levels deep`);
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

/**
 * What can be parsed but not written again: JSON.stringify and whoever walks through a record call themselves for each
 * level, and would die of it. Unknown fields are kept, so a schema does not find it.
 */
function isDeep(text: string): boolean {
  if (text.length < 2 * DEEPEST || openings(text) <= DEEPEST) return false;
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (sign === '"') inString = !inString;
    else if (sign === '\\') at++;
    else if (inString) continue;
    else if (sign === '[' || sign === '{') depth++;
    else if (sign === ']' || sign === '}') depth--;
    if (depth > DEEPEST) return true;
  }
  return false;
}

/** Counted by searches, which are far faster than a look at each character: of most records this tells enough. */
function openings(text: string): number {
  let count = 0;
  for (const sign of ['{', '['])
    for (let at = text.indexOf(sign); at >= 0 && count <= DEEPEST; at = text.indexOf(sign, at + 1)) count++;
  return count;
}

function damaged(path: string, problem: string): { state: 'damaged'; problem: string } {
  return { state: 'damaged', problem: `${basename(path)} ${problem}` };
}
