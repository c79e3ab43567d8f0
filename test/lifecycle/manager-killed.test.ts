// A manager that is SIGKILLed costs nothing but time: the watchdog keeps the cap, or the next manager goes on where it was.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { livenessOf } from '../../src/system/processes.ts';
import { noCgroups } from '../fixtures/scratch-cgroup.ts';
import { CapBench, CHAINS, ORPHAN, placeOf, UNRULY, type Unruly, type UnrulyAgent } from '../fixtures/unruly-agents.ts';
import { LOAD_SECONDS, waitFor } from '../fixtures/wait-for.ts';

const CAP = 2;
// So long that a test surely kills the manager before it is over.
const KILL_AFTER = 4;
const LIMITS = ['--max-runtime', `${CAP}s`, '--kill-after', `${KILL_AFTER}s`];
/** The watchdog's, in place of 30 s, 5 s and the agent's kill-after. */
const LATE = 3;
const BEAT = 1;
const WATCHDOG_KILL_AFTER = 1;
/** It learns of these at its second beat, after 5 s; it cuts times down to seconds; it sends TERM, waits, and kills. */
const WATCHDOG_BY = Math.max(5, CAP + LATE) + 1 + BEAT + WATCHDOG_KILL_AFTER + 1;

/** Who obeys at once may be seen to be gone by the manager before that is killed. */
const STEPS_WITHOUT_MANAGER = { deaf: [['term']], obedient: [['term'], ['term', 'ended']] };

interface Case {
  bench: CapBench;
  agent: UnrulyAgent;
}

test('killed at the start: the watchdog ends agents of any kind, all but an orphan that teardown ends', async () => {
  const cgroups = noCgroups === undefined;
  const bench = new CapBench(placeOf(cgroups ? 'with control groups' : 'without control groups'));
  const cases: Case[] = [];
  for (const kind of [...UNRULY, ...(cgroups ? [ORPHAN] : [])]) {
    cases.push(await start(bench, kind));
    if (kind === UNRULY[0]) bench.killManager();
  }
  await endedByWatchdog(cases);
  for (const { agent } of cases) {
    // There is nobody else who could have: no verdict, and the cause is in the sentinel.
    expect(agent.verdict()).toBe(undefined);
    expect(agent.record('exit.json')).toMatchObject({ cause: 'capped', how: 'observed' });
  }
  await tornDown(cases);
  const { child } = cases.find(({ agent }) => agent.kind === ORPHAN)?.agent ?? {};
  if (child === undefined) return;
  expect(livenessOf(child)).toBe('dead');
  expect(bench.record(await bench.agent(ORPHAN.name), 'verdict.json')).toMatchObject({
    cause: 'capped',
    ended: [{ pid: child.pid, command: 'sleep 1001', why: 'cgroup' }],
  });
}, 120_000);

test.each(CHAINS.filter(({ name }) => name === 'chain'))(
  'killed at the start: the watchdog ends a $name of forks of 1 ms',
  async (kind) => {
    const bench = new CapBench(placeOf('without control groups'));
    const one = await start(bench, kind);
    bench.killManager();
    await endedByWatchdog([one]);
    // That of the pane's session is hung up with the wrapper, should no scan of a shell have met it.
    await waitFor('the end of the chain', async () => !(await bench.livesOn(kind)));
    await tornDown([one]);
  },
);

test('killed as it puts TERM down: the watchdog ends agents of any kind', async () => {
  const kinds = UNRULY.filter(({ child }) => !child); // of the others see below
  const cases = await eachWithAManager(kinds, async ({ bench, agent }) => {
    await termIsPutDown(agent);
    bench.killManager();
  });
  await endedByWatchdog(cases);
  for (const { agent } of cases) {
    expect(STEPS_WITHOUT_MANAGER[agent.kind.code === 137 ? 'deaf' : 'obedient'], agent.kind.name).toContainEqual(
      agent.steps,
    );
    expect(agent.verdict(), agent.kind.name).toMatchObject({ cause: 'capped', reason: 'reached its cap' });
  }
  await tornDown(cases);
}, 120_000);

