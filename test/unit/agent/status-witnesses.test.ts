import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Evidence, Exit, Found, Spec, Started, Verdict } from '../../../src/agent/evidence.ts';
import { statusOf } from '../../../src/agent/status.ts';
import {
  absent,
  CREATED,
  damaged,
  ENDED_UPTIME_MS,
  evidence,
  exit,
  NOW,
  PENDING,
  SPEC,
  STARTED_RECORD,
  there,
  verdict,
} from './evidence.ts';

const STOPPED = there(verdict('stopped', { term: ENDED_UPTIME_MS - 1 }));

// Every combination of what the witnesses may say, as far as they are looked at: no pid is known without started.json.
const SENTINELS: Found<Exit>[] = [absent, damaged('exit.json'), there(exit(0)), there(exit(9)), there(exit(null))];
const RECORDED: Found<Exit>[] = [
  absent,
  damaged('exit.tmp'),
  there(PENDING),
  there(exit(null)),
  there(exit(0)),
  there(exit(9)),
];
const STARTS: Found<Started>[] = [there(STARTED_RECORD), absent, damaged('started.json')];
const SPECS: Found<Spec>[] = [there(SPEC), absent, damaged('spec.json')];
const VERDICTS: Found<Verdict>[] = [
  absent,
  damaged('verdict.json'),
  STOPPED,
  there(verdict('stopped', { term: ENDED_UPTIME_MS + 10 })),
  there(verdict('capped', { term: ENDED_UPTIME_MS - 10 })),
  there(verdict('lost', { ended: ENDED_UPTIME_MS + 10 })),
];
const LIFE = ['alive', 'dead'] as const;

function everyCombination(): Evidence[] {
  const all: Evidence[] = [];
  for (const sentinel of SENTINELS)
    for (const recorded of RECORDED)
      for (const started of STARTS)
        for (const spec of SPECS)
          for (const found of VERDICTS)
            for (const whereabouts of ['here', 'rebooted', 'elsewhere'] as const)
              for (const wrapper of LIFE)
                for (const watchdog of LIFE)
                  for (const agent of LIFE)
                    for (const launcher of LIFE) {
                      if (started.state !== 'there' && (watchdog === 'alive' || agent === 'alive')) continue;
                      const files = { sentinel, recorded, started, spec, verdict: found };
                      all.push(evidence({ ...files, whereabouts, wrapper, watchdog, agent, launcher }));
                    }
  return all;
}

