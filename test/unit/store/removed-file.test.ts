import { appendFileSync, existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { NO_TOTALS, sumOf } from '../../../src/agent/metrics.ts';
import { addRemoved, readRemoved, removedMark, sumUpRemoved } from '../../../src/store/removed-file.ts';
import { asNobody, folder, letPass } from './state.ts';

const run = (runId: string) => ({
  runId,
  totals: { results: { succeeded: 1 }, runs: { 60: 1 }, runMs: 12_345, escapedAgents: 0, escapedProcesses: 0 },
});
const countIn = (state: string): number => {
  const { sum, runs } = readRemoved(state);
  return sumOf([sum, ...runs.values()]).results.succeeded ?? 0;
};
const nobody = (): ReadonlySet<string> => new Set();
/** As if all lines had been put down an hour ago. */
const age = (state: string): void => {
  const path = join(state, 'removed.ndjson');
  const then = new Date(Date.now() - 3_600_000).toISOString();
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/"at":"[^"]+"/g, `"at":"${then}"`));
};

describe('removed.ndjson', () => {
  test('is nothing where nobody was removed', () => {
    const state = folder();
    expect(readRemoved(state)).toEqual({ sum: NO_TOTALS, runs: new Map() });
    expect(removedMark(state)).toBe('');
    sumUpRemoved(state, nobody);
    expect(existsSync(join(state, 'removed.ndjson'))).toBe(false);
  });

  test('counts a run once, however often it was put down', () => {
    const state = folder();
    for (const runId of ['run00001', 'run00002', 'run00001']) expect(addRemoved(state, run(runId))).toBe(true);
    expect(readRemoved(state).runs).toEqual(new Map(['run00001', 'run00002'].map((id) => [id, run(id).totals])));
    expect(statSync(join(state, 'removed.ndjson')).mode & 0o777).toBe(0o600);
  });

  test('loses no line to half a one, nor to one that is none', () => {
    const state = folder();
    addRemoved(state, run('run00001'));
    appendFileSync(join(state, 'removed.ndjson'), '{"schemaVersion":1}\n{"schemaVersion":1,"runId":"ru');
    addRemoved(state, run('run00002'));
    expect(countIn(state)).toBe(2);
  });

  test('that cannot be read is no empty one', () => {
    const state = folder();
    addRemoved(state, run('run00001'));
    letPass(state);
    asNobody(() => expect(() => readRemoved(state)).toThrow(/removed.ndjson cannot be read \(permission denied\)/));
  });

  test('says that there was no room', () => {
    expect(addRemoved(join(folder(), 'gone'), run('run00001'))).toBe(false);
  });

  test('changes its mark with every line', () => {
    const state = folder();
    const marks = ['run00001', 'run00002'].map((runId) => {
      addRemoved(state, run(runId));
      return removedMark(state);
    });
    expect(new Set(marks).size).toBe(2);
  });
});

describe('summing up', () => {
  test('makes one line of what is old, again and again, and keeps what may come again', () => {
    const state = folder();
    for (const runId of ['run00001', 'run00002', 'run00002', 'still000']) addRemoved(state, run(runId));
    age(state);
    addRemoved(state, run('young000'));
    for (let times = 0; times < 2; times++) {
      sumUpRemoved(state, () => new Set(['still000']), 0);
      expect(readRemoved(state)).toEqual({
        sum: { ...run('').totals, results: { succeeded: 2 }, runs: { 60: 2 }, runMs: 24_690 },
        runs: new Map(['still000', 'young000'].map((id) => [id, run(id).totals])),
      });
    }
    expect(readdirSync(state)).toEqual(['removed.ndjson']);
  });

  test('loses nobody who is put down meanwhile, and counts nobody twice', () => {
    const state = folder();
    addRemoved(state, run('run00001'));
    age(state);
    // Between its reading and its renaming.
    const meanwhile = (): ReadonlySet<string> => {
      addRemoved(state, run('run00002'));
      return new Set();
    };
    sumUpRemoved(state, meanwhile, 0);
    addRemoved(state, run('run00002'));
    expect(countIn(state)).toBe(2);
  });

  test('is done by one of several, and by another where that one died', () => {
    const state = folder();
    addRemoved(state, run('run00001'));
    age(state);
    const draft = join(state, 'removed.ndjson.draft');
    writeFileSync(draft, 'half');
    sumUpRemoved(state, nobody, 0);
    expect(readRemoved(state).runs.size).toBe(1);
    const then = Date.now() / 1000 - 120;
    utimesSync(draft, then, then);
    for (let times = 0; times < 2; times++) sumUpRemoved(state, nobody, 0);
    expect(readRemoved(state).runs.size).toBe(0);
    expect(countIn(state)).toBe(1);
    expect(existsSync(draft)).toBe(false);
  });

  test('waits until there is much', () => {
    const state = folder();
    addRemoved(state, run('run00001'));
    age(state);
    sumUpRemoved(state, nobody);
    expect(readRemoved(state).runs.size).toBe(1);
  });
});
