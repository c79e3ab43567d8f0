import { expect, test } from 'vitest';
import { InvalidInput } from '../../../src/agent/invalid-input.ts';
import { formatSize, parseSize } from '../../../src/agent/size.ts';

test.each([
  ['0', null],
  ['none', null],
  ['0MiB', null],
  ['1', 1],
  ['4096B', 4096],
  ['64KiB', 65_536],
  ['64MiB', 67_108_864],
  ['1GiB', 1_073_741_824],
  ['2TiB', 2_199_023_255_552],
  ['999999999999999', 999_999_999_999_999],
])('reads %s', (text, bytes) => {
  expect(parseSize(text, 'x')).toBe(bytes);
});

test.each([
  '',
  ' ',
  '64 MiB',
  '64MB',
  '64mib',
  '-1',
  '1.5GiB',
  '0x10',
  '1e3',
  'MiB',
  '99999999TiB',
  '9'.repeat(20),
  'None',
])('refuses %j in a sentence', (text) => {
  expect(() => parseSize(text, 'logs.piece')).toThrow(InvalidInput);
  expect(() => parseSize(text, 'logs.piece')).toThrow(
    `logs.piece: ${JSON.stringify(text)} is not a size: write 64MiB, 1GiB, a number of bytes, or none`,
  );
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [65_536, '64 KiB'],
  [67_108_864, '64 MiB'],
  [1_610_612_736, '1.5 GiB'],
  [2 ** 53 - 1, '8192 TiB'],
])('writes %i', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});
