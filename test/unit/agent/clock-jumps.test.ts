import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { currentSample, idlenessOf, remember } from '../../../src/agent/activity.ts';
import { decide } from '../../../src/agent/decide.ts';
import { statusOf } from '../../../src/agent/status.ts';
import { ALONE, active, evidence, exit, NOW, report, SPEC, STARTED, STOP_ORDER, there, verdict } from './evidence.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const JUMPS = [DAY, -DAY, 3650 * DAY, -3650 * DAY, 1, -1];

/** Agents in every state of which somebody may decide something by time. */
const STATES = fc.record({
  sentinel: fc.constantFrom({ state: 'absent' } as const, there(exit(0)), there(exit(3))),
  stopOrder: fc.constantFrom({ state: 'absent' } as const, there(STOP_ORDER)),
  verdict: fc.constantFrom(
    { state: 'absent' } as const,
    there(verdict('capped', { term: NOW.uptimeMs - 5000 })),
    there(verdict('stopped', { term: NOW.uptimeMs - 20_000 })),
  ),
  report: fc.constantFrom(undefined, report('done', NOW.uptimeMs - 1000), report('waiting', STARTED.uptimeMs + 1)),
  heartbeatAtMs: fc.constantFrom(undefined, 0, NOW.wallMs, NOW.wallMs + 100 * DAY),
  activity: fc.constantFrom(undefined, active(HOUR / 2), active(HOUR / 4), active(HOUR / 2, { cpuMs: HOUR / 10 })),
  company: fc.constantFrom(undefined, ALONE),
});
const LATER = fc.constantFrom(0, 10_000, HOUR / 2, HOUR, 2 * HOUR);

describe('a clock that is set', () => {
  test('changes nothing that is done', () => {
    fc.assert(
      fc.property(STATES, LATER, fc.constantFrom(...JUMPS), (state, laterMs, jumpMs) => {
        const uptimeMs = NOW.uptimeMs + laterMs;
        const at = (wallMs: number) => evidence({ ...state, now: { uptimeMs, wallMs } });
        const wallMs = NOW.wallMs + laterMs;
        expect(decide(at(wallMs + jumpMs))).toEqual(decide(at(wallMs)));
      }),
    );
  });

  test('changes nothing that is said of an agent', () => {
    fc.assert(
      fc.property(STATES, LATER, fc.constantFrom(...JUMPS), (state, laterMs, jumpMs) => {
        const at = (wallMs: number) => evidence({ ...state, now: { uptimeMs: NOW.uptimeMs + laterMs, wallMs } });
        expect(statusOf(at(NOW.wallMs + jumpMs))).toEqual(statusOf(at(NOW.wallMs)));
      }),
    );
  });
});

describe('a machine that was suspended', () => {
  const slept = { uptimeMs: NOW.uptimeMs + 8 * HOUR, wallMs: NOW.wallMs + 8 * HOUR };

  test('has kept the cap counting', () => {
    expect(decide(evidence({ now: slept })).action).toMatchObject({ do: 'term', cause: 'capped' });
  });

  test('makes nobody idle, however many there are and however long each was quiet before', () => {
    const maxIdleMs = SPEC.limits.maxIdleMs ?? Number.NaN;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: maxIdleMs - 1 }), { maxLength: 50 }), (quietMs) => {
        const decisions = quietMs.map((spanMs) => {
          const change = { capMs: null, company: ALONE, activity: active(spanMs), now: slept };
          return decide(evidence(change)).action.do;
        });
        expect(decisions.every((action) => action !== 'term')).toBe(true);
      }),
    );
  });

  test('is no gap between two looks: what was seen before it counts on the clock that stopped', () => {
    const look = (awakeMs: number) => ({ awakeMs, treeCpuMs: 0, memoryBytes: 0, outputBytes: 0 });
    const before = remember(undefined, look(1000), HOUR / 2);
    const after = remember(before, look(1000 + HOUR / 4), HOUR / 2);
    expect(idlenessOf(after, currentSample(after, look(1000 + HOUR / 4)), HOUR / 2, true).idle).toBe(false);
    const later = remember(after, look(1000 + HOUR / 2), HOUR / 2);
    expect(idlenessOf(later, currentSample(later, look(1000 + HOUR / 2)), HOUR / 2, true).idle).toBe(true);
  });
});
