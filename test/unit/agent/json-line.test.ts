import { expect, test } from 'vitest';
import { lineOfKey } from '../../../src/agent/json-line.ts';

const TEXT = `
{
  "a": { "b": "a: {",
    "c": [1,
      { "d": 2 },
      "e"
    ] },
  "f":
    3,
  "\\u0067": { }
}`;

test.each([
  [[], 2],
  [['a'], 3],
  [['a', 'b'], 3],
  [['a', 'c'], 4],
  [['a', 'c', '0'], 4],
  [['a', 'c', '1'], 5],
  [['a', 'c', '1', 'd'], 5],
  [['a', 'c', '2'], 6],
  [['f'], 8],
  [['g'], 10],
  // The deepest that is there.
  [['a', 'nowhere'], 3],
  [['nowhere'], 2],
  [['d'], 2],
])('%j is in line %i', (keys, line) => {
  expect(lineOfKey(TEXT, keys)).toBe(line);
});

test('of what is no JSON there is a line all the same', () => {
  expect(lineOfKey('', ['a'])).toBe(1);
  expect(lineOfKey('{"a', ['a'])).toBe(1);
  expect(lineOfKey(']]}', ['a'])).toBe(1);
});
