// The cap, as a manager keeps it: whatever the agent does about it, all of its tree is gone in time, and the verdict says
// exactly what was done.
import { describe, expect, test } from 'vitest';
import { livenessOf } from '../../src/system/processes.ts';
import {
  CapBench,
  CHAINS,
  isOutOfReach,
  ORPHAN,
  PLACES,
  placeOf,
  UNRULY,
  type Unruly,
  type UnrulyAgent,
  type Verdict,
} from '../fixtures/unruly-agents.ts';
import { LOAD_SECONDS, waitFor } from '../fixtures/wait-for.ts';

const CAP = 2;
const KILL_AFTER = 1;
const LIMITS = ['--max-runtime', `${CAP}s`, '--kill-after', `${KILL_AFTER}s`];
/** The promise: gone that long after cap and kill-after. */
const PROMISE = 1;
/** Far from the watchdog's time, cap + 30 s: this is the manager's. */
const IN_TIME = CAP + KILL_AFTER + PROMISE + LOAD_SECONDS;

describe.each(PLACES)('at its cap, %s,', (place) => {
  test.skipIf(isOutOfReach(place))('an agent of any kind is gone, with all that it started', async () => {
    const bench = new CapBench(placeOf(place));
    const agents = await Promise.all(UNRULY.map((kind) => bench.unruly(kind, ...LIMITS)));
    await Promise.all(agents.map((agent) => agent.ready()));
    const gone = await Promise.all(agents.map((agent) => agent.gone()));
    report(place, agents, gone);
    for (const [index, agent] of agents.entries()) {
      const { kind } = agent;
      expect(agent.started.cgroup !== null, kind.name).toBe(place === 'with control groups');
      await endedAtItsCap(bench, agent, gone[index] ?? Number.NaN);
      const { child } = agent;
      const killed = kind.code === 137 ? agent.started.agent.pid : undefined;
      const named = ended(agent);
      if (killed !== undefined) expect(named, kind.name).toContainEqual(expect.objectContaining({ pid: killed }));
      if (child) expect(named, kind.name).toContainEqual({ pid: child.pid, command: 'sleep 1001', why: kind.child });
      expect(named, kind.name).toHaveLength(child || killed ? 1 : 0);
      // Orphans of other tests may be among them.
      expect(
        agent.verdict()?.suspects.map(({ pid }) => pid),
        kind.name,
      ).not.toContain(child?.pid);
    }
    expect(await bench.ps()).toHaveLength(agents.length);
  });

  // One after the other: each keeps a processor busy.
  const itself = test.skipIf(isOutOfReach(place));
  itself.each(CHAINS)('a $name of forks of 1 ms is gone', async (kind) => {
    const bench = new CapBench(placeOf(place));
    const agent = await bench.unruly(kind, ...LIMITS);
    await agent.ready();
    expect(await bench.livesOn(kind)).toBe(true);
    const gone = await agent.gone();
    report(place, [agent], [gone]);
    await endedAtItsCap(bench, agent, gone);
    expect(await bench.livesOn(kind), 'the chain goes on').toBe(false);
    // One that stays in the terminal's session may end with it, of the hang-up.
    if (kind.name !== 'chain') expect(ended(agent)).not.toEqual([]);
  });

  test.skipIf(isOutOfReach(place))('an orphan that nothing else ties is killed, or named', async () => {
    const bench = new CapBench(placeOf(place));
    const agent = await bench.unruly(ORPHAN, ...LIMITS);
    await agent.ready();
    const orphan = agent.child;
    if (orphan === undefined) throw new Error('it has left nobody');
    const gone = await agent.gone();
    report(place, [agent], [gone]);
    await endedAtItsCap(bench, agent, gone);
    const verdict = agent.verdict();
    if (place === 'with control groups') {
      expect(livenessOf(orphan)).toBe('dead');
      expect(ended(agent)).toEqual([{ pid: orphan.pid, command: 'sleep 1001', why: 'cgroup' }]);
      expect(verdict?.suspects).toEqual([]);
    } else {
      expect(livenessOf(orphan)).toBe('alive');
      expect(ended(agent)).toEqual([]);
      expect(verdict?.suspects).toContainEqual({ pid: orphan.pid, command: 'sleep 1001', why: 'suspect' });
    }
  });
});

async function endedAtItsCap(bench: CapBench, agent: UnrulyAgent, gone: number): Promise<void> {
  const { kind } = agent;
  await waitFor(`${kind.name}: the end of its tree to be put down`, () => agent.at('ended') !== undefined);
  const verdict = agent.verdict();
  expect(verdict, kind.name).toMatchObject({ cause: 'capped', spared: [], survivors: [] });
  // Who obeys may be seen dead a moment before its wrapper has published: what it left is killed then already.
  const steps = isKilled(kind) ? agent.steps : agent.steps?.filter((step) => step !== 'kill');
  expect(steps, kind.name).toEqual(isKilled(kind) ? ['term', 'kill', 'ended'] : ['term', 'ended']);
  const [term = 0, kill = term, over = 0] = ['term', 'kill', 'ended'].map((step) => agent.at(step));
  const killAfter = isKilled(kind) ? KILL_AFTER : 0;
  expect(term, kind.name).toBeGreaterThanOrEqual(CAP);
  expect(kill - term, kind.name).toBeGreaterThanOrEqual(killAfter);
  expect(over, kind.name).toBeGreaterThanOrEqual(kill);
  expect(kill, kind.name).toBeLessThanOrEqual(IN_TIME);
  expect(over, kind.name).toBeLessThanOrEqual(IN_TIME);
  expect(gone, kind.name).toBeLessThanOrEqual(IN_TIME);
  expect(await bench.agent(kind.name), kind.name).toMatchObject({
    phase: 'ended',
    result: 'timed-out',
    exitCode: kind.code,
  });
  expect(await bench.run('wait', kind.name), kind.name).toMatchObject({ code: 124, stderr: '' });
}

/**
 * Whom the verdict names. A scan can meet the watchdog's own sleep in the moment between the watchdog's end and its own:
 * no agent here sleeps for 5 s.
 */
function ended(agent: UnrulyAgent): Verdict['ended'] {
  return (agent.verdict()?.ended ?? []).filter(({ command }) => command !== 'sleep 5');
}

function isKilled({ code }: Unruly): boolean {
  return code === 137;
}

function report(place: string, agents: readonly UnrulyAgent[], gone: readonly number[]): void {
  if (!process.env.FIGURES) return;
  for (const [i, a] of agents.entries())
    console.log(place, a.kind.name, 'gone', gone[i]?.toFixed(2), 'ended', a.at('ended')?.toFixed(2));
}
