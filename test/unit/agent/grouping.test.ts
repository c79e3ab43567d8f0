import { describe, expect, test } from 'vitest';
import type { Fate } from '../../../src/agent/fate.ts';
import { formatGrouping, type Grouping, groupsOf, parseGrouping } from '../../../src/agent/grouping.ts';
import { InvalidInput } from '../../../src/agent/invalid-input.ts';

describe('what to group by', () => {
  test.each<[string, Grouping]>([
    ['label', { by: 'label' }],
    ['label=job', { by: 'label', key: 'job' }],
    ['label=a/b.c-d', { by: 'label', key: 'a/b.c-d' }],
    ['agent', { by: 'agent' }],
    ['cwd', { by: 'cwd' }],
  ])('is read from %s, and written back', (text, grouping) => {
    expect(parseGrouping(text, '--by')).toEqual(grouping);
    expect(formatGrouping(grouping)).toBe(text);
  });

  test.each([
    ['', 'write label, label=KEY, agent or cwd'],
    ['result', 'write label, label=KEY, agent or cwd'],
    ['labels', 'did you mean label?'],
    ['agnet', 'did you mean agent?'],
    ['lable=job', 'did you mean label?'],
    ['agent=claude', 'did you mean agent?'],
    ['cwd=', 'did you mean cwd?'],
    ['label=', `is no label's key`],
    ['label=a=b', `is no label's key`],
    ['toString', 'write label, label=KEY, agent or cwd'],
  ])('is not %j', (text, problem) => {
    expect(() => parseGrouping(text, '--by')).toThrow(InvalidInput);
    expect(() => parseGrouping(text, '--by')).toThrow(problem);
  });
});

describe('groups', () => {
  type Made = { name: string; origin: Fate['origin'] };
  const made = (name: string, labels: Record<string, string>, profile?: string, cwd = '/a'): Made => ({
    name,
    origin: { labels, profile, cwd },
  });
  const AGENTS: Made[] = [
    made('1', { job: '7' }, 'claude'),
    made('2', { job: '7', team: 'x' }),
    made('3', { job: '10' }, 'codex', '/b'),
    made('4', {}, 'claude', '/b'),
    made('5', { team: '' }, 'claude', '/b'),
    { name: '6', origin: undefined },
  ];
  const groups = (by: string, agents = AGENTS) =>
    groupsOf(agents, parseGrouping(by, '--by')).map(({ group, kind, members }) => [
      kind === 'named' ? group : kind,
      members.map(({ name }) => name).join(''),
    ]);

  test('by label are of each key and value, and who has two is in both', () => {
    expect(groups('label')).toEqual([
      ['job=7', '12'],
      ['job=10', '3'],
      ['team=', '5'],
      ['team=x', '2'],
      ['none', '4'],
      ['unknown', '6'],
    ]);
  });

  test('by one label are of its values, an empty one too', () => {
    expect(groups('label=team')).toEqual([
      ['none', '134'],
      ['', '5'],
      ['x', '2'],
      ['unknown', '6'],
    ]);
  });

  test('by agent put together those that were given a command', () => {
    expect(groups('agent')).toEqual([
      ['claude', '145'],
      ['codex', '3'],
      ['none', '2'],
      ['unknown', '6'],
    ]);
  });

  test('by folder are the largest first, those of one size by their names', () => {
    expect(groups('cwd')).toEqual([
      ['/b', '345'],
      ['/a', '12'],
      ['unknown', '6'],
    ]);
    expect(groups('cwd', [made('1', {}, undefined, '/z'), made('2', {}, undefined, '/a')])).toEqual([
      ['/a', '2'],
      ['/z', '1'],
    ]);
  });

  test('are told apart by what labels are called like what every object has', () => {
    const label = JSON.parse('{"__proto__":"a","constructor":"b"}') as Record<string, string>;
    expect(groups('label', [made('1', label)])).toEqual([
      ['__proto__=a', '1'],
      ['constructor=b', '1'],
    ]);
    expect(groups('label=constructor', [made('1', {})])).toEqual([['none', '1']]);
  });

  test('of nobody are none', () => {
    expect(groups('cwd', [])).toEqual([]);
  });
});
