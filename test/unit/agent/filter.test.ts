import { describe, expect, test } from 'vitest';
import { parseFilters } from '../../../src/agent/filter.ts';
import { InvalidInput } from '../../../src/agent/invalid-input.ts';
import type { Status } from '../../../src/agent/status.ts';

const RUNNING: Pick<Status, 'phase' | 'result'> = { phase: 'running', result: null };
const FAILED: Pick<Status, 'phase' | 'result'> = { phase: 'ended', result: 'failed' };

describe('filters', () => {
  test.each<[string[], Record<string, string>, typeof RUNNING, boolean]>([
    [[], {}, RUNNING, true],
    [['phase=running'], {}, RUNNING, true],
    [['phase=running'], {}, FAILED, false],
    [['phase=running', 'phase=ended'], {}, FAILED, true],
    [['result=failed'], {}, FAILED, true],
    [['result=failed'], {}, RUNNING, false],
    [['phase=ended', 'result=succeeded'], {}, FAILED, false],
    [['result=succeeded', 'result=failed', 'phase=ended'], {}, FAILED, true],
    [['label=job'], { job: '' }, RUNNING, true],
    [['label=job'], {}, RUNNING, false],
    [['label=job=7'], { job: '7' }, RUNNING, true],
    [['label=job=7'], { job: '8' }, RUNNING, false],
    [['label=job='], { job: '' }, RUNNING, true],
    [['label=job='], { job: '7' }, RUNNING, false],
    [['label=q=a=b'], { q: 'a=b' }, RUNNING, true],
    [['label=job=7', 'label=job=8'], { job: '8' }, RUNNING, true],
    [['label=job=7', 'label=team=x'], { job: '7' }, RUNNING, false],
    [['label=job', 'label=team'], { job: '7' }, RUNNING, false],
    [['label=job', 'label=team'], { job: '7', team: 'x' }, RUNNING, true],
    [['label=job', 'label=job=8'], { job: '7' }, RUNNING, false],
    [['label=constructor'], {}, RUNNING, false],
    // A label may be called like another kind of filter, and is none the less a kind of its own.
    [['label=phase', 'phase=running'], {}, RUNNING, false],
    [['label=phase', 'phase=running'], { phase: 'x' }, FAILED, false],
    [['label=phase', 'phase=running'], { phase: 'x' }, RUNNING, true],
    [['label=result', 'result=failed'], {}, FAILED, false],
  ])('%j of %j that is %j: %s', (texts, labels, status, passes) => {
    expect(parseFilters(texts)(labels, status)).toBe(passes);
  });

  test.each([
    '',
    'phase',
    'phase=',
    'phase=runing',
    'result=0',
    'label=',
    'label',
    'label==7',
    'name=a',
    'PHASE=ended',
  ])('%j is none, and the message names those that are', (text) => {
    expect(() => parseFilters([text])).toThrow(InvalidInput);
    expect(() => parseFilters([text])).toThrow(/^--filter: .* write phase=queued\|.*result=succeeded\|.*label=KEY/);
  });

  test.each(['queued', 'starting', 'running', 'waiting', 'done', 'stopping', 'ended', 'unknown'] as const)(
    'the phase %s can be asked for',
    (phase) => {
      expect(parseFilters([`phase=${phase}`])({}, { phase, result: null })).toBe(true);
    },
  );

  test.each(['succeeded', 'failed', 'signaled', 'timed-out', 'idled-out', 'stopped', 'lost'] as const)(
    'the result %s can be asked for',
    (result) => {
      expect(parseFilters([`result=${result}`])({}, { phase: 'ended', result })).toBe(true);
    },
  );
});
