import { expect, test } from 'vitest';
import { lineOfKey, whereNoJson } from '../../../src/agent/json-line.ts';

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

test.each([
  ['{"a": off}', 'off}'],
  ["{\n'a': 1}", "'a': 1}"],
  ['{"a": True, "b": 1}', 'True, "b": 1}'],
  ['{"a": trux}', 'x}'],
  ['{"a": 5m}', 'm}'],
  ['{"a": 01}', '1}'],
  ['{"a": [1,\n]}', ']}'],
  ['{"a": 1\n "b": 2}', '"b": 2}'],
  ['{"a": "\\x"}', 'x"}'],
  ['{"a": "b\n"}', '\n"}'],
  ['{} x', 'x'],
  ['// a remark\n{}', '// a remark\n{}'],
  ['{"a": }', '}'],
  // Its end is where it is wrong.
  ['{"a": 1\n\n', '1\n\n'],
  ['{"a": "b', 'b'],
  ['', ''],
])('%j is no JSON from %j on', (text, rest) => {
  expect(text.slice(whereNoJson(text))).toBe(rest);
});
