import { describe, expect, test } from 'vitest';
import { attentionOf, holds, inOrder, type Order, type TopRow } from '../../../../src/view/top/attention.ts';
import { agent, at, ENDED, NOW, WAITS } from './rows.ts';

const QUIET = { resources: null, lastOutputAt: at(-1000) } as const;

describe('what an agent needs a person for', () => {
  test.each<[string, Partial<TopRow>, string]>([
    ['works', {}, 'works'],
    ['starts', { phase: 'starting', startedAt: null, deadline: null, lastOutputAt: null }, 'works'],
    ['waits', WAITS, 'waits'],
    ['waits, and is near its cap', { ...WAITS, deadline: at(10) }, 'waits'],
    ['five minutes before its cap', { deadline: at(299), startedAt: at(-3301) }, 'near its cap'],
    ['a moment earlier', { deadline: at(301), startedAt: at(-3299) }, 'works'],
    ['a short cap, of which a tenth is left', { startedAt: at(-91), deadline: at(9) }, 'near its cap'],
    ['a short cap, of which more is left', { startedAt: at(-89), deadline: at(11) }, 'works'],
    ['past its cap, as its watchdog is about to act', { deadline: at(-5) }, 'near its cap'],
    ['no cap', { deadline: null }, 'works'],
    ['quiet for half of max idle', QUIET, 'idle'],
    ['quiet, and busy', { ...QUIET, resources: { cpuPercent: 1, memoryBytes: 1, processes: 1, at: at(0) } }, 'works'],
    ['quiet, and may be', { ...QUIET, limits: null }, 'works'],
    ['never a word since its start', { resources: null, lastOutputAt: null, startedAt: at(-1000) }, 'idle'],
    ['done', { phase: 'done', deadline: at(5) }, 'done'],
    ['ended', ENDED, 'ended'],
    ['unknown', { phase: 'unknown' }, 'unknown'],
  ])('%s', (_, change, expected) => {
    expect(attentionOf(agent(change), NOW)).toBe(expected);
  });
});

const FLEET = [
  agent({ name: 'ended', ...ENDED }),
  agent({ name: 'works', startedAt: at(-50), resources: { cpuPercent: 90, memoryBytes: 5, processes: 1, at: at(0) } }),
  agent({ name: 'idle-less', resources: null, lastOutputAt: at(-1000) }),
  agent({ name: 'idle-long', resources: null, lastOutputAt: at(-1500) }),
  agent({ name: 'waits-less', ...WAITS, report: { ...WAITS.report, at: at(-10) } }),
  agent({ name: 'waits-long', ...WAITS }),
  agent({ name: 'cap-soon', startedAt: at(-7000), deadline: at(20) }),
  agent({ name: 'cap-sooner', startedAt: at(-7000), deadline: at(10) }),
];

test.each<[Order, string]>([
  ['attention', 'waits-long waits-less cap-sooner cap-soon idle-long idle-less works ended'],
  ['name', 'cap-soon cap-sooner ended idle-less idle-long waits-less waits-long works'],
  ['cpu', 'works ended waits-less waits-long cap-soon cap-sooner idle-less idle-long'],
  ['memory', 'ended waits-less waits-long cap-soon cap-sooner works idle-less idle-long'],
  ['runtime', 'cap-soon cap-sooner idle-less idle-long waits-less waits-long ended works'],
])('in the order of %s', (order, expected) => {
  expect(
    inOrder(FLEET, order, NOW)
      .map(({ name }) => name)
      .join(' '),
  ).toBe(expected);
});

test.each<[string, boolean]>([
  ['FIX', true],
  ['make', true],
  ['/work', true],
  ['job=7', true],
  ['bash', true],
  ['waiting', true],
  ['claude', false],
])('a filter %s finds it: %s', (text, found) => {
  expect(holds(agent({ ...WAITS, labels: { job: '7' } }), text)).toBe(found);
});
