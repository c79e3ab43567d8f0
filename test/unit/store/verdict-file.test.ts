import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createVerdict } from '../../../src/store/verdict-file.ts';

const RUN = '0123456789ab';
const AT = { wallMs: 0, uptimeMs: 1000 };

test('the first cause wins, whoever comes later, and no draft is left', () => {
  const directory = mkdtempSync(join(tmpdir(), 'agentctl-test-verdict-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const verdict = (cause: 'capped' | 'stopped') =>
    createVerdict(directory, RUN, { cause, reason: cause, steps: [{ step: 'term', at: AT }] });
  expect(verdict('capped')).toBe(true);
  const first = readFileSync(join(directory, 'verdict.json'), 'utf8');
  expect(verdict('stopped')).toBe(false);
  expect(readFileSync(join(directory, 'verdict.json'), 'utf8')).toBe(first);
  expect(JSON.parse(first)).toMatchObject({ runId: RUN, cause: 'capped', steps: [{ step: 'term' }] });
  expect(readdirSync(directory)).toEqual(['verdict.json']);
});
