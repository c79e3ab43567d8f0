import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nearest } from '../../../src/agent/nearest.ts';

describe('the nearest candidate', () => {
  test.each<[string, string, string[], string | undefined]>([
    ['a letter missing', 'helo', ['world', 'hello'], 'hello'],
    ['a letter too many', 'stopp', ['start', 'stop'], 'stop'],
    ['a wrong letter', 'pz', ['ps', 'rm'], 'ps'],
    ['two letters swapped, which is one mistake', 'sp', ['run', 'ps'], 'ps'],
    ['the beginning of a long one', 'insp', ['ps', 'inspect'], 'inspect'],
    ['two mistakes in six letters', 'stauts', ['status'], 'status'],
    ['nothing near', 'zebra', ['hello', 'world'], undefined],
    ['two mistakes in three letters', 'abc', ['axy'], undefined],
    ['two letters that begin a long one', 'in', ['inspect'], undefined],
    ['one letter in common, in another place', 'ab', ['ca'], undefined],
    ['no candidates', 'hello', [], undefined],
    ['the first of two that are equally near', 'cat', ['bat', 'rat'], 'bat'],
  ])('%s', (_, text, candidates, found) => {
    expect(nearest(text, candidates)).toBe(found);
  });

  test('is one of the candidates, and the text itself where that is one', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.array(fc.string()), (text, candidates) => {
        const found = nearest(text, candidates);
        expect(found === undefined || candidates.includes(found)).toBe(true);
        expect(nearest(text, [text])).toBe(text);
      }),
    );
  });
});
