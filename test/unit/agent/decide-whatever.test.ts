import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Action, decide } from '../../../src/agent/decide.ts';
import type { Verdict } from '../../../src/agent/evidence.ts';
import { statusOf } from '../../../src/agent/status.ts';
import {
  ALONE,
  absent,
  active,
  at,
  damaged,
  evidence,
  exit,
  NOBODY,
  NOW,
  report,
  SPEC,
  STARTED,
  STARTED_RECORD,
  STOP_ORDER,
  there,
  verdict,
} from './evidence.ts';

type Change = Parameters<typeof evidence>[0];

const CAP_AT = STARTED.uptimeMs + 3_600_000;
const TERM_AT = NOW.uptimeMs - 5000;
const AFTER_TERM = there(verdict('capped', { term: TERM_AT }));

const nothing: Action = { do: 'nothing' };
const _kill: Action = { do: 'kill' };
const _stop: Action = { do: 'term', cause: 'stopped', reason: 'stopped by agentctl stop' };
const _cap: Action = { do: 'term', cause: 'capped', reason: 'reached its cap' };

const UNKNOWN: [string, Change][] = [
  ['a damaged sentinel', { sentinel: damaged('exit.json') }],
  ['a damaged spec', { spec: damaged('spec.json') }],
  ['a missing spec', { spec: absent }],
  ['a damaged start', { started: damaged('started.json') }],
  ['another container', { whereabouts: 'elsewhere' }],
];

describe('what is unknown by', () => {
  test.each(UNKNOWN)('%s never kills', (_, change) => {
    const past = { stopOrder: there(STOP_ORDER), verdict: AFTER_TERM, now: at(CAP_AT * 2) };
    expect(decide(evidence({ ...past, ...NOBODY, ...change }), 0)).toEqual({ action: nothing, nextAtMs: undefined });
    expect(decide(evidence({ ...past, ...change }), 0)).toEqual({ action: nothing, nextAtMs: undefined });
  });

  test('any of these does nothing, whatever else is there', () => {
    fc.assert(
      fc.property(fc.constantFrom(...UNKNOWN), anything(), anyGrace(), ([, change], all, graceMs) => {
        const seen = evidence({ ...all, sentinel: absent, whereabouts: 'here', ...change });
        expect(decide(seen, graceMs)).toEqual({ action: nothing, nextAtMs: undefined });
      }),
    );
  });

  test('whatever reason does nothing', () => {
    fc.assert(
      fc.property(anything(), anyGrace(), (all, graceMs) => {
        const seen = evidence(all);
        fc.pre(statusOf(seen).phase === 'unknown');
        expect(decide(seen, graceMs)).toEqual({ action: nothing, nextAtMs: undefined });
      }),
    );
  });
});

describe('whatever is there', () => {
  test('only who runs here is sent TERM, and only once', () => {
    fc.assert(
      fc.property(anything(), anyGrace(), (all, graceMs) => {
        const seen = evidence(all);
        if (decide(seen, graceMs).action.do !== 'term') return;
        expect(seen.whereabouts).toBe('here');
        expect(seen.processes.agent).toBe('alive');
        expect(seen.files.sentinel.state).toBe('absent');
        expect(seen.files.started.state).toBe('there');
        const { verdict: put } = seen.files;
        expect(put.state === 'there' && put.value.steps.some(({ step }) => step === 'term')).toBe(false);
      }),
    );
  });

  test('nobody is ended for being done or idle, and nothing torn down by time, while its company is not known', () => {
    fc.assert(
      fc.property(anything(), (all) => {
        const { action } = decide(evidence({ ...all, company: undefined }));
        expect(action.do).not.toBe('teardown');
        if (action.do === 'term') expect(['done', 'idle']).not.toContain(action.cause);
      }),
    );
  });

  test('a person at its terminal, and who keeps it, are safe from all but a stop, the cap, its parent and its own end', () => {
    fc.assert(
      fc.property(anything(), fc.boolean(), (all, attached) => {
        const held: Change = attached ? { company: { ...ALONE, attached } } : { keptBy: 'me', company: ALONE };
        const { action } = decide(evidence({ ...all, ...held }));
        expect(action.do).not.toBe('teardown');
        if (action.do === 'term') expect(['done', 'idle']).not.toContain(action.cause);
      }),
    );
  });
});

