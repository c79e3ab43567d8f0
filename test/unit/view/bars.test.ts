import { expect, test } from 'vitest';
import { bars } from '../../../src/view/bars.ts';

test('a histogram begins and ends with what is not empty, and shows what is little', () => {
  const counted: [string, number][] = [
    ['up to 10s', 0],
    ['up to 1m', 1],
    ['up to 5m', 0],
    ['up to 1h', 1000],
    ['longer', 500],
    ['never', 0],
  ];
  expect(bars(counted).split('\n')).toEqual([
    `  up to 1m     1  #`,
    `  up to 5m     0`,
    `  up to 1h  1000  ${'#'.repeat(40)}`,
    `  longer     500  ${'#'.repeat(20)}`,
  ]);
});

test('a histogram of nothing is nothing', () => {
  expect(bars([['up to 10s', 0]])).toBe('');
  expect(bars([])).toBe('');
});
