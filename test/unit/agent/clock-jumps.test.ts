import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Activity, currentSample, remember } from '../../../src/agent/activity.ts';
import { type Action, decide } from '../../../src/agent/decide.ts';
import { statusOf } from '../../../src/agent/status.ts';
import {
  ALONE,
  active,
  at,
  evidence,
  exit,
  NOW,
  report,
  SPEC,
  STARTED,
  STOP_ORDER,
  there,
  verdict,
} from './evidence.ts';

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
  const maxIdleMs = SPEC.limits.maxIdleMs ?? Number.NaN;
  const slept = { uptimeMs: NOW.uptimeMs + 8 * HOUR, wallMs: NOW.wallMs + 8 * HOUR };

  test('has kept the cap counting', () => {
    expect(decide(evidence({ now: slept })).action).toMatchObject({ do: 'term', cause: 'capped' });
  });

  test('makes nobody idle, however many there are and however long each was quiet before', () => {
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

  // The lid is closed 10 minutes after the agent was last heard of, long quiet by then, and opened in the morning.
  const CLOSED_MS = NOW.uptimeMs + HOUR;
  const HEARD_MS = CLOSED_MS - HOUR / 6;
  const NIGHT_MS = 8 * HOUR;
  test.each<[string, number, NonNullable<Parameters<typeof evidence>[0]>]>([
    ['asked for something', maxIdleMs, { report: report('waiting', HEARD_MS, { source: 'claude' }) }],
    ['got something to do', maxIdleMs, { report: report('working', HEARD_MS, { source: 'send' }) }],
    ['was typed into', maxIdleMs, { company: { ...ALONE, typedAtMs: at(HEARD_MS).wallMs } }],
    ['printed something', CLOSED_MS - HEARD_MS, {}],
  ])('ends none that %s shortly before, until it was idle since for as long as it may be', (_, quietMs, heard) => {
    const quietSinceMs = CLOSED_MS - quietMs;
    let memory: Activity | undefined;
    const look = (awakeMs: number, asleepMs: number): Action['do'] => {
      const seen = {
        awakeMs,
        asleepMs,
        treeCpuMs: 0,
        memoryBytes: 0,
        processes: 1,
        outputBytes: Math.min(awakeMs, quietSinceMs),
      };
      memory = remember(memory, seen, maxIdleMs);
      const activity = { memory, current: currentSample(memory, seen) };
      const now = at(awakeMs + asleepMs);
      return decide(evidence({ capMs: null, company: ALONE, ...heard, activity, now })).action.do;
    };
    look(quietSinceMs, 0);
    expect(['nothing', 'begin-anew']).toContain(look(CLOSED_MS, 0));
    expect(look(CLOSED_MS + 1000, NIGHT_MS)).toBe('nothing');
    expect(look(CLOSED_MS + 999 + maxIdleMs, NIGHT_MS)).toBe('nothing');
    expect(look(CLOSED_MS + 1000 + maxIdleMs, NIGHT_MS)).toBe('term');
  });
});
