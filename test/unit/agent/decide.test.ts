import { describe, expect, test } from 'vitest';
import { type Action, decide } from '../../../src/agent/decide.ts';
import { absent, at, damaged, evidence, NOBODY, NOW, STARTED, STOP_ORDER, there, verdict } from './evidence.ts';

type Change = Parameters<typeof evidence>[0];

const CAP_AT = STARTED.uptimeMs + 3_600_000;
const TERM_AT = NOW.uptimeMs - 5000;
const AFTER_TERM = there(verdict('capped', { term: TERM_AT }));

const nothing: Action = { do: 'nothing' };
const kill: Action = { do: 'kill' };
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
