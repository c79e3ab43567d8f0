import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type LockContext, withLock } from '../../../src/store/lock.ts';
import { folder } from './state.ts';

const US: LockContext['self'] = { pid: 4321, startTime: '777' };

function context(change: Partial<LockContext> = {}): LockContext {
  return {
    self: US,
    isAlive: () => true,
    pause: () => new Promise((resolve) => setImmediate(resolve)),
    ...change,
  };
}

describe('a lock', () => {
  test('is held while the work is done, says by whom, and is gone afterwards', async () => {
    const path = join(folder(), 'lock');
    const value = await withLock(path, context(), async (stillHeld) => {
      expect(stillHeld()).toBe(true);
      expect(existsSync(path)).toBe(true);
      expect(readFileSync(`${path}.owner`, 'utf8')).toBe('4321 777\n');
      return 'done';
    });
    expect(value).toBe('done');
    expect(existsSync(path) || existsSync(`${path}.owner`)).toBe(false);
  });

  test('is let go of when the work fails', async () => {
    const path = join(folder(), 'lock');
    const failing = withLock(path, context(), () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(existsSync(path) || existsSync(`${path}.owner`)).toBe(false);
  });

  test('keeps two apart who want the same, and nobody who wants another', async () => {
    const path = folder();
    let inside = 0;
    let most = 0;
    const work = async () => {
      inside++;
      most = Math.max(most, inside);
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      inside--;
    };
    await Promise.all(Array.from({ length: 5 }, () => withLock(join(path, 'lock'), context(), work)));
    expect(most).toBe(1);
    await withLock(join(path, 'lock'), context(), () => withLock(join(path, 'other'), context(), work));
  });

  test('of a holder that died is broken at once, although it looks fresh', async () => {
    const path = join(folder(), 'lock');
    mkdirSync(path);
    writeFileSync(`${path}.owner`, '99 123\n');
    const asked: unknown[] = [];
    const isAlive: LockContext['isAlive'] = (holder) => {
      asked.push(holder);
      return false;
    };
    let pauses = 0;
    const pause = async () => {
      pauses++;
    };
    await withLock(path, context({ isAlive, pause }), async () => {
      expect(readFileSync(`${path}.owner`, 'utf8')).toBe('4321 777\n');
    });
    expect(asked).toEqual([{ pid: 99, startTime: '123' }]);
    expect(pauses).toBe(1);
  });

  test.each<[string, string | undefined]>([
    ['of a holder that lives', '99 123\n'],
    ['whose holder has not said yet who it is', undefined],
    ['whose holder is about to say who it is', ''],
    ['whose holder said half of it', '99'],
  ])('%s is waited for', async (_, owner) => {
    const path = join(folder(), 'lock');
    mkdirSync(path);
    if (owner !== undefined) writeFileSync(`${path}.owner`, owner);
    let turns = 0;
    const pause = async () => {
      if (++turns === 3) utimesSync(path, 1, 1); // nobody refreshes it any more
    };
    const isAlive: LockContext['isAlive'] = ({ pid }) => pid === 99;
    await withLock(path, context({ isAlive, pause }), async () => {});
    expect(turns).toBeGreaterThanOrEqual(3);
  });

  test.each<[string, number]>([
    ['the future', Date.now() / 1000 + 1e9],
    ['the past', 1],
  ])('that stands in %s and is not refreshed holds nobody for more than seconds', async (_, time) => {
    const path = join(folder(), 'lock');
    mkdirSync(path);
    writeFileSync(`${path}.owner`, '99 123\n');
    utimesSync(path, time, time);
    const begun = performance.now();
    let passedMs = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => begun + passedMs);
    onTestFinished(() => clock.mockRestore());
    const pause = async () => {
      passedMs += 100;
    };
    await withLock(path, context({ pause }), async () => {
      expect(readFileSync(`${path}.owner`, 'utf8')).toBe('4321 777\n');
    });
    expect(passedMs).toBeLessThan(15_000);
  });

  test('that stands in the future is left to a holder that refreshes it', async () => {
    const path = join(folder(), 'lock');
    mkdirSync(path);
    writeFileSync(`${path}.owner`, '99 123\n');
    const begun = performance.now();
    let passedMs = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => begun + passedMs);
    onTestFinished(() => clock.mockRestore());
    const pause = async () => {
      passedMs += 1000;
      if (passedMs % 5000 === 0) utimesSync(path, 4e9, 4e9 + passedMs / 1000);
    };
    await expect(withLock(path, context({ pause }), async () => {})).rejects.toThrow('held by another agentctl');
    expect(existsSync(path)).toBe(true);
  });

  test('that cannot be made is gone on without: the work is more than the lock', async () => {
    const path = join(folder(), 'gone', 'lock');
    expect(await withLock(path, context(), async (stillHeld) => stillHeld())).toBe(true);
  });
});
