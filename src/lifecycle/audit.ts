import { closeSync, fstatSync, readFileSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { auditText } from '../agent/audit/audit-text.ts';
import { languageOf, languageOfShebang } from '../agent/audit/language.ts';
import { refusal } from '../errors.ts';
import type { Audit } from '../store/generated/types.ts';
import { openPlain } from '../store/read-text.ts';
import { scriptFiles } from './script-files.ts';

/** No script that anybody wrote is longer. */
const LONGEST_BYTES = 1024 * 1024;

/**
 * Finds in scripts what agentctl is to replace. Reads only.
 *
 * @param paths - files and directories.
 * @throws {UsageError} for a path that is not there.
 */
export async function audit(paths: readonly string[]): Promise<Audit> {
  const report: Audit = { schemaVersion: 1, files: 0, findings: [], skipped: [] };
  const files = await scriptFiles(paths, (skipped) => report.skipped.push({ ...skipped }));
  for (const file of files) {
    const byName = languageOf(basename(file));
    let text: string | undefined;
    try {
      text = scriptText(file, byName === 'ask');
    } catch (error) {
      report.skipped.push({ file, reason: refusal(error) });
    }
    const language = byName === 'ask' || byName === undefined ? languageOfShebang(text ?? '') : byName;
    if (text === undefined || language === undefined) continue;
    report.files++;
    report.findings.push(...auditText(text, language).map((finding) => ({ file, ...finding })));
  }
  return report;
}

/**
 * @param isAsked - its name does not say that it is a script, and only a first line `#!…` would.
 * @returns undefined for a file that is not text.
 */
function scriptText(path: string, isAsked: boolean): string | undefined {
  const file = openPlain(path);
  try {
    const { size } = fstatSync(file);
    // Programs and data, of which a directory of these has many, are not worth a word.
    if (size > LONGEST_BYTES && isAsked && !beginsAsScript(file)) return undefined;
    if (size > LONGEST_BYTES) throw new Error(`it is longer than ${LONGEST_BYTES / 1024 / 1024} MiB`);
    const bytes = readFileSync(file);
    // A byte order mark is no part of the first word.
    return bytes.includes(0) ? undefined : bytes.toString('utf8').replace(/^\ufeff/, '');
  } finally {
    closeSync(file);
  }
}

function beginsAsScript(file: number): boolean {
  const begin = Buffer.alloc(2);
  return readSync(file, begin, 0, 2, 0) === 2 && begin.toString('latin1') === '#!';
}