describe('whatever the witnesses say', () => {
  const all = everyCombination().map((one) => ({ ...one, status: statusOf(one) }));
  const noSentinel = all.filter(({ files }) => files.sentinel.state !== 'there');
  const none = (broken: typeof all): void => expect(broken.slice(0, 1)).toEqual([]);

  test('a sentinel ends it, and only a sentinel or the absence of everyone does', () => {
    none(all.filter(({ files, status }) => files.sentinel.state === 'there' && status.phase !== 'ended'));
    none(
      noSentinel.filter(
        ({ processes, whereabouts, status }) =>
          status.phase === 'ended' &&
          whereabouts !== 'rebooted' &&
          Object.values(processes).some((life, at) => life === 'alive' && at > 0),
      ),
    );
  });

  test('it is not running once its wrapper or the agent is dead, nor before its start is proved', () => {
    none(
      all.filter(
        ({ files, processes, status }) =>
          status.phase === 'running' &&
          (processes.wrapper === 'dead' || processes.agent === 'dead' || files.started.state !== 'there'),
      ),
    );
  });

  test('a damaged sentinel or spec is unknown, and says which file', () => {
    none(
      noSentinel.filter(
        ({ files, status }) =>
          (files.sentinel.state === 'damaged' && !(status.phase === 'unknown' && /exit\.json/.test(status.reason))) ||
          (files.spec.state !== 'there' && status.phase !== 'unknown'),
      ),
    );
  });

  test('what runs elsewhere is unknown until a sentinel comes', () => {
    none(noSentinel.filter(({ whereabouts, status }) => whereabouts === 'elsewhere' && status.phase !== 'unknown'));
  });

  test('another boot ends what a spec is known of', () => {
    none(
      noSentinel.filter(
        ({ files, whereabouts, status }) =>
          whereabouts === 'rebooted' &&
          files.sentinel.state === 'absent' &&
          files.spec.state === 'there' &&
          status.phase !== 'ended',
      ),
    );
  });

  test('a code that was observed is not lost, and none is made up', () => {
    none(
      all.filter(({ files, status }) => {
        if (status.phase !== 'ended') return status.exitCode !== null || status.result !== null;
        const found = files.sentinel.state === 'there' ? files.sentinel : files.recorded;
        const known = found.state === 'there' && found.value.how === 'observed' ? found.value.code : null;
        return status.exitCode !== known || (status.result === 'lost' && known !== null);
      }),
    );
  });

  test('success needs a code 0 that somebody observed', () => {
    none(
      all.filter(
        ({ files, status }) =>
          status.result === 'succeeded' &&
          !(['sentinel', 'recorded'] as const).some((file) => {
            const found = files[file];
            return found.state === 'there' && found.value.how === 'observed' && found.value.code === 0;
          }),
      ),
    );
  });

  test('there is a result and a time of the end exactly when it has ended, and always a reason', () => {
    none(
      all.filter(
        ({ files, status }) =>
          (status.phase === 'ended') !== (status.result !== null) ||
          (status.endedAtMs !== null && status.phase !== 'ended') ||
          (status.endedAtMs === null && status.phase === 'ended' && files.spec.state === 'there') ||
          status.reason === '',
      ),
    );
  });
});

describe('for any numbers', () => {
  const ms = () => fc.integer({ min: 0, max: 10_000_000 });
  const anyExit = () =>
    fc.record<Exit>({
      code: fc.option(fc.integer({ min: 0, max: 255 })),
      how: fc.constantFrom('observed', 'inferred', 'pending'),
      cause: fc.constantFrom('natural', 'capped', 'with-parent'),
      uptimeMs: ms(),
    });
  const anyVerdict = () =>
    fc.record({ cause: fc.constantFrom('natural', 'stopped', 'capped', 'with-parent', 'lost'), term: fc.option(ms()) });

  test('a verdict never changes the code, and a cause is only named where there is one', () => {
    fc.assert(
      fc.property(anyExit(), anyVerdict(), (sentinel, { cause, term }) => {
        const found = there(verdict(cause as Verdict['cause'], term === null ? {} : { term }));
        const status = statusOf(evidence({ sentinel: there(sentinel), verdict: found }));
        const forced = term !== null && term <= sentinel.uptimeMs;
        expect(status).toMatchObject({ phase: 'ended', exitCode: sentinel.code });
        if (!forced && sentinel.cause === 'natural')
          expect(['succeeded', 'failed', 'signaled', 'lost']).toContain(status.result);
        if (status.result === 'timed-out') expect([sentinel.cause, cause]).toContain('capped');
        if (status.result === 'lost') expect(sentinel.code).toBeNull();
        if (status.result === 'signaled') expect(status.signal).toMatch(/^SIG/);
      }),
    );
  });

  test('the end is not before the creation, and not moved by the clock', () => {
    fc.assert(
      fc.property(anyExit(), ms(), ms(), (sentinel, wallMs, uptimeMs) => {
        const endedAt = (now: Evidence['now']) =>
          statusOf(evidence({ sentinel: there({ ...sentinel, how: 'observed' }), now })).endedAtMs;
        expect(endedAt({ wallMs, uptimeMs })).toBe(endedAt(NOW));
        expect(endedAt(NOW)).toBeGreaterThanOrEqual(CREATED.wallMs);
      }),
    );
  });
});
