import { InvalidInput } from './invalid-input.ts';

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};

/**
 * Reads a size: `64MiB`, `1GiB`, a bare number of bytes, or `none`.
 *
 * @returns bytes; 0 for `none`.
 * @throws {InvalidInput} when it is none of these.
 * @example parseSize('64MiB', 'logs.piece') // 67_108_864
 */
export function parseSize(text: string, where: string): number {
  if (text === 'none') return 0;
  const [, count, unit = ''] = /^(\d{1,15})([KMGT]iB|B)?$/.exec(text) ?? [];
  const bytes = Number(count) * (UNITS[unit] ?? Number.NaN);
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new InvalidInput(
    `${where}: ${JSON.stringify(text)} is not a size: write 64MiB, 1GiB, a number of bytes, or none`,
  );
}
