import { describe, expect, test } from 'vitest';
import type { Exit, Found, Verdict } from '../../../src/agent/evidence.ts';
import { heartbeatSays, type Result, START_PATIENCE_MS, statusOf, waitCode } from '../../../src/agent/status.ts';
import {
  absent,
  CREATED,
  damaged,
  ENDED_UPTIME_MS,
  evidence,
  exit,
  NOBODY,
  NOW,
  STARTED,
  STOP_ORDER,
  there,
  verdict,
} from './evidence.ts';

const STOPPED = there(verdict('stopped', { term: ENDED_UPTIME_MS - 1 }));

describe('a sentinel', () => {
  test.each<[string, Exit, Found<Verdict>, Result, number | null, string | null, string]>([
    ['of code 0', exit(0), absent, 'succeeded', 0, null, 'exited with 0'],
    ['of code 1', exit(1), absent, 'failed', 1, null, 'exited with 1'],
    ['of code 127', exit(127), absent, 'failed', 127, null, 'exited with 127'],
    ['of code 128', exit(128), absent, 'failed', 128, null, 'exited with 128'],
    ['of code 129', exit(129), absent, 'signaled', 129, 'SIGHUP', 'ended by SIGHUP'],
    ['of code 137', exit(137), absent, 'signaled', 137, 'SIGKILL', 'ended by SIGKILL'],
    ['of code 159', exit(159), absent, 'signaled', 159, 'SIGSYS', 'ended by SIGSYS'],
    ['of code 160', exit(160), absent, 'failed', 160, null, 'exited with 160'],
    ['of code 255', exit(255), absent, 'failed', 255, null, 'exited with 255'],
    [
      'without a code',
      exit(null),
      absent,
      'lost',
      null,
      null,
      'its wrapper was killed before the agent ended, so nobody could learn its exit code',
    ],
    [
      'of the watchdog at the cap',
      exit(143, { cause: 'capped' }),
      absent,
      'timed-out',
      143,
      'SIGTERM',
      'reached its cap; ended by SIGTERM',
    ],
    [
      'of the cap, which the agent obeyed with 0',
      exit(0, { cause: 'capped' }),
      absent,
      'timed-out',
      0,
      null,
      'reached its cap; exited with 0',
    ],
    [
      'of the cap, without a code',
      exit(null, { cause: 'capped' }),
      absent,
      'timed-out',
      null,
      null,
      'reached its cap; nobody could learn its exit code',
    ],
    [
      "of its parent's end",
      exit(143, { cause: 'with-parent' }),
      absent,
      'stopped',
      143,
      'SIGTERM',
      'its parent ended; ended by SIGTERM',
    ],
    ['after a stop', exit(143), STOPPED, 'stopped', 143, 'SIGTERM', 'stopped, it says; ended by SIGTERM'],
    [
      'after a stop that the agent obeyed with 0',
      exit(0),
      STOPPED,
      'stopped',
      0,
      null,
      'stopped, it says; exited with 0',
    ],
    [
      'after a stop, without a code',
      exit(null),
      STOPPED,
      'stopped',
      null,
      null,
      'stopped, it says; nobody could learn its exit code',
    ],
    [
      'after a TERM in the same hundredth of a second',
      exit(143),
      there(verdict('stopped', { term: ENDED_UPTIME_MS })),
      'stopped',
      143,
      'SIGTERM',
      'stopped, it says; ended by SIGTERM',
    ],
    [
      'before the TERM: a natural end wins the race',
      exit(0),
      there(verdict('stopped', { term: ENDED_UPTIME_MS + 10 })),
      'succeeded',
      0,
      null,
      'exited with 0',
    ],
    [
      'with a verdict that sent no TERM',
      exit(3),
      there(verdict('stopped', { kill: ENDED_UPTIME_MS - 1, ended: ENDED_UPTIME_MS })),
      'failed',
      3,
      null,
      'exited with 3',
    ],
    [
      "after reconcile's cap",
      exit(143),
      there(verdict('capped', { term: ENDED_UPTIME_MS - 1 })),
      'timed-out',
      143,
      'SIGTERM',
      'capped, it says; ended by SIGTERM',
    ],
    [
      "after reconcile's end with its parent",
      exit(1),
      there(verdict('with-parent', { term: ENDED_UPTIME_MS - 1 })),
      'stopped',
      1,
      null,
      'with-parent, it says; exited with 1',
    ],
    [
      'after a TERM to what was thought lost',
      exit(143),
      there(verdict('lost', { term: ENDED_UPTIME_MS - 1 })),
      'signaled',
      143,
      'SIGTERM',
      'ended by SIGTERM',
    ],
    [
      'after a verdict that was withdrawn',
      exit(0),
      there(verdict('natural', { term: ENDED_UPTIME_MS - 1 })),
      'succeeded',
      0,
      null,
      'exited with 0',
    ],
    ['with a damaged verdict', exit(3), damaged('verdict.json'), 'failed', 3, null, 'exited with 3'],
  ])('%s ends it', (_, sentinel, found, result, exitCode, signal, reason) => {
    expect(statusOf(evidence({ sentinel: there(sentinel), verdict: found, ...NOBODY }))).toEqual({
      phase: 'ended',
      result,
      exitCode,
      signal,
      reason,
      startedAtMs: STARTED.wallMs,
      endedAtMs: STARTED.wallMs + 20_000,
      deadlineMs: STARTED.wallMs + 3_600_000,
      teardownAtMs: STARTED.wallMs + 20_000 + 300_000,
    });
  });
});

