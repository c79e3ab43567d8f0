import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readAgentFiles } from '../../../src/store/agent-files.ts';
import { writeReport } from '../../../src/store/report-file.ts';
import { asNobody, folder, RUN, SPEC } from './state.ts';

const WALL_MS = Date.parse('2026-01-02T12:00:00.250Z');
const at = (uptimeMs: number) => ({ wallMs: WALL_MS, uptimeMs });
const DONE = { state: 'done', source: 'done', status: 'success', message: 'all pass' } as const;
const FAILED = { ...DONE, status: 'failure' } as const;
const WORKING = { state: 'working', source: 'keys', status: null, message: null } as const;

function agent(): string {
  const path = folder();
  writeFileSync(join(path, 'spec.json'), JSON.stringify(SPEC));
  return path;
}

const newest = (path: string) => readAgentFiles(path, 'fix', false).report;

/** A report as it might be found, whoever wrote it. */
function put(path: string, file: string, content: object | string): void {
  mkdirSync(join(path, 'reports'), { recursive: true });
  writeFileSync(join(path, 'reports', file), typeof content === 'string' ? content : JSON.stringify(content));
}

const record = (change: object = {}) => ({
  schemaVersion: 1,
  runId: RUN,
  ...DONE,
  resultFile: null,
  at: '2026-01-02T12:00:00.250Z',
  uptimeSeconds: 1000.5,
  ...change,
});

describe('a report', () => {
  test('is read as it was written', () => {
    const path = agent();
    writeReport(path, RUN, DONE, at(1_000_500));
    expect(newest(path)).toEqual({
      ...DONE,
      resultFile: null,
      waitingFor: null,
      background: [],
      atMs: WALL_MS,
      uptimeMs: 1_000_500,
    });
  });

  test("is a file of its own, for nobody else's eyes, with the folder made for it", () => {
    const path = agent();
    writeReport(path, RUN, DONE, at(1_000_500));
    const [file, ...others] = readdirSync(join(path, 'reports'));
    expect([file, others]).toEqual([`000000001000500-${process.pid}.json`, []]);
    expect(statSync(join(path, 'reports')).mode & 0o777).toBe(0o700);
    expect(statSync(join(path, 'reports', file as string)).mode & 0o777).toBe(0o600);
  });

  test('counts until a later one is there', () => {
    const path = agent();
    writeReport(path, RUN, FAILED, at(1000));
    expect(newest(path)).toMatchObject(FAILED);
    writeReport(path, RUN, WORKING, at(2000));
    expect(newest(path)).toMatchObject(WORKING);
    writeReport(path, RUN, DONE, at(3000));
    expect(newest(path)).toMatchObject(DONE);
    expect(readdirSync(join(path, 'reports'))).toHaveLength(3);
  });

  test('is ordered by uptime, whatever the number of its digits and the order of writing', () => {
    const path = agent();
    writeReport(path, RUN, DONE, at(1_000_000));
    writeReport(path, RUN, WORKING, at(999_999));
    expect(newest(path)).toMatchObject({ ...DONE, uptimeMs: 1_000_000 });
  });

  test('is ordered by uptime, though the clock was set back', () => {
    const path = agent();
    writeReport(path, RUN, DONE, { wallMs: WALL_MS, uptimeMs: 1000 });
    writeReport(path, RUN, WORKING, { wallMs: 0, uptimeMs: 2000 });
    expect(newest(path)).toMatchObject({ ...WORKING, atMs: 0 });
  });

  test('of which there is none is undefined', () => {
    const path = agent();
    expect(newest(path)).toBeUndefined();
    mkdirSync(join(path, 'reports'));
    expect(newest(path)).toBeUndefined();
  });

  test('that is no folder of reports is none, and harms no other record', () => {
    const path = agent();
    writeFileSync(join(path, 'reports'), 'what is this');
    expect(readAgentFiles(path, 'fix', false)).toMatchObject({ report: undefined, spec: { state: 'there' } });
  });
});

