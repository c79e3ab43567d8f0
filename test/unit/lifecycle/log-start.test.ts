import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endMark } from '../../../src/agent/end-mark.ts';
import { LONGEST_LINE_BYTES, offsetAt, offsetOfLastLines, offsetSince } from '../../../src/lifecycle/log-start.ts';
import type { Observed } from '../../../src/lifecycle/observe.ts';
import { OutputLog } from '../../../src/store/output-log.ts';
import { putLog } from '../../fixtures/pieces-of-log.ts';

const RUN_ID = '0mh2k3x4yabcdefgh';
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'agentctl-log-start-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** @param cuts - where pieces of the log begin. */
function lastLines(text: string, lines: number, cuts: readonly number[] = []): ReturnType<typeof offsetOfLastLines> {
  putLog(directory, text, cuts);
  const log = new OutputLog(directory);
  try {
    return offsetOfLastLines(log, lines, RUN_ID);
  } finally {
    log.close();
  }
}

describe('where the last lines begin', () => {
  test('is found in any text, with the end mark and without, in any pieces', () => {
    const text = fc.array(fc.constantFrom('a', 'b'.repeat(40_000), '\r\n', '\n'), { maxLength: 12 });
    fc.assert(
      fc.property(
        text,
        fc.nat(6),
        fc.boolean(),
        fc.array(fc.nat(90_000), { maxLength: 3 }),
        (parts, lines, marked, cuts) => {
          const log = parts.join('');
          const expected = log
            .replace(/\n$/, '')
            .split('\n')
            .slice(lines === 0 ? Infinity : -lines)
            .join('\n');
          const { offset, inLine } = lastLines(marked ? log + endMark(RUN_ID) : log, lines, cuts);
          expect(log.slice(offset).replace(/\n$/, '')).toBe(expected);
          expect(inLine).toBe(false);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('is not looked for further back than the longest line', () => {
    const log = `first\n${'x'.repeat(3 * LONGEST_LINE_BYTES)}\nlast\n`;
    const { offset, inLine } = lastLines(log, 2);
    expect(inLine).toBe(true);
    expect(log.length - offset).toBeGreaterThanOrEqual(LONGEST_LINE_BYTES);
    expect(log.length - offset).toBeLessThan(1.2 * LONGEST_LINE_BYTES);
    expect(lastLines(log, 1)).toEqual({ offset: log.length - 5, inLine: false });
  });
});

describe('where a time is in a log', () => {
  const at = (uptimeSeconds: number): number => {
    const started = { state: 'there', value: { startedAtMs: 0, uptimeMs: 0 } };
    return offsetAt({ directory, evidence: { files: { started } } } as unknown as Observed, uptimeSeconds * 1000);
  };
  const index = (lines: readonly (readonly [number, number])[]) =>
    writeFileSync(join(directory, 'output.times'), lines.map((line) => `${line.join(' ')}\n`).join(''));

  test('is what the last line before it says, wherever that is', () => {
    const steps = fc.array(fc.tuple(fc.nat(100_000), fc.nat(10 ** 9)), { maxLength: 40 });
    fc.assert(
      fc.property(steps, fc.nat(3_000_000), (given, time) => {
        const lines: [number, number][] = [];
        for (const [seconds, bytes] of given) {
          const [before, length] = lines.at(-1) ?? [0, 0];
          lines.push([before + 1 + seconds, length + bytes]);
        }
        index(lines);
        expect(at(time)).toBe(lines.findLast(([seconds]) => seconds <= time)?.[1] ?? 0);
      }),
    );
  });

  test('counts what is in the pieces before, beyond 32 bits too', () => {
    writeFileSync(
      join(directory, 'output.times'),
      '1.00 7\n2.00 5 000000000000000 10\n3.00 0 000005000000000 67108864\n',
    );
    expect([1, 2, 3].map(at)).toEqual([7, 15, 5_067_108_864]);
  });

  test('is the beginning where nothing is known', () => {
    rmSync(join(directory, 'output.times'), { force: true });
    expect(at(5)).toBe(0);
    writeFileSync(join(directory, 'output.times'), '\0'.repeat(10_000));
    expect(at(5)).toBe(0);
  });

  test('is its end where an ended agent has written nothing since', () => {
    putLog(directory, 'one\ntwo\n', [4]);
    rmSync(join(directory, 'output.times'), { force: true });
    utimesSync(join(directory, 'output.log'), 100, 100);
    const log = new OutputLog(directory);
    const since = (phase: string, seconds: number): number => {
      const evidence = { files: { started: { state: 'absent' } } };
      return offsetSince(log, { directory, evidence, status: { phase } } as unknown as Observed, seconds * 1000);
    };
    expect([since('ended', 99), since('ended', 101), since('running', 101)]).toEqual([0, 8, 0]);
    log.close();
  });
});
