import { describe, expect, test } from 'vitest';
import { type Action, decide } from '../../../src/agent/decide.ts';
import type { Company } from '../../../src/agent/evidence.ts';
import {
  ALONE,
  at,
  CREATED,
  damaged,
  ENDED_UPTIME_MS,
  evidence,
  exit,
  NOBODY,
  NOW,
  report,
  SPEC,
  STARTED,
  there,
  verdict,
} from './evidence.ts';

type Change = Parameters<typeof evidence>[0];

const GRACE_MS = SPEC.limits.graceMs as number;
const ENDED_AT_WALL = STARTED.wallMs + 20_000;

const nothing: Action = { do: 'nothing' };
const ask: Action = { do: 'ask' };
const kill: Action = { do: 'kill' };
const teardown: Action = { do: 'teardown' };

const sentinel = there(exit(0));
const stopped = verdict('stopped', { term: ENDED_UPTIME_MS - 1 });
const settled = verdict('stopped', { term: ENDED_UPTIME_MS - 1, ended: ENDED_UPTIME_MS + 1 });
const graceOver = at(ENDED_UPTIME_MS + GRACE_MS);

function withGrace(graceMs: number | null): Change {
  return { spec: there({ ...SPEC, limits: { ...SPEC.limits, graceMs } }) };
}

