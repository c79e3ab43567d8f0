import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as library from '../../src/index.ts';
import { misfits } from '../e2e/schemas.ts';
import { LOAD_SECONDS, waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';

const CODES = [0, 0, 3, 1, 0];
const FINISHERS = CODES.map((code, at) => ({ name: `finishes-${at}`, code, seconds: 1 + at * 0.7 }));
const WORKERS = ['works-0', 'works-1', 'works-2', 'works-3'];
/** Puts down when it ends, as its last act. */
const FINISHER = 'echo "$1 at work"; sleep "$2"; echo "$1 has a result"; date +%s%N >"$3"; exit "$4"';

// Again where others had the processors meanwhile: 1 s is for agentctl, not for them.
test('of 9 agents, 5 that finish are seen to within 1 s, and gone after the grace; 4 work on', {
  retry: 2,
}, async () => {
  const bench = new Workbench().withManager();
  const state = { path: bench.state, reason: 'of this test' };
  const spawn = (name: string, ...command: string[]) =>
    bench.ok('spawn', '-n', name, '--grace', '3s', '--', 'sh', '-c', ...command);
  for (const name of WORKERS) await spawn(name, 'while :; do date; sleep 0.5; done');
  const seenEndedAt = new Map<string, number>();
  // Looked at all the time, also while some are still being started.
  const archived = waitFor('all five to be archived', () => {
    const at = Date.now();
    const agents = library.list(state, { all: true });
    for (const { name, phase } of agents) {
      if (phase === 'ended' && !seenEndedAt.has(name)) seenEndedAt.set(name, at);
      // Never before it has ended.
      if (phase === 'ended') expect(existsSync(join(bench.dir, name)), `${name} is said to have ended`).toBe(true);
    }
    return agents.filter(({ archived }) => archived).length === FINISHERS.length;
  });
  const spawned = Promise.all(
    FINISHERS.map(({ name, code, seconds }) =>
      spawn(name, FINISHER, 'sh', name, String(seconds), join(bench.dir, name), String(code)),
    ),
  );
  await Promise.all([spawned, archived]);
  for (const { name } of FINISHERS) {
    const endedAt = Number(readFileSync(join(bench.dir, name), 'utf8')) / 1e6;
    expect((seenEndedAt.get(name) ?? Number.POSITIVE_INFINITY) - endedAt, name).toBeLessThan(LOAD_SECONDS * 1000);
  }
  expect([...seenEndedAt.keys()].toSorted()).toEqual(FINISHERS.map(({ name }) => name));

  expect((await bench.ok('tmux', 'list-sessions', '-F', '#{session_name}')).trim().split('\n').toSorted()).toEqual(
    WORKERS,
  );
  expect((await bench.ok('ps', '-q')).trim().split('\n').toSorted()).toEqual(WORKERS);
  for (const { name, code, seconds } of FINISHERS) {
    const agent = await bench.agent(name);
    expect(agent).toMatchObject({
      phase: 'ended',
      archived: true,
      exitCode: code,
      result: code === 0 ? 'succeeded' : 'failed',
    });
    expect(await bench.ok('logs', name)).toBe(`${name} at work\n${name} has a result\n`);
    const { steps } = bench.record(agent, 'verdict.json') as { steps: { step: string; at: string }[] };
    expect(steps.map(({ step }) => step)).toEqual(['teardown']);
    // The grace, and no session that sits there for a day.
    const sat = Date.parse(steps[0]?.at ?? '') - Date.parse(agent.endedAt as string);
    expect(sat).toBeGreaterThanOrEqual(2900);
    expect(sat).toBeLessThan(3000 + LOAD_SECONDS * 1000);
    expect(Date.parse(agent.endedAt as string) - Date.parse(agent.startedAt as string)).toBeGreaterThan(
      seconds * 1000 - 50,
    );
  }
  for (const agent of (await bench.ps()).filter(({ name }) => WORKERS.includes(name)))
    expect(agent).toMatchObject({ phase: 'running', result: null });

  const stats = JSON.parse(await bench.ok('stats', '--json')) as { savedFraction: number };
  expect(misfits('stats', stats)).toEqual([]);
  expect(stats).toMatchObject({ agents: 9, live: 4, ended: 5, damaged: 0, results: { succeeded: 3, failed: 2 } });
  expect(stats.savedFraction).toBeGreaterThanOrEqual(0.95);
});
