import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Manager } from '../../../src/store/generated/types.ts';
import { holdManager, isManagerHeld, readManager, releaseManager } from '../../../src/store/manager-file.ts';
import { removeManager, writeManager } from '../../../src/store/write-manager.ts';
import { folder } from './state.ts';

const MANAGER: Manager = {
  schemaVersion: 1,
  pid: 4321,
  startTime: '98765',
  bootId: 'boot',
  pidNamespace: 'pid:[1]',
  version: '0.3.0',
  builtAtMs: 1_700_000_000_000,
  startedAt: '2026-01-02T12:00:00.250Z',
};

function put(content: object | string): string {
  const path = folder();
  writeFileSync(join(path, 'manager.json'), typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe("the manager's record", () => {
  test('is read as it was written, by nobody else', () => {
    const path = folder();
    writeManager(path, MANAGER);
    expect(readManager(path)).toEqual({ state: 'there', value: MANAGER });
    expect(statSync(join(path, 'manager.json')).mode & 0o777).toBe(0o600);
    expect(readdirSync(path)).toEqual(['manager.json']);
  });

  test('is replaced by the next manager', () => {
    const path = folder();
    writeManager(path, MANAGER);
    writeManager(path, { ...MANAGER, pid: 5000 });
    expect(readManager(path)).toMatchObject({ value: { pid: 5000 } });
  });

  test('is taken away, also where there is none', () => {
    const path = folder();
    writeManager(path, MANAGER);
    removeManager(path);
    removeManager(path);
    expect(readManager(path)).toEqual({ state: 'absent' });
  });

  test('is absent in a state directory that is gone, where none can be written', () => {
    const gone = join(folder(), 'gone');
    expect(readManager(gone)).toEqual({ state: 'absent' });
    expect(() => removeManager(gone)).not.toThrow();
    expect(() => writeManager(gone, MANAGER)).toThrow(/ENOENT/);
  });

  test.each<[string, object | string, string]>([
    ['that is not JSON', '{"pid": 43', 'manager.json is damaged: it is not JSON'],
    ['without a pid', { ...MANAGER, pid: undefined }, "manager.json is damaged: it must have required property 'pid'"],
    ['with a pid in words', { ...MANAGER, pid: '4321' }, 'manager.json is damaged: pid must be integer'],
    [
      'without the time of its start: a pid alone is no identity',
      { ...MANAGER, startTime: undefined },
      "manager.json is damaged: it must have required property 'startTime'",
    ],
    [
      'of a newer agentctl',
      { ...MANAGER, schemaVersion: 2 },
      'manager.json was written by a newer agentctl (format 2): use that one',
    ],
  ])('%s is damaged, and says so', (_, content, problem) => {
    expect(readManager(put(content))).toEqual({ state: 'damaged', problem });
  });

  test('that is empty is none', () => {
    expect(readManager(put(''))).toEqual({ state: 'absent' });
  });

  test('may hold what a newer agentctl added', () => {
    expect(readManager(put({ ...MANAGER, mood: 'good' })).state).toBe('there');
  });
});

describe('no manager', () => {
  test('is wanted from its stop until its start, however often that is said', () => {
    const path = folder();
    expect(isManagerHeld(path)).toBe(false);
    holdManager(path);
    holdManager(path);
    expect(isManagerHeld(path)).toBe(true);
    expect(readdirSync(path)).toEqual(['manager.off']);
    releaseManager(path);
    releaseManager(path);
    expect(isManagerHeld(path)).toBe(false);
  });

  test('is wanted, whoever lives: the record stays', () => {
    const path = folder();
    writeManager(path, MANAGER);
    holdManager(path);
    expect(readManager(path).state).toBe('there');
  });
});
