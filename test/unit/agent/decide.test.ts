import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Action, decide } from '../../../src/agent/decide.ts';
import type { Evidence } from '../../../src/agent/evidence.ts';
import {
  absent,
  CREATED,
  damaged,
  ENDED_UPTIME_MS,
  evidence,
  exit,
  NOBODY,
  NOW,
  SPEC,
  STARTED,
  STOP_ORDER,
  there,
  verdict,
} from './evidence.ts';

type Change = Parameters<typeof evidence>[0];

const CAP_AT = STARTED.uptimeMs + 3_600_000;
const ENDED_AT_WALL = STARTED.wallMs + 20_000;
const TERM_AT = NOW.uptimeMs - 5000;
const AFTER_TERM = there(verdict('capped', { term: TERM_AT }));
const GRACE_MS = 300_000;

function at(uptimeMs: number): Evidence['now'] {
  return { uptimeMs, wallMs: CREATED.wallMs + uptimeMs - CREATED.uptimeMs };
}

const nothing: Action = { do: 'nothing' };
const kill: Action = { do: 'kill' };
const teardown: Action = { do: 'teardown' };
const stop: Action = { do: 'term', cause: 'stopped', reason: 'stopped by agentctl stop' };
const cap: Action = { do: 'term', cause: 'capped', reason: 'reached its cap' };

describe('while it runs', () => {
  test.each<[string, Change, Action, number | undefined]>([
    ['waits for its cap', {}, nothing, CAP_AT],
    ['waits for the cap in force', { capMs: 90_000 }, nothing, STARTED.uptimeMs + 90_000],
    ['waits for nothing, where it has no cap', { capMs: null }, nothing, undefined],
    [
      'leaves the cap to the watchdog that took `limits` away',
      { capMs: undefined, now: at(CAP_AT) },
      nothing,
      undefined,
    ],
    ['waits until just before the cap', { now: at(CAP_AT - 1) }, nothing, CAP_AT],
    ['ends it at the cap', { now: at(CAP_AT) }, cap, undefined],
    [
      'ends it at the cap by uptime, whatever the clock was set to',
      { now: { uptimeMs: CAP_AT, wallMs: 0 } },
      cap,
      undefined,
    ],
    ['is not moved to the cap by the clock', { now: { uptimeMs: NOW.uptimeMs, wallMs: 9e15 } }, nothing, CAP_AT],
    ['ends it when a stop is ordered', { stopOrder: there(STOP_ORDER) }, stop, undefined],
    [
      'hears a stop before the cap, so that the first cause is the one that was asked for',
      { stopOrder: there(STOP_ORDER), now: at(CAP_AT) },
      stop,
      undefined,
    ],
    ['does not act on a damaged order', { stopOrder: damaged('orders.json') }, nothing, CAP_AT],
    [
      'ends it, the wrapper killed, when a stop is ordered',
      { wrapper: 'dead', stopOrder: there(STOP_ORDER) },
      stop,
      undefined,
    ],
    ['leaves it to the watchdog, the wrapper killed', { wrapper: 'dead' }, nothing, CAP_AT],
    ['leaves it to the wrapper, the watchdog killed', { watchdog: 'dead' }, nothing, CAP_AT],
    [
      'ends it when nobody watches over it any more',
      { wrapper: 'dead', watchdog: 'dead' },
      {
        do: 'term',
        cause: 'lost',
        reason: 'its wrapper and watchdog were killed; it runs on and its exit code will not be known',
      },
      undefined,
    ],
    [
      'hears a stop before it finds that nobody watches',
      { wrapper: 'dead', watchdog: 'dead', stopOrder: there(STOP_ORDER) },
      stop,
      undefined,
    ],
    ['lets the wrapper publish what has ended', { agent: 'dead', now: at(CAP_AT) }, nothing, undefined],
    [
      'presses a wrapper that does not publish, on a stop',
      { agent: 'dead', stopOrder: there(STOP_ORDER) },
      kill,
      undefined,
    ],
    ['lets the watchdog publish', { agent: 'dead', wrapper: 'dead' }, nothing, undefined],
    ['does not act on a damaged verdict', { verdict: damaged('verdict.json') }, nothing, CAP_AT],
  ])('%s', (_, change, action, nextAtMs) => {
    expect(decide(evidence(change))).toEqual({ action, nextAtMs });
  });
});

