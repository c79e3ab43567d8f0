import { describe, expect, test } from 'vitest';
import { type Action, decide } from '../../../src/agent/decide.ts';
import type { Company, Report } from '../../../src/agent/evidence.ts';
import { ALONE, active, at, damaged, evidence, report, SPEC, STARTED, there } from './evidence.ts';

type Change = Parameters<typeof evidence>[0];

const CAP_AT = STARTED.uptimeMs + 3_600_000;
const GRACE_MS = 300_000;
const MAX_IDLE_MS = 1_800_000;
const LOOK_AGAIN_MS = 15_000;

const nothing: Action = { do: 'nothing' };
const ask: Action = { do: 'ask' };
const beginAnew: Action = { do: 'begin-anew' };

const UNCLEAR = 'whether it is kept is not known: orders.json is damaged: it is not JSON';
const HELD: [string, Change, Partial<Company>, string[]][] = [
  ['a person is attached', {}, { attached: true }, ['a person is attached']],
  ['tmux does not say who is attached', {}, { attached: undefined }, ['tmux does not say who is attached']],
  ['somebody keeps it', { keptBy: 'agentctl keep' }, {}, ['it is kept (agentctl keep)']],
  ['the orders are damaged, so that it may be kept', { stopOrder: damaged('orders.json') }, {}, [UNCLEAR]],
];

function withLimits(limits: Partial<typeof SPEC.limits>): Change {
  return { spec: there({ ...SPEC, limits: { ...SPEC.limits, ...limits } }) };
}

describe('said to be done', () => {
  const SAID_AT = STARTED.uptimeMs + 600_000;
  const OVER = at(SAID_AT + GRACE_MS);
  const term = (words: string, said: 'success' | 'failure'): Action => ({
    do: 'term',
    cause: 'done',
    reason: `said that it is done ${words}`,
    said,
  });
  const success = term('(success)', 'success');
  const done = (change: Change) => evidence({ report: report('done', SAID_AT), now: OVER, company: ALONE, ...change });

  test.each<[string, Change, Action, number | undefined]>([
    ['it is ended once the grace is over', {}, success, undefined],
    ['it is given the whole grace', { now: at(OVER.uptimeMs - 1) }, nothing, OVER.uptimeMs],
    ['its keys are asked for before that', { now: at(SAID_AT + 1) }, nothing, SAID_AT + 1 + LOOK_AGAIN_MS],
    [
      'its grace is by uptime, whatever the clock was set to',
      { now: { uptimeMs: SAID_AT, wallMs: 9e15 } },
      nothing,
      SAID_AT + LOOK_AGAIN_MS,
    ],
    ['its grace of 0 is over at once', { now: at(SAID_AT), ...withLimits({ graceMs: 0 }) }, success, undefined],
    [
      'its grace of none is never over, and its keys are asked for all the same',
      { now: at(CAP_AT - 60_000), ...withLimits({ graceMs: null }) },
      nothing,
      CAP_AT - 60_000 + LOOK_AGAIN_MS,
    ],
    ['its company is asked for, first of all', { company: undefined }, ask, undefined],
    [
      'its company is asked for, also long before: keys may have been pressed',
      { now: at(SAID_AT), company: undefined },
      ask,
      undefined,
    ],
    [
      'failure, that is what it is ended with',
      { report: report('done', SAID_AT, { status: 'failure', message: 'no network' }) },
      term('(failure): no network', 'failure'),
      undefined,
    ],
    [
      'without a word on how it went, it went well',
      { report: report('done', SAID_AT, { status: null, message: 'all pass' }) },
      term('(success): all pass', 'success'),
      undefined,
    ],
    ['but then at work again, it waits for its cap', { report: report('working', SAID_AT) }, nothing, CAP_AT],
    ['for another container, nothing is done', { whereabouts: 'elsewhere' }, nothing, undefined],
  ])('%s', (_, change, action, nextAtMs) => {
    expect(decide(done(change))).toEqual({ action, nextAtMs });
  });

  test.each(HELD)('it is not ended while %s', (_, change, company, against) => {
    const seen = done({ ...change, company: { ...ALONE, ...company } });
    expect(decide(seen)).toEqual({ action: nothing, nextAtMs: OVER.uptimeMs + LOOK_AGAIN_MS, against });
  });

  test.each<[string, Partial<Company>]>([
    ['agents that it spawned: it is done with them', { liveChildren: ['b'] }],
    ['something that waits', { waits: true }],
  ])('it is ended in spite of %s', (_, company) => {
    expect(decide(done({ company: { ...ALONE, ...company } })).action).toEqual(success);
  });

  test.each<[string, number, Change, boolean]>([
    ['after it, when the grace is over', 1, {}, true],
    ['after it, within the grace', 1, { now: at(SAID_AT + 5) }, true],
    ['after it, although somebody keeps it', 1, { keptBy: 'me' }, true],
    ['after it, once more', 1, { typed: true }, true],
    ['before it, the first time that it is seen: its grace is another then', -1, {}, true],
    ['before it, which is known', -1, { typed: true }, false],
    ['as it was said, which is known', 0, { typed: true }, false],
  ])('and keys that were pressed %s', (_, laterMs, change, noted) => {
    const typedAtMs = at(SAID_AT + laterMs).wallMs;
    const { action } = decide(done({ company: { ...ALONE, typedAtMs }, ...change }));
    expect(action).toEqual(noted ? { do: 'note-keys', typedAtMs } : nothing);
  });

  test.each<[string, Partial<Report>, number, number]>([
    ['a hook of its own, at least 10 s: it may be about to end by itself', { source: 'claude' }, 0, 10_000],
    ['a hook of its own, what it is where that is longer', { source: 'codex' }, 20_000, 20_000],
    ['agentctl done, what it is', { source: 'done' }, 0, 0],
  ])('by %s', (_, by, graceMs, least) => {
    const seen = (passedMs: number) =>
      done({ report: report('done', SAID_AT, by), now: at(SAID_AT + passedMs), ...withLimits({ graceMs }) });
    if (least > 0) expect(decide(seen(least - 1)).action).toEqual(nothing);
    expect(decide(seen(least)).action).toEqual(success);
  });

  test.each<[string, Change, number | null]>([
    ['max idle, once a person has typed into it', {}, MAX_IDLE_MS],
    ['its own all the same, where that is longer', withLimits({ graceMs: 2 * MAX_IDLE_MS }), 2 * MAX_IDLE_MS],
    ['none, where max idle is none', withLimits({ maxIdleMs: null }), null],
    ['none, where it is none', withLimits({ graceMs: null }), null],
  ])('its grace is %s', (_, change, graceMs) => {
    const seen = (passedMs: number) => done({ typed: true, capMs: null, now: at(SAID_AT + passedMs), ...change });
    const end = graceMs ?? 100 * MAX_IDLE_MS;
    expect(decide(seen(end - 1)).action).toEqual(nothing);
    expect(decide(seen(end)).action).toEqual(graceMs === null ? nothing : success);
  });

  test('and gone back to by a person, it is ended for idleness, not for the grace', () => {
    const typed = report('working', SAID_AT, { source: 'keys' });
    const now = at(SAID_AT + MAX_IDLE_MS + 1);
    const redraws = active(MAX_IDLE_MS, { outputBytes: 1_000_000 });
    expect(decide(done({ report: typed, now })).action).toEqual(nothing);
    expect(decide(done({ report: typed, now, activity: redraws })).action).toMatchObject({ do: 'term', cause: 'idle' });
  });
});

