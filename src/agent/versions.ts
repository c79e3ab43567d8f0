/**
 * Which of two versions is the newer, by their numbers.
 *
 * @returns below 0 where the first is older, above 0 where it is newer.
 * @example compareVersions('0.9.1', '0.10.0') // -1
 */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [numbers(one), numbers(other)];
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}

/** What follows a dash (a pre-release) is not compared. */
function numbers(version: string): number[] {
  return (version.split('-')[0] ?? '').split('.').map((part) => Number.parseInt(part, 10) || 0);
}
