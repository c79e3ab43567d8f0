import { InvalidInput } from './invalid-input.ts';

const UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 } as const;
const FORM = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/;
/** Ten years: past it nobody means it, and shell arithmetic and timers stay exact below it. */
const LONGEST_MS = 3650 * UNITS.d;

/**
 * Reads `90s`, `5m`, `1h30m`, `7d`, a bare number of seconds, or `none`.
 *
 * @param text - what the user wrote.
 * @param where - the flag or key it came from, for the message.
 * @returns milliseconds, or null for `none`.
 * @throws {InvalidInput} when it is none of these.
 * @example parseDuration('1h30m', '--max-runtime') // 5_400_000
 */
export function parseDuration(text: string, where: string): number | null {
  return text === 'none' ? null : parse(text, where, { orNone: true, longest: 'write none for no limit' });
}

/** As {@link parseDuration}, where `none` makes no sense. */
export function parseFiniteDuration(text: string, where: string): number {
  if (text === 'none')
    throw new InvalidInput(`${where}: none is not possible here: write 10s, 5m or a number of seconds`);
  return parse(text, where, { orNone: false, longest: 'write 3650d at most' });
}

function parse(text: string, where: string, advice: { orNone: boolean; longest: string }): number {
  const ms = /^\d+$/.test(text) ? Number(text) * UNITS.s : sumOfUnits(text);
  if (ms === undefined) {
    throw new InvalidInput(
      `${where}: ${JSON.stringify(text)} is not a duration: write 90s, 5m, 1h30m, ${advice.orNone ? 'a number of seconds, or none' : 'or a number of seconds'}`,
    );
  }
  if (ms > LONGEST_MS) throw new InvalidInput(`${where}: ${text} is longer than ten years: ${advice.longest}`);
  return ms;
}

/**
 * Writes a duration for people, in its two largest units.
 *
 * @example formatDuration(5_400_000) // '1h30m'
 */
export function formatDuration(ms: number | null): string {
  if (ms === null) return 'none';
  let rest = Math.max(0, Math.floor(ms / 1000)) * 1000;
  const parts: string[] = [];
  for (const [unit, size] of Object.entries(UNITS)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join('') || '0s';
}

function sumOfUnits(text: string): number | undefined {
  const match = FORM.exec(text);
  if (text === '' || match === null) return undefined;
  return Object.values(UNITS).reduce((sum, size, index) => sum + Number(match[index + 1] ?? 0) * size, 0);
}