describe('the newest report does not count', () => {
  const LATER = '000000000009000-1.json';
  test.each<[string, object | string]>([
    ['where it is not JSON', '{"schemaVersion": 1,'],
    ['where it is empty', ''],
    ['where it is of another run', record({ runId: 'run00002' })],
    ['where it is of a newer agentctl', record({ schemaVersion: 2 })],
    ['in a state that is none', record({ state: 'sleeping' })],
    ['with a word that is none', record({ status: 'maybe' })],
    ['at a time that no date can hold', record({ at: '2026-99-99T00:00:00Z' })],
    ['at an uptime that cannot be', record({ uptimeSeconds: 1e300 })],
    ['without a time', { ...record(), at: undefined }],
  ])('%s: the one before it does', (_, content) => {
    const path = agent();
    writeReport(path, RUN, FAILED, at(8000));
    put(path, LATER, content);
    expect(newest(path)).toMatchObject(FAILED);
  });

  test('where it cannot be read: the one before it does', () => {
    const path = agent();
    writeReport(path, RUN, FAILED, at(8000));
    mkdirSync(join(path, 'reports', LATER));
    expect(newest(path)).toMatchObject(FAILED);
  });

  test('and no other, where there is no good one, or no spec to say whose they are', () => {
    const path = agent();
    put(path, LATER, 'nonsense');
    expect(newest(path)).toBeUndefined();
    put(path, LATER, record());
    expect(newest(path)).toMatchObject(DONE);
    writeFileSync(join(path, 'spec.json'), 'nonsense');
    expect(newest(path)).toBeUndefined();
  });

  test.each(['000000000009000-1.json.77', '000000000009000-1.tmp', '000000000009000-1.result'])(
    'where it is being written: %s',
    (file) => {
      const path = agent();
      put(path, file, record());
      expect(newest(path)).toBeUndefined();
    },
  );

  test('for its unknown fields: they are of a newer agentctl', () => {
    const path = agent();
    put(path, LATER, record({ mood: 'good' }));
    expect(newest(path)).toMatchObject(DONE);
  });
});

describe('a result', () => {
  test('is copied beside the report, which names the copy', () => {
    const path = agent();
    const result = join(folder(), 'result.md');
    writeFileSync(result, 'all of it');
    writeReport(path, RUN, DONE, at(1000), result);
    const { resultFile } = newest(path) as { resultFile: string };
    expect(resultFile).toBe(`000000000001000-${process.pid}.result`);
    writeFileSync(result, 'changed later');
    expect(readFileSync(join(path, 'reports', resultFile), 'utf8')).toBe('all of it');
  });

  test.each<[string, (path: string) => string, string]>([
    ['that is not there', (path) => join(path, 'gone'), 'ENOENT'],
    ['that is below a file', (path) => join(path, 'spec.json', 'x'), 'ENOTDIR'],
  ])('%s leaves no report', (_, place, code) => {
    const path = agent();
    expect(() => writeReport(path, RUN, DONE, at(1000), place(path))).toThrow(expect.objectContaining({ code }));
    expect(newest(path)).toBeUndefined();
    expect(readdirSync(join(path, 'reports'))).toEqual([]);
  });

  test('that may not be read leaves no report', () => {
    const path = agent();
    const result = join(folder(), 'secret');
    writeFileSync(result, 'secret', { mode: 0 });
    chmodSync(path, 0o777);
    expect(() => asNobody(() => writeReport(path, RUN, DONE, at(1000), result))).toThrow(/EACCES/);
    expect(newest(path)).toBeUndefined();
  });
});

// A folder of that name would be an agent without a spec: unknown for ever, and its name taken.
test('a report on an agent that was archived meanwhile makes no folder in its place', () => {
  const gone = join(folder(), 'gone');
  try {
    writeReport(gone, RUN, DONE, at(1000));
  } catch {
    // That is how it should be told.
  }
  expect(existsSync(gone)).toBe(false);
});

// /proc/uptime counts in hundredths of a second.
test('the second report of one process in the same hundredth of a second is not lost', () => {
  const path = agent();
  writeReport(path, RUN, DONE, at(1000));
  writeReport(path, RUN, WORKING, at(1000));
  expect(newest(path)).toMatchObject(WORKING);
});
