/** Of the longest bar, in characters. */
const LONGEST = 40;

/**
 * A histogram as text: a line each, from the first bar that is not empty to the last. What is not nothing has a mark at least.
 *
 * @param counted - what each bar stands for, and how many.
 * @returns nothing where all are empty.
 * @example bars([['up to 1m', 1], ['longer', 20]]) // '  up to 1m   1  ##\n  longer    20  ####…'
 */
export function bars(counted: readonly (readonly [label: string, count: number])[]): string {
  const first = counted.findIndex(([, count]) => count > 0);
  const shown = first < 0 ? [] : counted.slice(first, counted.findLastIndex(([, count]) => count > 0) + 1);
  const most = Math.max(...shown.map(([, count]) => count));
  const width = Math.max(...shown.map(([label]) => label.length));
  return shown
    .map(([label, count]) => {
      const mark = '#'.repeat(Math.ceil((count / most) * LONGEST));
      return `  ${label.padEnd(width)}  ${String(count).padStart(String(most).length)}  ${mark}`.trimEnd();
    })
    .join('\n');
}