describe('after the end', () => {
  test.each<[string, Change, Action, number | undefined]>([
    ['waits for the grace', { sentinel }, nothing, ENDED_UPTIME_MS + GRACE_MS],
    ['asks who looks at it after the grace', { sentinel, now: graceOver }, ask, undefined],
    ['tears down after the grace, alone', { sentinel, now: graceOver, company: ALONE }, teardown, undefined],
    [
      'gives no second grace to one that was ended for being done',
      {
        sentinel,
        report: report('done', ENDED_UPTIME_MS - GRACE_MS),
        verdict: there(verdict('done', { term: ENDED_UPTIME_MS - 1, ended: ENDED_UPTIME_MS + 1 })),
        now: at(ENDED_UPTIME_MS + 2),
        company: ALONE,
      },
      teardown,
      undefined,
    ],
    [
      'gives its own grace to one that said it is done, and then ended by itself',
      { sentinel, report: report('done', ENDED_UPTIME_MS - GRACE_MS), now: at(ENDED_UPTIME_MS + 2) },
      nothing,
      ENDED_UPTIME_MS + GRACE_MS,
    ],
    [
      'waits until just before, and asks nobody',
      { sentinel, now: at(graceOver.uptimeMs - 1) },
      nothing,
      graceOver.uptimeMs,
    ],
    [
      'counts the grace by uptime, whatever the clock was set to',
      { sentinel, now: { ...NOW, wallMs: 9e15 } },
      nothing,
      ENDED_UPTIME_MS + GRACE_MS,
    ],
    [
      'is over by uptime, the clock set back',
      { sentinel, now: { ...graceOver, wallMs: 0 }, company: ALONE },
      teardown,
      undefined,
    ],
    ['waits for nothing, where the grace is 0', { sentinel, ...withGrace(0), company: ALONE }, teardown, undefined],
    ['asks also where the grace is 0', { sentinel, ...withGrace(0) }, ask, undefined],
    ['waits for ever, where the grace is none', { sentinel, now: graceOver, ...withGrace(null) }, nothing, undefined],
    [
      'counts from the end, though it had said long before that it was done',
      { sentinel, report: report('done', STARTED.uptimeMs + 1) },
      nothing,
      ENDED_UPTIME_MS + GRACE_MS,
    ],
    ['kills what a stop left over, before the grace', { sentinel, verdict: there(stopped) }, kill, undefined],
    [
      'kills what a stop left over, before the question',
      { sentinel, verdict: there(stopped), now: graceOver },
      kill,
      undefined,
    ],
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
      { sentinel, archived: true, now: graceOver, verdict: there(stopped), company: ALONE },
      nothing,
      undefined,
    ],
    [
      'does nothing for one whose spec is damaged',
      { sentinel, spec: damaged('spec.json'), now: graceOver, company: ALONE },
      nothing,
      undefined,
    ],
    [
      'concludes what is lost',
      {},
      { do: 'conclude', reason: 'its wrapper and watchdog were killed, so nobody could learn its exit code' },
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
      'concludes once: then waits for the grace from when it was found lost',
      { verdict: there(verdict('lost', { ended: NOW.uptimeMs - 10 })) },
      nothing,
      NOW.uptimeMs - 10 + GRACE_MS,
    ],
    [
      'has nothing to conclude where the sentinel came',
      { sentinel: there(exit(null)) },
      nothing,
      ENDED_UPTIME_MS + GRACE_MS,
    ],
    [
      'kills nothing for a stop that another boot cut short, and counts from the last heartbeat',
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
      'counts by the clock where the uptime is of another boot',
      {
        whereabouts: 'rebooted',
        sentinel,
        now: { uptimeMs: 5000, wallMs: ENDED_AT_WALL + GRACE_MS - 1 },
        company: ALONE,
      },
      nothing,
      5001,
    ],
    [
      'is over by the clock where the uptime is of another boot',
      { whereabouts: 'rebooted', sentinel, now: { uptimeMs: 5000, wallMs: ENDED_AT_WALL + GRACE_MS }, company: ALONE },
      teardown,
      undefined,
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
});

describe('whoever looks at what has ended', () => {
  const unclear = 'whether it is kept is not known: orders.json is damaged: it is not JSON';

  test.each<[string, Change, Partial<Company>, string[]]>([
    ['is a person', {}, { attached: true }, ['a person is attached']],
    ['may be one, where tmux does not say', {}, { attached: undefined }, ['tmux does not say who is attached']],
    ['wants it kept', { keptBy: 'agentctl keep' }, {}, ['it is kept (agentctl keep)']],
    ['may want it kept, where the orders are damaged', { stopOrder: damaged('orders.json') }, {}, [unclear]],
    [
      'may be all of them',
      { keptBy: 'me', stopOrder: damaged('orders.json') },
      { attached: true },
      ['it is kept (me)', unclear, 'a person is attached'],
    ],
  ])('%s: that holds the teardown, and is asked again', (_, change, company, against) => {
    const seen = evidence({ ...NOBODY, sentinel, now: graceOver, ...change, company: { ...ALONE, ...company } });
    expect(decide(seen)).toEqual({ action: nothing, nextAtMs: graceOver.uptimeMs + 15_000, against });
  });

  test.each<[string, Partial<Company>]>([
    ['keys that were pressed', { typedAtMs: graceOver.wallMs }],
    ['agents that it spawned', { liveChildren: ['b'] }],
    ['something of its own that waits', { waits: true }],
  ])('does not matter where it is only %s', (_, company) => {
    const seen = evidence({ ...NOBODY, sentinel, now: graceOver, company: { ...ALONE, ...company } });
    expect(decide(seen).action).toEqual(teardown);
  });

  test('does not keep alive what a stop left over', () => {
    const held: Change = { keptBy: 'me', company: { ...ALONE, attached: true } };
    expect(decide(evidence({ ...NOBODY, sentinel, verdict: there(stopped), ...held })).action).toEqual(kill);
  });
});

describe('a grace that the caller gives', () => {
  const passedMs = NOW.uptimeMs - ENDED_UPTIME_MS;
  test.each<[string, number | null | undefined, Action]>([
    ['is not there: the agent keeps to its own', undefined, nothing],
    ['of 0 tears down at once', 0, teardown],
    ['of none waits for ever', null, nothing],
    ['that is just over tears down', passedMs, teardown],
    ['that is not yet over waits', passedMs + 1, nothing],
  ])('%s', (_, graceMs, action) => {
    expect(decide(evidence({ ...NOBODY, sentinel }), graceMs).action).toEqual(action);
  });

  test('asks nobody and heeds nobody: the caller knows what it wants', () => {
    const held: Change = { keptBy: 'me', stopOrder: damaged('orders.json'), company: { ...ALONE, attached: true } };
    expect(decide(evidence({ ...NOBODY, sentinel, ...held }), 0).action).toEqual(teardown);
  });

  test('does not spare what a stop left over', () => {
    expect(decide(evidence({ ...NOBODY, sentinel, verdict: there(stopped) }), 0).action).toEqual(kill);
  });

  test('is not for an agent that still runs', () => {
    const done = report('done', CREATED.uptimeMs + 1000);
    expect(decide(evidence({ report: done, company: ALONE }), 0).action).toEqual(nothing);
  });
});
