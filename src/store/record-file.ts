import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { Found } from '../agent/evidence.ts';
import { codeOf, refusal } from '../errors.ts';
import type { Validator } from './generated/validators.d.ts';

/**
 * Reads one record. Absent or empty is "not yet"; anything that is not what its schema says is damaged, with the
 * problem as a sentence.
 */
export function readRecord<T>(path: string, validate: Validator<T>): Found<T> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
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

/** Replaces a record: written beside it, synced, renamed, and the directory synced. */
export function replaceRecord(path: string, data: object): void {
  writeFileAtomic.sync(path, `${JSON.stringify(data)}\n`, { mode: 0o600 });
  syncDirectory(dirname(path));
}

/**
 * Creates a record that nobody else may have created: written and synced beside its place, then linked there, which
 * refuses a name that is taken and never shows half a record.
 *
 * @returns false where it is there already.
 */
export function createRecord(path: string, data: object): boolean {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(data)}\n`, { mode: 0o600, flush: true });
  try {
    linkSync(draft, path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  syncDirectory(dirname(path));
  return true;
}

/** Makes the names in a directory durable. */
export function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function damaged(path: string, problem: string): { state: 'damaged'; problem: string } {
  return { state: 'damaged', problem: `${basename(path)} ${problem}` };
}