describe('without a sentinel', () => {
  test.each<[string, Parameters<typeof evidence>[0], string, string | RegExp]>([
    ['everyone alive', {}, 'running', 'the agent runs'],
    ['the watchdog killed', { watchdog: 'dead' }, 'running', 'the agent runs'],
    ['the launcher alive still', { launcher: 'alive' }, 'running', 'the agent runs'],
    ['a stop ordered', { stopOrder: there(STOP_ORDER) }, 'stopping', 'agentctl stop asked it to stop'],
    ['an order that is damaged', { stopOrder: damaged('orders.json') }, 'running', 'the agent runs'],
    [
      'a TERM sent',
      { stopOrder: there(STOP_ORDER), verdict: there(verdict('capped', { term: NOW.uptimeMs })) },
      'stopping',
      'capped, it says',
    ],
    ['a damaged verdict', { verdict: damaged('verdict.json') }, 'running', 'the agent runs'],
    ['the agent dead', { agent: 'dead' }, 'stopping', 'the agent has ended, its wrapper is about to say how'],
    [
      'the agent dead and its code in exit.tmp, its wrapper about to publish',
      { agent: 'dead', recorded: there(exit(0)) },
      'stopping',
      'the agent has ended, its wrapper is about to say how',
    ],
    [
      'the agent and the watchdog dead',
      { agent: 'dead', watchdog: 'dead' },
      'stopping',
      'the agent has ended, its wrapper is about to say how',
    ],
    ['the wrapper killed', { wrapper: 'dead' }, 'stopping', /wrapper was killed; the watchdog is ending/],
    [
      'wrapper and agent killed',
      { wrapper: 'dead', agent: 'dead' },
      'stopping',
      /wrapper was killed; the watchdog is ending/,
    ],
    [
      'wrapper and watchdog killed',
      { wrapper: 'dead', watchdog: 'dead' },
      'stopping',
      /runs on and its exit code will not be known/,
    ],
    ['a cap that has passed: it ends only when somebody ends it', { capMs: 1000 }, 'running', 'the agent runs'],
    ['a damaged sentinel', { sentinel: damaged('exit.json') }, 'unknown', 'exit.json is damaged: it is not JSON'],
    [
      'a damaged sentinel, nobody alive and a code in exit.tmp',
      { ...NOBODY, sentinel: damaged('exit.json'), recorded: there(exit(0)) },
      'unknown',
      'exit.json is damaged: it is not JSON',
    ],
    ['a damaged spec', { spec: damaged('spec.json') }, 'unknown', 'spec.json is damaged: it is not JSON'],
    ['no spec', { spec: absent }, 'unknown', 'spec.json is missing'],
    ['a damaged start', { started: damaged('started.json') }, 'unknown', 'started.json is damaged: it is not JSON'],
    [
      'another container',
      { whereabouts: 'elsewhere', ...NOBODY },
      'unknown',
      'it was started in another container or on another machine; its last heartbeat was 3 s ago',
    ],
    [
      'another container, and no heartbeat',
      { whereabouts: 'elsewhere', ...NOBODY, heartbeatAtMs: undefined },
      'unknown',
      'it was started in another container or on another machine; there was no heartbeat',
    ],
    [
      'another container, not started as far as is known',
      { whereabouts: 'elsewhere', ...NOBODY, started: absent },
      'unknown',
      /another container/,
    ],
    [
      'another container, and a code in exit.tmp',
      { whereabouts: 'elsewhere', ...NOBODY, recorded: there(exit(0)) },
      'unknown',
      /another container/,
    ],
  ])('and with %s', (_, change, phase, reason) => {
    const status = statusOf(evidence(change));
    expect(status).toMatchObject({ phase, result: null, exitCode: null, signal: null, endedAtMs: null });
    expect(status.reason).toMatch(reason);
  });

  const lost = /wrapper and watchdog were killed, so nobody could learn its exit code/;
  const rebooted = /the machine was restarted while it ran/;
  test.each<[string, Parameters<typeof evidence>[0], Result, number | null, RegExp]>([
    ['nobody alive', {}, 'lost', null, lost],
    ['nobody alive, no exit.tmp', { recorded: absent }, 'lost', null, lost],
    ['nobody alive, exit.tmp damaged', { recorded: damaged('exit.tmp') }, 'lost', null, lost],
    ['nobody alive, an inferred end', { recorded: there(exit(null)) }, 'lost', null, lost],
    ['nobody alive, code 0 recorded', { recorded: there(exit(0)) }, 'succeeded', 0, /^exited with 0$/],
    ['nobody alive, code 7 recorded', { recorded: there(exit(7)) }, 'failed', 7, /^exited with 7$/],
    ['nobody alive, code 143 recorded', { recorded: there(exit(143)) }, 'signaled', 143, /^ended by SIGTERM$/],
    [
      'nobody alive, a code recorded at the cap',
      { recorded: there(exit(143, { cause: 'capped' })) },
      'timed-out',
      143,
      /^reached its cap/,
    ],
    [
      'nobody alive, a code recorded after a stop',
      { recorded: there(exit(143)), verdict: STOPPED },
      'stopped',
      143,
      /^stopped, it says/,
    ],
    ['a code that claims to be pending', { recorded: there(exit(0, { how: 'pending' })) }, 'lost', null, lost],
    ['a code that claims to be inferred', { recorded: there(exit(0, { how: 'inferred' })) }, 'lost', null, lost],
    ['another boot', { whereabouts: 'rebooted' }, 'lost', null, rebooted],
    [
      'another boot, whatever other processes have its pids now',
      { whereabouts: 'rebooted', agent: 'alive', wrapper: 'alive', watchdog: 'alive' },
      'lost',
      null,
      rebooted,
    ],
    [
      'another boot, a code recorded before it',
      { whereabouts: 'rebooted', recorded: there(exit(0)) },
      'succeeded',
      0,
      /^exited with 0$/,
    ],
    ['another boot, before the start', { whereabouts: 'rebooted', started: absent }, 'lost', null, rebooted],
    [
      'another boot, which damaged started.json',
      { whereabouts: 'rebooted', started: damaged('started.json') },
      'lost',
      null,
      rebooted,
    ],
    [
      'another boot, exit.tmp damaged',
      { whereabouts: 'rebooted', recorded: damaged('exit.tmp') },
      'lost',
      null,
      rebooted,
    ],
  ])('it ended with %s', (_, change, result, exitCode, reason) => {
    const status = statusOf(evidence({ ...NOBODY, ...change }));
    expect(status).toMatchObject({ phase: 'ended', result, exitCode });
    expect(status.reason).toMatch(reason);
  });

  test('nothing is said where only one of two records tells of another boot', () => {
    const started = { state: 'damaged', problem: 'they differ', contradicts: true } as const;
    const status = statusOf(evidence({ ...NOBODY, whereabouts: 'rebooted', started }));
    expect(status).toMatchObject({ phase: 'unknown', reason: 'they differ' });
  });

  const late = { wallMs: CREATED.wallMs + START_PATIENCE_MS, uptimeMs: CREATED.uptimeMs + START_PATIENCE_MS };
  const soon = { wallMs: late.wallMs, uptimeMs: late.uptimeMs - 1 };
  test.each<[string, Parameters<typeof evidence>[0], string, RegExp]>([
    ['its launcher at work', { launcher: 'alive', now: late }, 'starting', /being started/],
    ['its wrapper at work, the launcher gone', { wrapper: 'alive', now: late }, 'starting', /being started/],
    ['nobody at work, but only just', { now: soon }, 'starting', /being started/],
    ['nobody at work for too long', { now: late }, 'ended', /never started/],
    [
      'nobody at work for too long by uptime, whatever the clock was set to',
      { now: { ...late, wallMs: 0 } },
      'ended',
      /never started/,
    ],
    [
      'nobody at work for too long, and the code of a launch that failed',
      { now: late, recorded: there(exit(126)) },
      'ended',
      /exited with 126/,
    ],
    ['a sentinel of a launch that failed', { now: soon, sentinel: there(exit(126)) }, 'ended', /exited with 126/],
  ])('before the start with %s', (_, change, phase, reason) => {
    const status = statusOf(evidence({ ...NOBODY, started: absent, heartbeatAtMs: CREATED.wallMs, ...change }));
    expect(status).toMatchObject({ phase, startedAtMs: null, deadlineMs: null });
    expect(status.reason).toMatch(reason);
  });
});

