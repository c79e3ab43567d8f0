import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Action, decide, WARNING_MS } from '../../../src/agent/decide.ts';
import {
  ALONE,
  active,
  at,
  CREATED,
  ENDED_UPTIME_MS,
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

type Change = NonNullable<Parameters<typeof evidence>[0]>;

const CAP_MS = 3_600_000;
const CAP_AT = STARTED.uptimeMs + CAP_MS;
const MAX_IDLE_MS = 30_000;

/** An agent that any of the reasons below may end. */
const LIMITS = { ...SPEC.limits, graceMs: 20_000, maxIdleMs: MAX_IDLE_MS };
const BASE: Change = {
  spec: there({ ...SPEC, withParent: true, parent: { name: 'boss', runId: 'run00000' }, limits: LIMITS }),
  company: ALONE,
  parentEnded: false,
};

/** What each reason rests on and what it does; the first that holds counts. */
const REASONS: { name: string; change: Change; action: object }[] = [
  { name: 'a stop', change: { stopOrder: there(STOP_ORDER) }, action: { do: 'term', cause: 'stopped' } },
  {
    name: 'nobody who watches',
    change: { wrapper: 'dead', watchdog: 'dead' },
    action: { do: 'term', cause: 'lost' },
  },
  { name: 'the cap', change: { now: at(CAP_AT) }, action: { do: 'term', cause: 'capped' } },
  { name: "its parent's end", change: { parentEnded: true }, action: { do: 'term', cause: 'with-parent' } },
  {
    name: 'done',
    change: { report: report('done', NOW.uptimeMs - 40_000) },
    action: { do: 'term', cause: 'done', said: 'success' },
  },
  { name: 'idleness', change: { activity: active(MAX_IDLE_MS) }, action: { do: 'term', cause: 'idle' } },
  {
    name: 'the warning',
    change: { now: at(CAP_AT - WARNING_MS), activity: active(1000) },
    action: { do: 'warn' },
  },
];

/** Where two say something of the same witness, the earlier's word is also true of the later. */
function together(reasons: readonly { change: Change }[]): Change {
  return Object.assign({}, BASE, ...reasons.map(({ change }) => change).reverse());
}

describe('of two reasons at one time', () => {
  test.each(REASONS)('$name alone is one', ({ change, action }) => {
    expect(decide(evidence({ ...BASE, ...change })).action).toMatchObject(action);
  });

  const pairs = REASONS.flatMap((first, index) =>
    REASONS.slice(index + 1).map((second) => ({ first: first.name, second: second.name, reasons: [first, second] })),
  );
  test.each(pairs)('$first wins over $second', ({ reasons }) => {
    expect(decide(evidence(together(reasons))).action).toMatchObject(reasons[0]?.action as object);
  });

  test('and of any number, the first wins', () => {
    fc.assert(
      fc.property(fc.subarray(REASONS, { minLength: 1 }), (reasons) => {
        expect(decide(evidence(together(reasons))).action).toMatchObject(reasons[0]?.action as object);
      }),
    );
  });
});

describe('whatever ends it', () => {
  const any = fc.subarray(REASONS, { minLength: 1 });

  test.each(REASONS)('a natural end wins over $name', ({ change }) => {
    const seen = evidence({ ...BASE, ...change, sentinel: there(exit(0)), agent: 'dead', wrapper: 'dead' });
    expect(['nothing', 'teardown']).toContain(decide(seen).action.do);
  });

  test.each(REASONS)(
    'a natural end that is about to be published wins over $name, but for a stop',
    ({ name, change }) => {
      const seen = evidence({ ...BASE, ...change, agent: 'dead', wrapper: 'alive' });
      expect(decide(seen).action).toEqual(name === 'a stop' ? { do: 'kill' } : { do: 'nothing' });
    },
  );

  test('the first cause that was put down wins: nobody is sent a second TERM', () => {
    fc.assert(
      fc.property(
        any,
        fc.constantFrom('stopped', 'capped', 'with-parent', 'done', 'idle', 'lost'),
        (reasons, cause) => {
          const put = there(verdict(cause as Parameters<typeof verdict>[0], { term: NOW.uptimeMs - 1 }));
          const { action } = decide(evidence({ ...together(reasons), verdict: put }));
          expect(['nothing', 'kill']).toContain(action.do);
        },
      ),
    );
  });

  test('nothing is decided before its start is proved', () => {
    fc.assert(
      fc.property(any, (reasons) => {
        const early = { started: { state: 'absent' as const }, launcher: 'alive' as const, agent: 'dead' as const };
        expect(decide(evidence({ ...together(reasons), ...early })).action).toEqual({ do: 'nothing' });
      }),
    );
  });

  test('it is looked at again when the first of all that may come is due', () => {
    const said = at(CREATED.uptimeMs + 50_000);
    const change = { ...BASE, activity: active(10_000), now: said, report: report('done', said.uptimeMs) };
    const nextAtMs = (more: Change) => decide(evidence({ ...change, ...more })).nextAtMs;
    expect(nextAtMs({})).toBe(said.uptimeMs + 15_000);
    expect(nextAtMs({ report: report('done', said.uptimeMs - 15_000) })).toBe(said.uptimeMs + 5000);
    expect(nextAtMs({ report: undefined })).toBe(said.uptimeMs + 20_000);
    expect(nextAtMs({ report: undefined, activity: undefined })).toBe(CAP_AT);
    expect(nextAtMs({ report: undefined, activity: undefined, capMs: null })).toBeUndefined();
    expect(nextAtMs({ report: undefined, activity: active(0), capMs: 310_000, now: STARTED })).toBe(
      STARTED.uptimeMs + 310_000 - WARNING_MS,
    );
  });
});

describe('with its parent', () => {
  const term: Action = { do: 'term', cause: 'with-parent', reason: 'its parent boss ended' };
  const parent = { name: 'boss', runId: 'run00000' };
  test.each<[string, boolean, boolean | undefined, Action]>([
    ['it ends', true, true, term],
    ['it lives while that lives', true, false, { do: 'nothing' }],
    ['it lives while nobody has looked', true, undefined, { do: 'nothing' }],
    ['it does not end unless that was asked for', false, true, { do: 'nothing' }],
  ])('%s', (_, withParent, parentEnded, action) => {
    expect(decide(evidence({ spec: there({ ...SPEC, withParent, parent }), parentEnded })).action).toEqual(action);
  });
});

describe('the warning before the cap', () => {
  const due = at(CAP_AT - WARNING_MS);
  const warn = (left: string): Action => ({ do: 'warn', reason: `reaches its cap in ${left}` });
  test.each<[string, Change, Action]>([
    ['comes 5 minutes before', {}, warn('5m')],
    ['does not come earlier', { now: at(due.uptimeMs - 1) }, { do: 'nothing' }],
    ['comes late where nobody looked in time', { now: at(CAP_AT - 61_000) }, warn('1m1s')],
    ['comes once', { activity: active(0, { warnedCapMs: CAP_MS }) }, { do: 'nothing' }],
    [
      'comes again before a cap that was extended',
      { capMs: CAP_MS + 60_000, now: at(due.uptimeMs + 60_000), activity: active(0, { warnedCapMs: CAP_MS }) },
      warn('5m'),
    ],
    [
      'waits for the cap that was extended',
      { capMs: CAP_MS + 60_000, activity: active(0, { warnedCapMs: CAP_MS }) },
      { do: 'nothing' },
    ],
    ['does not come for a cap of 5 minutes', { capMs: WARNING_MS, now: STARTED }, { do: 'nothing' }],
    ['comes for a cap that is just longer', { capMs: WARNING_MS + 1000, now: at(STARTED.uptimeMs + 1000) }, warn('5m')],
    ['does not come without a cap', { capMs: null }, { do: 'nothing' }],
    ['does not come once the watchdog took `limits` away', { capMs: undefined }, { do: 'nothing' }],
    ['does not come where nothing remembers that it came', { activity: undefined }, { do: 'nothing' }],
  ])('%s', (_, change, action) => {
    expect(decide(evidence({ now: due, activity: active(0), ...change })).action).toEqual(action);
  });

  test('is what an agent without it waits for', () => {
    expect(decide(evidence({ activity: active(0, { warnedCapMs: CAP_MS }), capMs: CAP_MS, now: due })).nextAtMs).toBe(
      CAP_AT,
    );
    const { limits } = SPEC;
    const patient = there({ ...SPEC, limits: { ...limits, maxIdleMs: null } });
    expect(decide(evidence({ activity: active(0), spec: patient })).nextAtMs).toBe(due.uptimeMs);
  });

  test('goes out also to one that is done and kept', () => {
    const done = { report: report('done', ENDED_UPTIME_MS), keptBy: 'me', company: ALONE };
    expect(decide(evidence({ now: due, activity: active(0), ...done })).action).toEqual(warn('5m'));
  });
});
