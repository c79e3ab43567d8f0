import { nameParts } from './names.ts';

/** From here on a timeout outlives what it is to guard. */
const LONG_SECONDS = 4 * 3600;

const UNIT_SECONDS: Readonly<Record<string, number>> = {
  ...{ ms: 0.001, msec: 0.001, msecs: 0.001, millis: 0.001, millisecond: 0.001, milliseconds: 0.001 },
  ...{ s: 1, sec: 1, secs: 1, second: 1, seconds: 1 },
  ...{ m: 60, min: 60, mins: 60, minute: 60, minutes: 60 },
  ...{ h: 3600, hr: 3600, hrs: 3600, hour: 3600, hours: 3600 },
  ...{ d: 86_400, day: 86_400, days: 86_400, w: 604_800, week: 604_800, weeks: 604_800 },
};

/** Bare numbers that are seconds also where milliseconds are usual: hours, and nobody waits for 86.4 s. */
const KNOWN_SECONDS = new Set([14_400, 21_600, 28_800, 43_200, 86_400, 172_800, 259_200, 604_800]);

/**
 * Whether a duration is 4 h or more. A unit in it counts first, then the one that is known, then what such a number usually means.
 *
 * @param text - `24h`, `86400`, `86_400`, `24 * 60 * 60`, `1440 min`.
 * @param unit - what a number without one is in.
 * @example isLong('1440', 'minutes') // true
 */
export function isLong(text: string, unit: Unit): boolean {
  const written = text.trim().replace(/(?<=\d)_(?=\d)/g, '');
  if (written.length > 60) return false;
  const product = /^\(*[\w.]+(?:\s*\*\s*[\w.]+)*\)*$/.test(written) ? productOf(written) : undefined;
  if (product) {
    const { number, seconds, isProduct } = product;
    if (seconds !== undefined) return number * seconds >= LONG_SECONDS;
    if (unit !== 'seconds?' && unit !== 'milliseconds?') return number * (UNIT_SECONDS[unit] ?? 1) >= LONG_SECONDS;
    return isLongBare(number, unit, isProduct);
  }
  return sumOf(written) >= LONG_SECONDS;
}

/** Seconds that `sleep` and `timeout` understand by a text; undefined where it is no number. */
export function secondsIn(text: string): number | undefined {
  if (/^(?:infinity|inf)$/.test(text)) return Number.POSITIVE_INFINITY;
  if (text.length > 60) return undefined;
  const product = /^[\w.\s()*]+$/.test(text) ? productOf(text) : undefined;
  if (product) return product.number * (product.seconds ?? 1);
  return sumOf(text) || undefined;
}

/** What a shell calculates or falls back to: `$((24*3600))`, `${TIMEOUT:-86400}`, `$((SECONDS + 86400))`. */
export function plainDuration(text: string): string {
  const fallback = /^\$\{\w+:?[-=]([^{}]{1,60})\}$/.exec(text)?.[1] ?? text;
  const calculated = /^\$\(\((.{1,100})\)\)$/.exec(fallback)?.[1];
  if (calculated === undefined) return fallback;
  return calculated.slice(calculated.lastIndexOf('+') + 1);
}

/** What a number is in: known, or only usual where it stands. */
export type Unit = 'milliseconds' | 'seconds' | 'minutes' | 'hours' | 'days' | 'seconds?' | 'milliseconds?';

/** The unit that a name ends with: `timeoutMs`, `TIMEOUT_HOURS`, `timeout-minutes`. */
export function unitIn(name: string, otherwise: Unit): Unit {
  const words = nameParts(name);
  for (const [at, word] of [...words.entries()].toReversed()) {
    const seconds = word.length > 1 || word === 's' ? UNIT_SECONDS[word] : undefined;
    // `minTimeout` is the least one.
    if (seconds === undefined || (at === 0 && word === 'min' && words.length > 1)) continue;
    if (seconds < 1) return 'milliseconds';
    return seconds === 1 ? 'seconds' : seconds === 60 ? 'minutes' : seconds === 3600 ? 'hours' : 'days';
  }
  return otherwise;
}

/**
 * Whether a name is one for a time limit of work: `timeout`, `maxRuntime`, `DEADLINE`; not for what is kept or
 * repeated: `cacheTimeout`.
 */
