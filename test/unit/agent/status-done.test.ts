import { describe, expect, test } from 'vitest';
import type { Exit, Said, VerdictCause } from '../../../src/agent/evidence.ts';
import { type Result, statusOf, waitCode } from '../../../src/agent/status.ts';
import {
  absent,
  at,
  damaged,
  ENDED_UPTIME_MS,
  evidence,
  exit,
  NOBODY,
  NOW,
  report,
  SPEC,
  STARTED,
  STOP_ORDER,
  there,
  verdict,
} from './evidence.ts';

type Change = Parameters<typeof evidence>[0];

const SAID_AT = STARTED.uptimeMs + 10_000;
const DONE = report('done', SAID_AT);

function ended(cause: VerdictCause, termAt: number, said?: Said): Change {
  return { verdict: there({ ...verdict(cause, { term: termAt }), said }) };
}

describe('an agent that runs on after it said that it is done', () => {
  test.each<[string, Change, string, string]>([
    ['is done', {}, 'done', 'said that it is done (success)'],
    [
      'says how it went',
      { report: report('done', SAID_AT, { status: 'failure', message: 'no network' }) },
      'done',
      'said that it is done (failure): no network',
    ],
    [
      'went well, where it did not say how',
      { report: report('done', SAID_AT, { status: null }) },
      'done',
      'said that it is done (success)',
    ],
    ['is done although nobody keeps its cap', { watchdog: 'dead' }, 'done', 'said that it is done (success)'],
    ['is done although somebody keeps it', { keptBy: 'me' }, 'done', 'said that it is done (success)'],
    ['runs again after a later report', { report: report('working', SAID_AT + 1) }, 'running', 'the agent runs'],
    [
      'runs again after the keys of a person',
      { report: report('working', SAID_AT + 1, { source: 'keys' }) },
      'running',
      'the agent runs',
    ],
    [
      'is stopping once that is ordered',
      { stopOrder: there(STOP_ORDER) },
      'stopping',
      'agentctl stop asked it to stop',
    ],
    ['is stopping once its grace was over', ended('done', NOW.uptimeMs, 'success'), 'stopping', 'done, it says'],
    [
      'is stopping once it has ended',
      { agent: 'dead' },
      'stopping',
      'the agent has ended, its wrapper is about to say how',
    ],
    [
      'is stopping once its wrapper was killed',
      { wrapper: 'dead' },
      'stopping',
      'its wrapper was killed; the watchdog is ending the rest',
    ],
  ])('%s', (_, change, phase, reason) => {
    expect(statusOf(evidence({ report: DONE, ...change }))).toMatchObject({
      phase,
      reason,
      result: null,
      exitCode: null,
      endedAtMs: null,
    });
  });

  test('is unknown where that is all that is known', () => {
    expect(statusOf(evidence({ report: DONE, sentinel: damaged('exit.json') })).phase).toBe('unknown');
    expect(statusOf(evidence({ report: DONE, whereabouts: 'elsewhere' })).phase).toBe('unknown');
  });
});

