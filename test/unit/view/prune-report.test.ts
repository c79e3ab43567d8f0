import { expect, test } from 'vitest';
import { byteSize } from '../../../src/view/byte-size.ts';
import { pruneLine, pruneSum } from '../../../src/view/prune-report.ts';

const ONE = { name: 'fix', runId: 'run00001', endedAtMs: 1_000_000, bytes: 1536 };

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [1024 * 1024 - 1, '1.0 MiB'],
  [5.25 * 1024 ** 3, '5.3 GiB'],
  [3000 * 1024 ** 4, '3000.0 TiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(byteSize(bytes)).toBe(text);
});

test('one agent is a line, all of them a sum', () => {
  expect(pruneLine(ONE, ONE.endedAtMs + 90_000_000)).toBe('fix.run00001  ended 1d1h ago  1.5 KiB');
  expect(pruneLine(ONE, 0)).toBe('fix.run00001  ended in the future  1.5 KiB');
  expect(pruneSum([], false)).toBe('0 agents removed, 0 B');
  expect(pruneSum([ONE], false)).toBe('1 agent removed, 1.5 KiB');
  expect(pruneSum([ONE, ONE], true)).toBe('2 agents would be removed, 3.0 KiB');
});
