import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readAgentFiles } from '../../../src/store/agent-files.ts';
import { replaceCap } from '../../../src/store/limits-file.ts';
import { folder, RUN } from './state.ts';

function agent(limits: string): string {
  const path = folder();
  writeFileSync(join(path, 'limits'), limits);
  return path;
}

const limitsOf = (path: string) => readFileSync(join(path, 'limits'), 'utf8');
const capOf = (path: string) => readAgentFiles(path, 'fix', false).capMs;

describe('the cap in `limits`', () => {
  test.each<[string, string, number | null, string]>([
    ['is moved', `${RUN} 3600 10 5 30\n`, 5_400_000, `${RUN} 5400 10 5 30\n`],
    ['is taken away', `${RUN} 3600 10 5 30\n`, null, `${RUN} none 10 5 30\n`],
    ['is set where there was none', `${RUN} none 10 5 30\n`, 60_000, `${RUN} 60 10 5 30\n`],
    ['is rounded up: it is never shorter than asked', `${RUN} 1 10 5 30\n`, 1001, `${RUN} 2 10 5 30\n`],
    ['leaves the parent where it is', `${RUN} 60 10 5 30 boss run00000\n`, 90_000, `${RUN} 90 10 5 30 boss run00000\n`],
    ['is moved in a line without an end', `${RUN} 60 10 5 30`, 90_000, `${RUN} 90 10 5 30\n`],
  ])('%s', (_, before, capMs, now) => {
    const path = agent(before);
    expect(replaceCap(path, capMs)).toBe(true);
    expect(limitsOf(path)).toBe(now);
    expect(capOf(path)).toBe(capMs === null ? null : Math.ceil(capMs / 1000) * 1000);
    expect(readdirSync(path)).toEqual(['limits']);
    expect(statSync(join(path, 'limits')).mode & 0o777).toBe(0o600);
  });

  test('is ten years at most, as one number that a shell can read', () => {
    const path = agent(`${RUN} 60 10 5 30\n`);
    replaceCap(path, 3650 * 86_400_000);
    expect(limitsOf(path)).toBe(`${RUN} 315360000 10 5 30\n`);
  });

  test('was taken away by the watchdog, which acts on it: too late', () => {
    const path = agent('');
    rmSync(join(path, 'limits'));
    expect(replaceCap(path, 60_000)).toBe(false);
    expect(readdirSync(path)).toEqual([]);
  });

  test.each(['capped', 'with-parent'])('is put back as the watchdog takes it away (`%s`): too late', (taken) => {
    const path = agent(`${RUN} 60 10 5 30\n`);
    mkdirSync(join(path, taken));
    expect(replaceCap(path, 90_000)).toBe(false);
  });

  test('of an agent that is gone: too late', () => {
    expect(replaceCap(join(folder(), 'gone'), 60_000)).toBe(false);
  });

  test('that cannot be replaced says so, and leaves no draft behind', () => {
    const path = agent(`${RUN} 60 10 5 30\n`);
    rmSync(join(path, 'limits'));
    mkdirSync(join(path, 'limits'));
    expect(() => replaceCap(path, 60_000)).toThrow(/EISDIR/);
    expect(readdirSync(path)).toEqual(['limits']);
  });
});