describe('doing nothing', () => {
  const NOW = at(STARTED.uptimeMs + 3_000_000);
  const idle = (change: Change) =>
    evidence({ activity: active(MAX_IDLE_MS), now: NOW, capMs: null, company: ALONE, ...change });
  const term = (says: string): Action => ({ do: 'term', cause: 'idle', reason: `idle for 30m: ${says} in 1800 s` });
  const againAfter = NOW.uptimeMs + MAX_IDLE_MS / 16;

  test('as of a look before this one is no reason: it may work again', () => {
    const { memory } = active(MAX_IDLE_MS);
    const seen = decide(idle({ activity: { memory, current: undefined } }));
    expect(seen).toEqual({ action: nothing, nextAtMs: againAfter });
  });

  test.each<[string, Change, Action]>([
    ['nothing at all', {}, term('0.0 % of a core and no output')],
    [
      'just under 1 % of a core',
      { activity: active(MAX_IDLE_MS, { cpuMs: 17_999 }) },
      term('1.0 % of a core and no output'),
    ],
    [
      'what a program at its prompt does',
      { activity: active(MAX_IDLE_MS, { cpuMs: 5400 }) },
      term('0.3 % of a core and no output'),
    ],
    [
      'only drawing, long after it said that it is done',
      {
        activity: active(MAX_IDLE_MS, { outputBytes: 9e6 }),
        report: report('done', 0),
        ...withLimits({ graceMs: null }),
      },
      term('0.0 % of a core and output'),
    ],
    [
      'only drawing, after a person went back to it',
      { activity: active(MAX_IDLE_MS, { outputBytes: 9e6 }), report: report('working', 0, { source: 'keys' }) },
      term('0.0 % of a core and output'),
    ],
  ])('for max idle ends it: %s', (_, change, action) => {
    expect(decide(idle(change))).toEqual({ action, nextAtMs: undefined });
  });

  test.each<[string, Change, string]>([
    ['1 % of a core', { activity: active(MAX_IDLE_MS, { cpuMs: 18_000 }) }, '1.0 % of a core and no output'],
    ['a byte of output', { activity: active(MAX_IDLE_MS, { outputBytes: 1 }) }, '0.0 % of a core and output'],
    ['a log that was rotated', { activity: active(MAX_IDLE_MS, { outputBytes: -4000 }) }, '0.0 % of a core and output'],
    [
      'output, once it got something to do',
      { activity: active(MAX_IDLE_MS, { outputBytes: 1 }), report: report('working', 0, { source: 'send' }) },
      '0.0 % of a core and output',
    ],
    [
      'work, though it says that it is done',
      {
        activity: active(MAX_IDLE_MS, { cpuMs: 18_001 }),
        report: report('done', NOW.uptimeMs - 60_000),
        ...withLimits({ graceMs: null }),
      },
      '1.0 % of a core and no output',
    ],
  ])('is not %s', (_, change, says) => {
    const decision = decide(idle(change));
    expect(decision.action).toEqual(nothing);
    expect(decision.against).toEqual([`not idle for 30m: ${says} in 1800 s`]);
    expect(decision.nextAtMs).toBeLessThanOrEqual(againAfter);
  });

  test.each<[string, Change, number | undefined]>([
    ['that is just short', { activity: active(MAX_IDLE_MS - 1) }, againAfter],
    ['that has just begun', { activity: active(0) }, NOW.uptimeMs + MAX_IDLE_MS],
    ['of which nobody knows', { activity: undefined }, undefined],
    ['without a limit', { ...withLimits({ maxIdleMs: null }) }, undefined],
    ['in another container', { whereabouts: 'elsewhere' }, undefined],
  ])('for a time %s does not end it', (_, change, nextAtMs) => {
    expect(decide(idle(change))).toMatchObject({ action: nothing, nextAtMs });
  });

  test('while the machine sleeps is not counted: uptime alone makes nobody idle', () => {
    const afterANight = at(NOW.uptimeMs + 8 * 3_600_000);
    expect(decide(idle({ now: afterANight, activity: active(MAX_IDLE_MS - 1) })).action).toEqual(nothing);
  });

  test('asks in whose company it does so before it is ended, and not earlier', () => {
    expect(decide(idle({ company: undefined })).action).toEqual(ask);
    expect(decide(idle({ company: undefined, activity: active(MAX_IDLE_MS - 1) })).action).toEqual(nothing);
  });

  test.each<[string, Change, Partial<Company>, string[]]>([
    ...HELD,
    ['a person typed within max idle', {}, { typedAtMs: NOW.wallMs - MAX_IDLE_MS + 1 }, ['a person has typed into it']],
    [
      'agents that it spawned live',
      {},
      { liveChildren: ['b', 'c'] },
      ['it has spawned b, which is live', 'it has spawned c, which is live'],
    ],
    ['it waits for agents', {}, { waits: true }, ['it waits for agents']],
  ])('begins anew where %s', (_, change, company, against) => {
    const seen = idle({ ...change, company: { ...ALONE, ...company } });
    expect(decide(seen)).toMatchObject({ action: beginAnew, against });
  });

  test('ends it although a person typed into it, max idle ago', () => {
    const company = { ...ALONE, typedAtMs: NOW.wallMs - MAX_IDLE_MS };
    expect(decide(idle({ company })).action).toEqual(term('0.0 % of a core and no output'));
  });
});

describe('done a moment ago', () => {
  const NOW = at(STARTED.uptimeMs + 3_000_000);
  const done = (change: Change) =>
    evidence({ report: report('done', NOW.uptimeMs - 1000), now: NOW, company: ALONE, ...change });

  // Idleness looks at the time before the report too, and counts no output of that time either.
  test('it is not idle because it worked with output, and little CPU, before', () => {
    const activity = active(MAX_IDLE_MS, { outputBytes: 1_000_000 });
    expect(decide(done({ activity })).action).toEqual(nothing);
  });

  test('it is not idle because it was silent before: it has just said something', () => {
    expect(decide(done({ activity: active(MAX_IDLE_MS) })).action).toEqual(nothing);
  });
});
