import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OutputLog, printedBytes } from '../../../src/store/output-log.ts';
import { putLog } from '../../fixtures/pieces-of-log.ts';

let parent: string;
let directory: string;
let log: OutputLog | undefined;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'agentctl-output-log-'));
  directory = join(parent, 'a');
  mkdirSync(directory);
});
afterEach(() => {
  log?.close();
  log = undefined;
  rmSync(parent, { recursive: true });
});

const open = (...moved: string[]): OutputLog => {
  log = new OutputLog(directory, ...moved);
  return log;
};

/** As far as it goes, from an offset, by reads of so many bytes; `…` stands for what is gone. */
function readOn(from: number, most = 3): string {
  const buffer = Buffer.alloc(most);
  let text = '';
  for (let offset = from; ; ) {
    const { length, at } = log?.read(buffer, offset) ?? { length: 0, at: 0 };
    if (length === 0) return text;
    text += (at > offset ? '…' : '') + buffer.toString('latin1', 0, length);
    offset = at + length;
  }
}

const named = (start: number): string => join(directory, `output.log.${String(start).padStart(15, '0')}`);
const newest = (): string => join(directory, 'output.log');
/** As bin/agent-log does it. */
const rotate = (start: number): void => {
  renameSync(newest(), named(start));
  writeFileSync(newest(), '');
};

describe('a log in pieces', () => {
  test('is one text, from any offset, whatever its pieces', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 40, unit: 'binary-ascii' }),
        fc.array(fc.nat(40), { maxLength: 5 }),
        fc.nat(45),
        fc.integer({ min: 1, max: 9 }),
        (text, cuts, from, most) => {
          putLog(directory, text, cuts);
          const one = open();
          expect(readOn(from, most)).toBe(text.slice(from));
          expect(one.extent()).toEqual({ begin: 0, end: text.length });
          expect(one.tail(from).toString('latin1')).toBe(from === 0 ? '' : text.slice(-from));
          expect(printedBytes(directory)).toBe(text.length);
          one.close();
          log = undefined;
        },
      ),
      { numRuns: 150 },
    );
  });

  test('goes on where its first pieces, or one in the midst, are gone', () => {
    putLog(directory, '0123456789abcdef', [4, 8, 12, 14]);
    rmSync(named(0));
    expect(open().extent()).toEqual({ begin: 4, end: 16 });
    expect([readOn(0), readOn(5)]).toEqual(['…456789abcdef', '56789abcdef']);
    rmSync(named(8));
    // What is open is read whole.
    expect(readOn(5)).toBe('567…cdef');
    expect(log?.readAll(5, 16).toString()).toBe('567');
    expect(log?.extent()).toEqual({ begin: 4, end: 16 });
  });

  test('may rotate while it is read, also between the last byte and the look for more', () => {
    putLog(directory, '0123', []);
    open();
    expect(readOn(0)).toBe('0123');
    appendFileSync(newest(), '45');
    rotate(0);
    expect(readOn(4)).toBe('45');
    appendFileSync(newest(), '67');
    rotate(6);
    rotate(8);
    appendFileSync(newest(), '89');
    expect(readOn(6)).toBe('6789');
    expect(printedBytes(directory)).toBe(10);
  });

  test('is read also in the moment when the newest piece is not there yet', () => {
    putLog(directory, '0123', [2]);
    open();
    expect(readOn(0)).toBe('0123');
    renameSync(newest(), named(2));
    expect([readOn(2), readOn(4), printedBytes(directory)]).toEqual(['23', '', 4]);
    writeFileSync(newest(), '4');
    expect(readOn(4)).toBe('4');
  });

  test('is read whole of a piece that was removed while it was open', () => {
    putLog(directory, '0123456789', [4, 8, 9]);
    open();
    const buffer = Buffer.alloc(2);
    log?.read(buffer, 0);
    rmSync(named(0));
    rmSync(named(4));
    expect(readOn(2)).toBe('23…89');
  });

  test('is followed to the archive, and not to another of its name', () => {
    const archived = join(parent, 'archived');
    putLog(directory, '0123', []);
    open(archived);
    expect(readOn(0)).toBe('0123');
    renameSync(directory, archived);
    mkdirSync(directory);
    putLog(directory, 'another’s', [2]);
    const here = directory;
    directory = archived;
    appendFileSync(newest(), '45');
    rotate(0);
    appendFileSync(newest(), '67');
    expect(readOn(4)).toBe('4567');
    directory = here;
    rmSync(archived, { recursive: true });
    expect([readOn(6), readOn(8), log?.extent()]).toEqual(['67', '', { begin: 0, end: 0 }]);
  });

  test('is none where nothing is, or something else; then nothing was printed', () => {
    expect(open).toThrow('ENOENT');
    expect(printedBytes(directory)).toBe(0);
    symlinkSync('output.log', newest());
    expect(open).toThrow('ELOOP');
    expect(printedBytes(directory)).toBe(0);
    rmSync(newest());
    symlinkSync('/dev/zero', newest());
    expect(open).toThrow('not a plain file');
    expect(printedBytes(join(directory, 'gone'))).toBe(0);
  });

  test('is what is left of it where odd things stand in its pieces’ places', () => {
    putLog(directory, '0123456789', [4, 8]);
    rmSync(named(4));
    mkdirSync(named(4));
    symlinkSync('/dev/zero', named(6));
    writeFileSync(join(directory, 'output.log.5'), 'no piece');
    open();
    expect(readOn(0)).toMatch(/^0123…/);
  });
});