/** Any combination of evidence, far more than can be. */
function anything(): fc.Arbitrary<Change> {
  const ms = () => fc.integer({ min: 0, max: 8_000_000 });
  const life = () => fc.constantFrom('alive' as const, 'dead' as const);
  const found = <T>(value: fc.Arbitrary<T>) =>
    fc.oneof(fc.constant(absent), fc.constant(damaged('record')), value.map(there));
  return fc.record<NonNullable<Change>>(
    {
      spec: found(
        fc.constantFrom(SPEC, { ...SPEC, withParent: true, parent: { name: 'boss', runId: 'run00000' } }),
      ).map((spec) => (spec.state === 'absent' ? there(SPEC) : spec)),
      started: fc.oneof(fc.constant(there(STARTED_RECORD)), found(fc.constant(STARTED_RECORD))),
      sentinel: fc.oneof(fc.constant(absent), found(ms().map((uptimeMs) => exit(0, { uptimeMs })))),
      verdict: found(fc.tuple(fc.option(ms()), fc.option(ms())).map(([term, ended]) => lived(term, ended))),
      stopOrder: found(fc.constant(STOP_ORDER)),
      report: fc.option(
        fc
          .tuple(fc.constantFrom('done' as const, 'working' as const), ms())
          .map(([state, time]) => report(state, time)),
        { nil: undefined },
      ),
      capMs: fc.option(ms()),
      keptBy: fc.constantFrom(undefined, 'me'),
      whereabouts: fc.constantFrom('here', 'here', 'rebooted', 'elsewhere'),
      launcher: life(),
      wrapper: life(),
      watchdog: life(),
      agent: life(),
      now: ms().map(at),
      activity: fc.option(
        fc.tuple(ms(), ms()).map(([span, cpuMs]) => active(span, { cpuMs: cpuMs / 400 })),
        {
          nil: undefined,
        },
      ),
      company: fc.constantFrom(undefined, ALONE, { ...ALONE, attached: true }, { ...ALONE, attached: undefined }),
      parentEnded: fc.constantFrom(undefined, true, false),
    },
    { requiredKeys: [] },
  );
}

function lived(term: number | null, ended: number | null): Verdict {
  return verdict('stopped', { ...(term !== null && { term }), ...(ended !== null && { ended }) });
}

function anyGrace(): fc.Arbitrary<number | null | undefined> {
  return fc.constantFrom(undefined, null, 0, 60_000);
}

describe('whatever the times', () => {
  const ms = () => fc.integer({ min: 0, max: 8_000_000 });
  const life = () => fc.constantFrom('alive' as const, 'dead' as const);

  test('no signal goes out after a sentinel of a natural end, and none by the pids of another boot', () => {
    fc.assert(
      fc.property(
        ms(),
        ms(),
        fc.option(ms()),
        fc.constantFrom('here' as const, 'rebooted' as const, 'elsewhere' as const),
        fc.boolean(),
        life(),
        life(),
        life(),
        (now, ended, term, whereabouts, sentinel, wrapper, watchdog, agent) => {
          const { action } = decide(
            evidence({
              now: at(now),
              sentinel: sentinel ? there(exit(0, { uptimeMs: ended })) : absent,
              verdict: term === null ? absent : there(verdict('stopped', { term })),
              stopOrder: there(STOP_ORDER),
              whereabouts,
              wrapper,
              watchdog,
              agent,
            }),
          );
          const signals = action.do === 'term' || action.do === 'kill';
          if (whereabouts !== 'here') expect(signals).toBe(false);
          if (sentinel && term === null) expect(signals).toBe(false);
          if (sentinel) expect(action.do).not.toBe('term');
          if (action.do === 'teardown' || action.do === 'conclude')
            expect(agent === 'dead' || sentinel || whereabouts !== 'here').toBe(true);
        },
      ),
    );
  });

  test('when it says to look again, it acts then, and not before', () => {
    fc.assert(
      fc.property(ms(), fc.option(ms()), fc.boolean(), (now, term, ended) => {
        const seen = evidence({
          ...(ended ? { ...NOBODY, sentinel: there(exit(0)) } : {}),
          ...(term === null || ended ? {} : { verdict: there(verdict('stopped', { term })) }),
          now: at(now),
        });
        const { action, nextAtMs } = decide(seen);
        if (nextAtMs === undefined) return;
        expect(action).toEqual(nothing);
        expect(nextAtMs).toBeGreaterThan(now);
        expect(decide({ ...seen, now: at(nextAtMs) }).action).not.toEqual(nothing);
        expect(decide({ ...seen, now: at(nextAtMs - 1) }).action).toEqual(nothing);
      }),
    );
  });
});
