import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openPlain, readText } from '../../../src/store/read-text.ts';
import { folder } from './state.ts';

describe('the text of a file', () => {
  // Around what is read at once, with a character of several bytes across its end.
  test.each([0, 1, 16_382, 16_383, 16_384, 16_385, 100_000])('of %d bytes is read whole', (length) => {
    const path = join(folder(), 'text');
    const text = 'é'.repeat(length);
    writeFileSync(path, text);
    expect(readText(path)).toBe(text);
    writeFileSync(path, `x${text}`);
    expect(readText(path)).toBe(`x${text}`);
  });

  test('is not mixed with that of the file before', () => {
    const path = join(folder(), 'text');
    writeFileSync(path, 'long before');
    const before = readText(path);
    writeFileSync(path, 'new');
    expect([before, readText(path)]).toEqual(['long before', 'new']);
  });

  test.each([
    ['a FIFO', (path: string) => execFileSync('mkfifo', [path]), 'it is not a plain file'],
    ['a folder', (path: string) => mkdirSync(path), 'EISDIR'],
    ['a link to what is endless', (path: string) => symlinkSync('/dev/zero', path), 'it is not a plain file'],
    ['a link to what is always empty', (path: string) => symlinkSync('/dev/null', path), 'it is not a plain file'],
    ['too long', (path: string) => truncateSync(path, 17 * 2 ** 20), 'it is longer than 16 MiB'],
  ])('is none where %s stands in its place', (what, put, problem) => {
    const path = join(folder(), 'text');
    if (what === 'too long') writeFileSync(path, '');
    put(path);
    for (const read of what === 'too long' ? [readText] : [readText, openPlain])
      expect(() => read(path)).toThrow(problem);
  });

  test('is read to its end where its size tells nothing', () => {
    expect(readText('/proc/self/status')).toMatch(/^Name:[\s\S]+nonvoluntary_ctxt_switches:\t\d+\n/);
  });
});