describe('before it runs', () => {
  test.each<[string, Change]>([
    ['waits for the start', {}],
    ['waits for the start, then to stop it', { stopOrder: there(STOP_ORDER) }],
    ['has no cap to count', { now: at(CAP_AT) }],
  ])('%s', (_, change) => {
    const seen = evidence({ ...NOBODY, started: absent, launcher: 'alive', ...change });
    expect(decide(seen)).toEqual({ action: nothing, nextAtMs: undefined });
  });
});

describe('after TERM', () => {
  test.each<[string, Change, Action, number | undefined]>([
    ["waits for kill-after, the agent's own", {}, nothing, TERM_AT + 10_000],
    [
      "waits for kill-after, the order's",
      { stopOrder: there({ ...STOP_ORDER, killAfterMs: 7000 }) },
      nothing,
      TERM_AT + 7000,
    ],
    ['kills at kill-after', { now: at(TERM_AT + 10_000) }, kill, undefined],
    ['kills at once, on a later order that is less patient', { stopOrder: there(STOP_ORDER) }, kill, undefined],
    [
      'waits again, on a later order that is more patient',
      { stopOrder: there({ ...STOP_ORDER, killAfterMs: 60_000 }) },
      nothing,
      TERM_AT + 60_000,
    ],
    ['kills the rest at once, the agent having ended', { agent: 'dead' }, kill, undefined],
    ['kills the rest at once, the wrapper having ended too', { agent: 'dead', wrapper: 'dead' }, kill, undefined],
    ['waits also past the cap: the first cause wins', { now: at(TERM_AT + 5), capMs: 1 }, nothing, TERM_AT + 10_000],
    [
      'keeps to its kill-after when nobody watches any more',
      { wrapper: 'dead', watchdog: 'dead' },
      nothing,
      TERM_AT + 10_000,
    ],
    [
      'goes by the first TERM',
      {
        verdict: there({
          ...verdict('stopped', { term: TERM_AT }),
          steps: [TERM_AT, TERM_AT + 1000].map((uptimeMs) => ({ step: 'term' as const, atMs: 0, uptimeMs })),
        }),
      },
      nothing,
      TERM_AT + 10_000,
    ],
    [
      'kills again until it has ended',
      { now: at(TERM_AT + 20_000), verdict: there(verdict('capped', { term: TERM_AT, kill: TERM_AT + 10_000 })) },
      kill,
      undefined,
    ],
  ])('%s', (_, change, action, nextAtMs) => {
    expect(decide(evidence({ verdict: AFTER_TERM, ...change }))).toEqual({ action, nextAtMs });
  });
});