test('killed between TERM and KILL: the watchdog ends who is deaf, and who obeys is gone', async () => {
  await killedBetween(UNRULY.filter(({ child }) => !child));
}, 120_000);

// The agent obeys and publishes its end: its watchdog stays until the verdict says that the rest is gone.
test('killed between TERM and KILL: the watchdog ends what an obedient agent leaves behind', async () => {
  await killedBetween(UNRULY.filter(({ child }) => child));
}, 120_000);

async function killedBetween(kinds: readonly Unruly[]): Promise<void> {
  const cases = await eachWithAManager(kinds, killedAfterTerm);
  await endedByWatchdog(cases);
  for (const { agent } of cases) {
    expect(STEPS_WITHOUT_MANAGER[agent.kind.code === 137 ? 'deaf' : 'obedient'], agent.kind.name).toContainEqual(
      agent.steps,
    );
    const cause = agent.kind.code === 137 ? 'capped' : 'natural';
    expect(agent.record('exit.json'), agent.kind.name).toMatchObject({ cause, how: 'observed' });
  }
  await tornDown(cases);
}

test('killed between TERM and KILL: the next command starts another, which kills at the original time', async () => {
  const kinds = UNRULY.filter(({ code, child }) => code === 137 || child);
  const left = new Map<Case, { childLived: boolean; takenOverAt: number }>();
  const takenOver = async (one: Case) => {
    const { bench, agent } = one;
    await killedAfterTerm(one);
    const former = bench.manager();
    await waitFor('the end of the manager', () => livenessOf(former) === 'dead');
    const childLived = agent.child !== undefined && livenessOf(agent.child) === 'alive';
    bench.withManager();
    await bench.ok('spawn', '-n', 'another', '--', 'sleep', '1000');
    expect(bench.manager().pid).not.toBe(former.pid);
    left.set(one, { childLived, takenOverAt: agent.age() });
    await agent.gone();
    await waitFor(`${agent.kind.name}: its end to be put down`, () => agent.at('ended') !== undefined);
  };
  for (const one of await eachWithAManager(kinds, takenOver, false)) {
    const { agent, bench } = one;
    const { name, code, child } = agent.kind;
    const { childLived = false, takenOverAt = 0 } = left.get(one) ?? {};
    const isKilled = code === 137;
    expect(agent.steps, name).toEqual(isKilled ? ['term', 'kill', 'ended'] : ['term', 'ended']);
    const [term = 0, kill = term, ended = 0] = ['term', 'kill', 'ended'].map((step) => agent.at(step));
    figures(name, 'term', term, 'kill after', kill - term, 'ended', ended, 'taken over', takenOverAt);
    if (isKilled) {
      expect(kill - term, name).toBeGreaterThanOrEqual(KILL_AFTER);
      expect(kill, name).toBeLessThanOrEqual(Math.max(term + KILL_AFTER, takenOverAt) + 1 + LOAD_SECONDS);
    }
    // The one that was killed may just have ended the child, and then had no time to say so.
    if (childLived) expect(agent.verdict()?.ended).toMatchObject([{ pid: agent.child?.pid, why: child }]);
    // Not the watchdog, which would have come at cap + 30 s.
    expect(agent.record('exit.json'), name).toMatchObject({ cause: 'natural', how: 'observed' });
    expect(await bench.agent(name), name).toMatchObject({ result: 'timed-out', exitCode: code });
    expect(await bench.agent('another')).toMatchObject({ phase: 'running' });
    await bench.ok('stop', name, 'another');
  }
}, 120_000);

