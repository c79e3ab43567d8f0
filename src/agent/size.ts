import { InvalidInput } from './invalid-input.ts';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
const FORM = /^(\d{1,15})(B|[KMGT]iB)?$/;

/**
 * Reads `64MiB`, `1GiB`, a bare number of bytes, or `none`, which `0` is too.
 *
 * @param where - the variable or key it came from, for the message.
 * @returns bytes, or null for none.
 * @throws {InvalidInput} when it is none of these, or more than a number can hold exactly.
 * @example parseSize('64MiB', 'logs.piece') // 67_108_864
 */
export function parseSize(text: string, where: string): number | null {
  if (text === 'none') return null;
  const [, digits, unit = 'B'] = FORM.exec(text) ?? [];
  const bytes = Number(digits) * 1024 ** UNITS.indexOf(unit as (typeof UNITS)[number]);
  if (!Number.isSafeInteger(bytes)) {
    throw new InvalidInput(
      `${where}: ${JSON.stringify(text)} is not a size: write 64MiB, 1GiB, a number of bytes, or none`,
    );
  }
  return bytes === 0 ? null : bytes;
}

/**
 * Writes a size for people, in the largest unit of which there is one, with one digit where it is no whole number.
 *
 * @example formatSize(1_610_612_736) // '1.5 GiB'
 */
export function formatSize(bytes: number): string {
  let unit = 0;
  while (unit < UNITS.length - 1 && bytes >= 1024 ** (unit + 1)) unit++;
  return `${Number((bytes / 1024 ** unit).toFixed(1))} ${UNITS[unit]}`;
}
