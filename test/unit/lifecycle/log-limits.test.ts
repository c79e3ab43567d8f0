import { expect, test } from 'vitest';
import { piecesKept } from '../../../src/lifecycle/log-capture.ts';
import { settings } from '../../../src/lifecycle/settings.ts';

const MIB = 1024 ** 2;

test.each([
  [undefined, undefined, 64 * MIB, 1024 * MIB, 16],
  ['', '', 64 * MIB, 1024 * MIB, 16],
  ['4096', '8192', 4096, 8192, 2],
  ['64KiB', '200KiB', 65_536, 204_800, 3],
  [undefined, 'none', 64 * MIB, 0, 0],
  [undefined, '0', 64 * MIB, 0, 0],
  ['1GiB', '5TiB', 1024 * MIB, 5 * 1024 ** 4, 5120],
])('pieces of %s in a total of %s', (piece, total, pieceBytes, totalBytes, kept) => {
  const limits = settings({ XDG_CONFIG_HOME: '/nowhere', AGENTCTL_LOG_PIECE: piece, AGENTCTL_LOG_TOTAL: total }).logs;
  expect(limits).toEqual({ pieceBytes, totalBytes });
  expect(piecesKept(limits)).toBe(kept);
});

test.each([
  ['none', undefined, /^AGENTCTL_LOG_PIECE: a piece of none is not possible/],
  ['4095', undefined, /^AGENTCTL_LOG_PIECE: a piece of 4 KiB is not possible/],
  ['2GiB', undefined, /^AGENTCTL_LOG_PIECE: a piece of 2 GiB is not possible/],
  ['much', undefined, /^AGENTCTL_LOG_PIECE: "much" is not a size/],
  [undefined, '100MiB', /^AGENTCTL_LOG_TOTAL: 100 MiB is less than two pieces of 64 MiB/],
  [undefined, '-5', /^AGENTCTL_LOG_TOTAL: "-5" is not a size/],
])('a piece of %s in a total of %s is refused', (piece, total, sentence) => {
  expect(
    () => settings({ XDG_CONFIG_HOME: '/nowhere', AGENTCTL_LOG_PIECE: piece, AGENTCTL_LOG_TOTAL: total }).logs,
  ).toThrow(sentence);
});