describe('the end of an agent that had said that it is done', () => {
  const before = ENDED_UPTIME_MS - 1;
  test.each<[string, Change, Exit, Result, number | null, string | null, string]>([
    [
      'by our TERM is a success',
      ended('done', before, 'success'),
      exit(143),
      'succeeded',
      0,
      null,
      'done, it says; ended by SIGTERM',
    ],
    [
      'by our KILL is a success',
      ended('done', before, 'success'),
      exit(137),
      'succeeded',
      0,
      null,
      'done, it says; ended by SIGKILL',
    ],
    [
      'by our TERM is a failure, where it said that',
      ended('done', before, 'failure'),
      exit(143),
      'failed',
      1,
      null,
      'done, it says; ended by SIGTERM',
    ],
    [
      'by our TERM is a failure, also where it took that with 0',
      ended('done', before, 'failure'),
      exit(0),
      'failed',
      1,
      null,
      'done, it says; exited with 0',
    ],
    [
      'by our TERM is a success, also where it took that with 1',
      ended('done', before, 'success'),
      exit(1),
      'succeeded',
      0,
      null,
      'done, it says; exited with 1',
    ],
    [
      'by our TERM is a success, where an older agentctl put down no more',
      ended('done', before),
      exit(143),
      'succeeded',
      0,
      null,
      'done, it says; ended by SIGTERM',
    ],
    [
      'by our TERM is what it said, where nobody learnt the code',
      ended('done', before, 'success'),
      exit(null),
      'succeeded',
      0,
      null,
      'done, it says; nobody could learn its exit code',
    ],
    ['by itself has its own code', {}, exit(3), 'failed', 3, null, 'exited with 3'],
    [
      'by itself has its own 0',
      { report: report('done', SAID_AT, { status: 'failure' }) },
      exit(0),
      'succeeded',
      0,
      null,
      'exited with 0',
    ],
    ['by a signal that was not ours is told as that', {}, exit(137), 'signaled', 137, 'SIGKILL', 'ended by SIGKILL'],
    [
      'by itself wins a race against our TERM',
      ended('done', ENDED_UPTIME_MS + 1, 'success'),
      exit(3),
      'failed',
      3,
      null,
      'exited with 3',
    ],
    [
      'by a stop is a stop',
      ended('stopped', before),
      exit(143),
      'stopped',
      143,
      'SIGTERM',
      'stopped, it says; ended by SIGTERM',
    ],
    [
      'at its cap is its cap',
      ended('capped', before),
      exit(143),
      'timed-out',
      143,
      'SIGTERM',
      'capped, it says; ended by SIGTERM',
    ],
    [
      'for idleness is that',
      ended('idle', before),
      exit(143),
      'idled-out',
      143,
      'SIGTERM',
      'idle, it says; ended by SIGTERM',
    ],
  ])('%s', (_, change, sentinel, result, exitCode, signal, reason) => {
    const seen = evidence({ ...NOBODY, report: DONE, sentinel: there(sentinel), ...change });
    expect(statusOf(seen)).toMatchObject({ phase: 'ended', result, exitCode, signal, reason });
  });

  test('is the same from the code that was recorded, where nobody published it', () => {
    const recorded = there(exit(143));
    const seen = evidence({ ...NOBODY, report: DONE, recorded, ...ended('done', before, 'failure') });
    expect(statusOf(seen)).toMatchObject({ phase: 'ended', result: 'failed', exitCode: 1, signal: null });
  });

  test.each<[Said, number]>([
    ['success', 0],
    ['failure', 1],
  ])('gives a waiting script its word: %s is %i', (said, code) => {
    const seen = evidence({ ...NOBODY, sentinel: there(exit(143)), ...ended('done', before, said) });
    expect(waitCode(statusOf(seen))).toBe(code);
  });
});

describe('the time of the teardown', () => {
  const GRACE_MS = 300_000;
  const endedAt = STARTED.wallMs + 20_000;
  const withGrace = (graceMs: number | null): Change => ({
    spec: there({ ...SPEC, limits: { ...SPEC.limits, graceMs } }),
  });
  test.each<[string, Change, number | null]>([
    ['is not known while it runs', {}, null],
    ['is the grace after it said that it is done', { report: DONE }, at(SAID_AT).wallMs + GRACE_MS],
    ['is not known once it works again', { report: report('working', SAID_AT + 1) }, null],
    ['is not known while it is being stopped', { report: DONE, stopOrder: there(STOP_ORDER) }, null],
    ['is the grace after the end', { ...NOBODY, sentinel: there(exit(0)) }, endedAt + GRACE_MS],
    [
      'is the grace after the end, not after done',
      { ...NOBODY, report: DONE, sentinel: there(exit(0)) },
      endedAt + GRACE_MS,
    ],
    ['is the end, where there is no grace to wait', { ...NOBODY, sentinel: there(exit(0)), ...withGrace(0) }, endedAt],
    ['is never, where the grace is none', { ...NOBODY, sentinel: there(exit(0)), ...withGrace(null) }, null],
    ['is never, where the grace is none, for one that is done', { report: DONE, ...withGrace(null) }, null],
    ['is past for what is archived', { ...NOBODY, sentinel: there(exit(0)), archived: true }, null],
    ['is not known without a spec', { ...NOBODY, sentinel: there(exit(0)), spec: absent }, null],
  ])('%s', (_, change, teardownAtMs) => {
    expect(statusOf(evidence(change)).teardownAtMs).toBe(teardownAtMs);
  });
});