export function namesTimeout(name: string): boolean {
  if (!/time|deadline|max|limit|wall/i.test(name)) return false; // most names, at less cost
  const parts = nameParts(name);
  if (parts.some((word) => KEPT.has(word))) return false;
  const joined = ` ${parts.join(' ')} `;
  return / (?:timeouts?|time ?out|time ?limit|deadline|run ?time ?max|max ?(?:run ?time|run|duration|wait|time|seconds|secs|minutes|hours)|hard ?limit|wall ?time) /.test(
    joined,
  );
}

/** Whether a name tells of what is kept, repeated or written, where a day is nothing unusual. */
export function namesKept(name: string): boolean {
  return ANY_KEPT.test(name) && nameParts(name).some((word) => KEPT.has(word));
}

/** Whether a name is one for how long something has run: `elapsed`, `$SECONDS`, `waited`. */
export function namesTimeGone(name: string): boolean {
  const words = nameParts(name);
  // `total_seconds` and `age_seconds` may be of anything.
  return words.some((word) => /^(?:elapsed|runtime|running|waited|waiting)$/.test(word)) || words.join() === 'seconds';
}

/** Whether a name is one for when something began: `started`, `startTime`, `t0`. */
export function namesStart(name: string): boolean {
  return nameParts(name).some((word) => /^(?:start|started|begin|began|begun|launched|t0)$/.test(word));
}

const KEPT = new Set(
  'cache cached caches caching ttl retention retain redis memcache cookie cookies token tokens jwt otp cert certificate refresh interval schedule cron backup rotate rotation format fmt date datetime invite link signed presigned'.split(
    ' ',
  ),
);

/** Most names have none of them, and this costs less. */
const ANY_KEPT = new RegExp([...KEPT].join('|'), 'i');

function productOf(text: string): { number: number; seconds: number | undefined; isProduct: boolean } | undefined {
  let number = 1;
  let seconds: number | undefined;
  const factors = text.replace(/[()\s]/g, '').split('*');
  for (const factor of factors) {
    if (/^\d+(?:\.\d+)?(?:e\d{1,2})?$/.test(factor)) number *= Number(factor);
    else {
      // `24 * HOUR`, `DAY_MS`: a name for a unit, which says what the product comes to.
      const named = /^[A-Za-z_]+$/.test(factor) ? namedUnit(factor) : undefined;
      // `hours * 3600`: not a unit, but how many.
      const isCount =
        /s$/i.test(factor) && factors.some((other) => /^(?:60|1000|3_?600|60_?000|3_?600_?000)$/.test(other));
      if (named === undefined || seconds !== undefined || isCount) return undefined;
      seconds = named;
    }
  }
  return { number, seconds, isProduct: factors.length > 1 };
}

function namedUnit(name: string): number | undefined {
  const large = nameParts(name)
    .map((word) => (word.length > 1 ? (UNIT_SECONDS[word] ?? 0) : 0))
    .filter((seconds) => seconds >= 60);
  return large.length === 1 ? large[0] : undefined;
}

function isLongBare(number: number, unit: Unit, isProduct: boolean): boolean {
  const isMilliseconds = number % 3_600_000 === 0 && number >= LONG_SECONDS * 1000;
  if (isMilliseconds) return true;
  if (unit === 'milliseconds?') return KNOWN_SECONDS.has(number) || (number >= LONG_SECONDS * 1000 && isProduct);
  if (isProduct) return number >= LONG_SECONDS && number < 10_000_000;
  // 30000 and 180000 are milliseconds to most who write them.
  return number >= LONG_SECONDS && number % 3600 === 0 && !(number >= 90_000 && number % 1000 === 0);
}

/** `24h`, `1d12h`, `1440 min`, `24 hours`. */
function sumOf(text: string): number {
  if (!/^(?:\d+(?:\.\d+)?\s*[A-Za-z]+\s*)+$/.test(text)) return 0;
  let sum = 0;
  for (const [, number, unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)\s*([A-Za-z]+)/g)) {
    const seconds = UNIT_SECONDS[unit.toLowerCase()];
    if (seconds === undefined) return 0;
    sum += Number(number) * seconds;
  }
  return sum;
}