describe('the times', () => {
  test.each<[string, Parameters<typeof evidence>[0], number | null]>([
    ['the start and the cap in force', { capMs: 60_000 }, STARTED.wallMs + 60_000],
    ['the cap of the spec, once the watchdog took `limits` away', { capMs: undefined }, STARTED.wallMs + 3_600_000],
    ['no cap', { capMs: null }, null],
    ['no start yet', { started: absent, launcher: 'alive' }, null],
    ['neither limits nor spec', { capMs: undefined, spec: absent }, null],
  ])('of the deadline come from %s', (_, change, deadlineMs) => {
    expect(statusOf(evidence(change)).deadlineMs).toBe(deadlineMs);
  });

  test.each<[string, Parameters<typeof evidence>[0], number | null]>([
    ["the sentinel's uptime", { sentinel: there(exit(0)) }, STARTED.wallMs + 20_000],
    [
      "the sentinel's uptime, the clock set back",
      { sentinel: there(exit(0)), now: { ...NOW, wallMs: 5 } },
      STARTED.wallMs + 20_000,
    ],
    ["exit.tmp's uptime, where nobody published", { recorded: there(exit(0)) }, STARTED.wallMs + 20_000],
    ['the creation, before a start', { started: absent, sentinel: there(exit(126)) }, CREATED.wallMs + 20_500],
    [
      'the creation, where the uptime is of another boot',
      { sentinel: there(exit(0, { uptimeMs: 10 })) },
      CREATED.wallMs,
    ],
    ['the last heartbeat, where nothing was recorded', {}, NOW.wallMs - 3000],
    ['the start, without a heartbeat', { heartbeatAtMs: undefined }, STARTED.wallMs],
    ['the creation, without start and heartbeat', { heartbeatAtMs: undefined, started: absent }, CREATED.wallMs],
    ['now, where the heartbeat is of the future', { heartbeatAtMs: NOW.wallMs + 9999 }, NOW.wallMs],
    [
      'nothing, where there is nothing',
      { spec: absent, started: absent, heartbeatAtMs: undefined, sentinel: there(exit(0)) },
      null,
    ],
  ])('of the end come from %s', (_, change, endedAtMs) => {
    expect(statusOf(evidence({ ...NOBODY, ...change }))).toMatchObject({ phase: 'ended', endedAtMs });
  });

  test('of the last heartbeat are told in seconds, never as of the future', () => {
    expect(heartbeatSays(evidence({ heartbeatAtMs: NOW.wallMs - 12_345 }))).toBe('its last heartbeat was 12 s ago');
    expect(heartbeatSays(evidence({ heartbeatAtMs: NOW.wallMs + 12_345 }))).toBe('its last heartbeat was 0 s ago');
    expect(heartbeatSays(evidence({ heartbeatAtMs: undefined }))).toBe('there was no heartbeat');
  });
});

describe('what a waiting script gets', () => {
  test.each<[Result | null, number | null, number]>([
    ['succeeded', 0, 0],
    ['failed', 3, 3],
    ['failed', 126, 126],
    ['failed', 127, 127],
    ['signaled', 137, 137],
    ['timed-out', 143, 124],
    ['timed-out', 0, 124],
    ['timed-out', null, 124],
    ['stopped', 143, 143],
    ['stopped', 0, 0],
    ['stopped', null, 125],
    ['idled-out', 143, 143],
    ['lost', null, 125],
  ])('for %s with code %s is %s', (result, exitCode, code) => {
    expect(waitCode({ result, exitCode })).toBe(code);
  });
});
