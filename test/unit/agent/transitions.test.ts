import { describe, expect, test } from 'vitest';
import { statusOf } from '../../../src/agent/status.ts';
import { transitionsOf } from '../../../src/agent/transitions.ts';
import { evidence, exit, report, there } from './evidence.ts';

const toldOf = (...args: Parameters<typeof evidence>) => {
  const seen = evidence(...args);
  return transitionsOf(seen, statusOf(seen)).map(({ event, hooks, cause }) => ({ event, hooks, cause }));
};
const STARTED = { event: 'started', hooks: [], cause: null };

describe('what is told of an agent', () => {
  test('that runs is its start', () => {
    expect(toldOf({})).toEqual([STARTED]);
  });

  test.each([
    ['working', {}, { event: 'reported', hooks: [], cause: 'working' }],
    ['waiting', {}, { event: 'reported', hooks: ['waiting'], cause: 'waiting' }],
    ['done', { status: 'failure' }, { event: 'done', hooks: ['done'], cause: 'failure' }],
    ['done', {}, { event: 'done', hooks: ['done'], cause: 'success' }],
  ] as const)('that reports %s %j', (state, change, told) => {
    expect(toldOf({ report: report(state, 2_000_000, change) })).toEqual([STARTED, told]);
  });

  test('that ended is its end, with its cause', () => {
    const sentinel = there(exit(3));
    expect(toldOf({ sentinel })).toEqual([STARTED, { event: 'ended', hooks: ['ended'], cause: 'natural' }]);
  });

  test('that is lost is that, which whoever waits for an end hears too', () => {
    const sentinel = there(exit(null));
    expect(toldOf({ sentinel })).toEqual([STARTED, { event: 'lost', hooks: ['lost', 'ended'], cause: 'natural' }]);
  });
});
