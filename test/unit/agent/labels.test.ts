import { describe, expect, test } from 'vitest';
import { InvalidInput } from '../../../src/agent/invalid-input.ts';
import { parseLabels } from '../../../src/agent/labels.ts';

describe('labels', () => {
  test.each<[string[], Record<string, string>]>([
    [[], {}],
    [['job=7'], { job: '7' }],
    [['a=1', 'b=2'], { a: '1', b: '2' }],
    [['a=1', 'a=2'], { a: '2' }],
    [['empty='], { empty: '' }],
    [['url=http://x/?a=b'], { url: 'http://x/?a=b' }],
    [['team.example/owner=Zoë 🦊'], { 'team.example/owner': 'Zoë 🦊' }],
    [[`${'k'.repeat(63)}=${'v'.repeat(256)}`], { ['k'.repeat(63)]: 'v'.repeat(256) }],
  ])('%j are read', (texts, labels) => {
    expect(parseLabels(texts, '--label')).toEqual(labels);
  });

  test('may be called like a part of every object', () => {
    expect(Object.keys(parseLabels(['constructor=1', 'toString=2'], '-l'))).toEqual(['constructor', 'toString']);
  });

  test.each([
    ['without =', 'job'],
    ['empty', ''],
    ['without a key', '=7'],
    ['with a space in its key', 'a b=1'],
    ['whose key begins with a dash', '-a=1'],
    ['whose key is a prototype', '__proto__=1'],
    ['whose key is too long', `${'k'.repeat(64)}=1`],
    ['whose value is too long', `k=${'v'.repeat(257)}`],
    ['with a line break', 'k=a\nb'],
    ['with an escape', 'k=\x1b[2J'],
    ['with an 8-bit control', 'k=\x9b2J'],
    ['with a DEL', 'k=\x7f'],
  ])('one %s is refused', (_, text) => {
    expect(() => parseLabels(['ok=1', text], '--label')).toThrow(InvalidInput);
    expect(() => parseLabels(['ok=1', text], '--label')).toThrow(`--label: ${JSON.stringify(text)} is not a label`);
  });
});