async function eachWithAManager(
  kinds: readonly Unruly[],
  meet: (one: Case) => Promise<void>,
  hurry = true,
): Promise<Case[]> {
  const place = placeOf('without control groups');
  const benches = kinds.map((kind) => ({ kind, bench: new CapBench(place) }));
  return Promise.all(
    benches.map(async ({ kind, bench }) => {
      const one = await start(bench, kind, hurry);
      await meet(one);
      return one;
    }),
  );
}

async function start(bench: CapBench, kind: Unruly, hurry = true): Promise<Case> {
  const agent = await bench.unruly(kind, ...LIMITS);
  if (hurry) hurryWatchdog(agent);
  await agent.ready();
  return { bench, agent };
}

/** By rename, as extend does it: the watchdog reads the old line or the new one. */
function hurryWatchdog({ directory, runId }: UnrulyAgent): void {
  const limits = join(directory, 'limits');
  expect(readFileSync(limits, 'utf8')).toBe(`${runId} ${CAP} ${KILL_AFTER} 5 30\n`);
  writeFileSync(`${limits}.new`, `${runId} ${CAP} ${WATCHDOG_KILL_AFTER} ${BEAT} ${LATE}\n`);
  renameSync(`${limits}.new`, limits);
}

async function termIsPutDown(agent: UnrulyAgent): Promise<void> {
  await waitFor(`${agent.kind.name}: TERM`, () => agent.at('term') !== undefined);
}

async function killedAfterTerm({ bench, agent }: Case): Promise<void> {
  const { name, code } = agent.kind;
  await termIsPutDown(agent);
  // It is put down right before the signal; the log, which comes after, says that it was sent.
  await waitFor(`${name}: the log`, () => bench.managerLog().some((line) => line.do === 'term'));
  bench.killManager();
  if (code === 137) expect(agent.at('kill'), name).toBe(undefined);
}

/** All that belonged to them is gone in time, although no manager lives; and their status is true. */
async function endedByWatchdog(cases: readonly Case[]): Promise<void> {
  const lookedAt = cases.map(({ agent }) => agent.age()); // many are started one after the other, and looked at then
  const gone = await Promise.all(cases.map(({ agent }) => agent.gone()));
  for (const [index, { bench, agent }] of cases.entries()) {
    const { name, code } = agent.kind;
    await waitFor(`${name}: its sentinel`, async () => (await bench.agent(name)).phase === 'ended');
    const exit = agent.record('exit.json') as { uptimeSeconds: number; cause: string };
    const ended = exit.uptimeSeconds - agent.started.uptimeSeconds;
    figures(name, 'gone', gone[index]?.toFixed(2), 'sentinel', ended.toFixed(2), exit.cause);
    // It counts from its wrapper's start, by whole seconds: never from before the cap.
    if (exit.cause === 'capped') expect(ended, name).toBeGreaterThanOrEqual(CAP + LATE - 1);
    expect(ended, name).toBeLessThanOrEqual(WATCHDOG_BY + LOAD_SECONDS);
    expect(gone[index], name).toBeLessThanOrEqual(Math.max(WATCHDOG_BY, lookedAt[index] ?? 0) + LOAD_SECONDS);
    expect(await bench.agent(name), name).toMatchObject({ phase: 'ended', result: 'timed-out', exitCode: code });
    expect(await bench.run('wait', name), name).toMatchObject({ code: 124, stderr: '' });
    expect(bench.env.AGENTCTL_MANAGER).toBe('off');
    expect(livenessOf(bench.manager())).toBe('dead');
  }
}

/** Those who watched over them go too, and what they had of the machine. */
async function tornDown(cases: readonly Case[]): Promise<void> {
  for (const { bench, agent } of cases) {
    await bench.ok('stop', agent.kind.name);
    for (const one of [agent.started.wrapper, agent.started.watchdog])
      await waitFor(`${agent.kind.name}: who watched over it to go`, () => livenessOf(one) === 'dead');
  }
}

function figures(...words: unknown[]): void {
  if (process.env.FIGURES) console.log(expect.getState().currentTestName, ...words);
}