describe('after the end', () => {
  const sentinel = there(exit(0));
  const stopped = verdict('stopped', { term: ENDED_UPTIME_MS - 1 });
  const settled = verdict('stopped', { term: ENDED_UPTIME_MS - 1, ended: ENDED_UPTIME_MS + 1 });
  const graceOver = { ...NOW, wallMs: ENDED_AT_WALL + GRACE_MS };

  test.each<[string, Change, Action, number | undefined]>([
    ['waits for the grace', { sentinel }, nothing, ENDED_UPTIME_MS + GRACE_MS],
    ['tears down after the grace', { sentinel, now: graceOver }, teardown, undefined],
    [
      'waits until just before',
      { sentinel, now: { ...graceOver, wallMs: graceOver.wallMs - 1 } },
      nothing,
      NOW.uptimeMs + 1,
    ],
    [
      'waits for ever, where the grace is none',
      { sentinel, now: graceOver, spec: there({ ...SPEC, limits: { ...SPEC.limits, graceMs: null } }) },
      nothing,
      undefined,
    ],
    ['kills what a stop left over, before the grace', { sentinel, verdict: there(stopped) }, kill, undefined],
    ['kills what a stop left over, also where nobody published', { verdict: there(stopped) }, kill, undefined],
    [
      'waits for the grace, once what a stop left over is gone',
      { sentinel, verdict: there(settled) },
      nothing,
      ENDED_UPTIME_MS + GRACE_MS,
    ],
    [
      'leaves the rest until teardown after a natural end that won the race for the verdict',
      { sentinel, verdict: there(verdict('natural', {})) },
      nothing,
      ENDED_UPTIME_MS + GRACE_MS,
    ],
    [
      'waits with a damaged verdict',
      { sentinel, verdict: damaged('verdict.json') },
      nothing,
      ENDED_UPTIME_MS + GRACE_MS,
    ],
    [
      'does nothing more for what is archived',
      { sentinel, archived: true, now: graceOver, verdict: there(stopped) },
      nothing,
      undefined,
    ],
    [
      'does nothing for one whose spec is damaged',
      { sentinel, spec: damaged('spec.json'), now: graceOver },
      nothing,
      undefined,
    ],
    [
      'concludes what is lost',
      {},
      {
        do: 'conclude',
        reason: 'its wrapper and watchdog were killed, so nobody could learn its exit code',
      },
      undefined,
    ],
    [
      'concludes with the code that was recorded',
      { recorded: there(exit(7)) },
      { do: 'conclude', reason: 'exited with 7' },
      undefined,
    ],
    [
      'concludes what another boot ended',
      { whereabouts: 'rebooted' },
      { do: 'conclude', reason: 'the machine was restarted while it ran' },
      undefined,
    ],
    [
      'concludes once: then waits for the grace from the last heartbeat',
      { verdict: there(verdict('lost', { ended: NOW.uptimeMs })) },
      nothing,
      NOW.uptimeMs - 3000 + GRACE_MS,
    ],
    [
      'has nothing to conclude where the sentinel came',
      { sentinel: there(exit(null)) },
      nothing,
      ENDED_UPTIME_MS + GRACE_MS,
    ],
    [
      'kills nothing for a stop that another boot cut short',
      { whereabouts: 'rebooted', verdict: there(stopped) },
      nothing,
      NOW.uptimeMs - 3000 + GRACE_MS,
    ],
    [
      'kills nothing for a stop that another boot cut short just after the sentinel',
      { whereabouts: 'rebooted', sentinel, verdict: there(stopped) },
      nothing,
      ENDED_UPTIME_MS + GRACE_MS,
    ],
    [
      'kills nothing by the pids of another container',
      { whereabouts: 'elsewhere', sentinel, verdict: there(stopped) },
      nothing,
      ENDED_UPTIME_MS + GRACE_MS,
    ],
  ])('%s', (_, change, action, nextAtMs) => {
    expect(decide(evidence({ ...NOBODY, ...change }))).toEqual({ action, nextAtMs });
  });

  test.each<[string, number | null | undefined, Action]>([
    ["keeps to the agent's grace", undefined, nothing],
    ['tears down at once, where the caller will not wait', 0, teardown],
    ['waits for ever, where the caller keeps it', null, nothing],
    ["keeps to the caller's grace", 40_500 - 20_000 - 1, teardown],
    ["keeps to the caller's grace, not yet over", 40_500, nothing],
  ])('%s', (_, graceMs, action) => {
    expect(decide(evidence({ ...NOBODY, sentinel }), graceMs).action).toEqual(action);
  });

  test("kills what a stop left over whatever the caller's grace", () => {
    expect(decide(evidence({ ...NOBODY, sentinel, verdict: there(stopped) }), 0).action).toEqual(kill);
  });
});

test.each<[string, Change]>([
  ['a damaged sentinel', { sentinel: damaged('exit.json') }],
  ['a damaged spec', { spec: damaged('spec.json') }],
  ['a damaged start', { started: damaged('started.json') }],
  ['another container', { whereabouts: 'elsewhere' }],
])('what is unknown by %s never kills', (_, change) => {
  const past = { stopOrder: there(STOP_ORDER), verdict: AFTER_TERM, now: at(CAP_AT * 2) };
  expect(decide(evidence({ ...past, ...NOBODY, ...change }), 0)).toEqual({ action: nothing, nextAtMs: undefined });
  expect(decide(evidence({ ...past, ...change }), 0)).toEqual({ action: nothing, nextAtMs: undefined });
});

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
