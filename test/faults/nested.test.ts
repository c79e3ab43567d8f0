// Scenario 10: agents that spawn agents, three levels deep, all with one program name, and that run tmux servers of their own.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stop } from '../../src/lifecycle/stop.ts';
import { AGENTCTL_VARIABLES, letCapPass } from '../e2e/processes.ts';
import { type FaultAgent, FaultBench, type Truth } from '../fixtures/fault-bench.ts';
import { waitFor } from '../fixtures/wait-for.ts';

const ENDLESS = 'while :; do sleep 0.5; done';
const STOPPED: Truth = { result: 'stopped', exitCode: 143 };
const CLI = `"${AGENTCTL_VARIABLES.NODE}" "${AGENTCTL_VARIABLES.AGENTCTL}"`;

/** How each family's first ends. */
const ENDS: { of: string; act: (bench: FaultBench, first: FaultAgent) => unknown; truth: Truth }[] = [
  { of: 'stopped', act: (bench) => stopped(bench, 'stopped'), truth: STOPPED },
  { of: 'capped', act: (_bench, first) => letCapPass(first), truth: { result: 'timed-out', exitCode: 143 } },
  {
    of: 'natural',
    act: ({ dir }) => writeFileSync(join(dir, 'leave-natural'), ''),
    truth: { result: 'failed', exitCode: 3 },
  },
];

/** As `agentctl stop`: the first time it ends it, and tears down what has ended. */
async function stopped(bench: FaultBench, ...names: string[]): Promise<void> {
  const agents = names.map((name) => ({ name }));
  await stop({ path: bench.state, reason: 'of a test' }, agents, { by: 'a test', noManager: true });
}

/**
 * An agent that starts two tmux servers of its own, by a name and on the default socket, with a program in each, and spawns
 * one agent that goes with it and one that does not, which spawns another one in turn.
 */
function family(bench: FaultBench, of: string): string {
  const below = bench.worker(`${of}-below`, `${CLI} done -m "all by ${of}-below"; ${ENDLESS}`);
  const middle = bench.worker(`${of}-middle`, `${CLI} spawn --grace 0 -n ${of}-below -- ${below}; ${ENDLESS}`);
  const tied = bench.worker(`${of}-tied`, ENDLESS);
  const pane = bench.worker(`${of}-pane`, 'exec sleep 1000'); // no child that is another one each time
  return `export TMUX_TMPDIR="$PWD/tmux-${of}"; mkdir "$TMUX_TMPDIR"
for which in '-L mine' ''; do
  tmux $which -f /dev/null new-session -d ${pane}
  tmux $which display-message -p '#{pid} #{pane_pid}'
done >own-${of}.new; mv own-${of}.new own-${of}
${CLI} spawn --grace 0 -n ${of}-tied --with-parent -- ${tied}
${CLI} spawn --grace 0 -n ${of}-middle -- ${middle}
until [ -e leave-${of} ]; do sleep 0.2; done; exit 3`;
}

test('of those whom an agent spawned only those go with it that were to, however it ends, and no tmux of its own', async () => {
  const bench = await FaultBench.open();
  const firsts = await Promise.all(ENDS.map(({ of }) => bench.launchHere(of, family(bench, of))));
  const all = ENDS.flatMap(({ of }) => [`${of}-tied`, `${of}-middle`, `${of}-below`]);
  await waitFor('three levels of each', async () => {
    const phases = new Map((await bench.ps()).map(({ name, phase }) => [name, phase]));
    return all.every((name) => phases.get(name) === (name.endsWith('below') ? 'done' : 'running'));
  });
  for (const { of } of ENDS) {
    const pids = (await bench.written(`own-${of}`)).split(/\s+/);
    expect(pids).toHaveLength(4);
    for (const [at, pid] of pids.entries()) bench.bystanders.add(`${of}'s own tmux, ${at}`, Number(pid));
  }
  const agents = await bench.ps();
  const runIds = new Map(agents.map(({ name, runId }) => [name, runId]));
  expect(new Set(runIds.values()).size).toBe(agents.length);
  for (const { name, parent, directory, runId, phase, reason } of agents) {
    if (name === 'neighbour') continue;
    const [of, level] = name.split('-');
    if (level !== undefined) bench.know({ name, runId, directory });
    const by = { tied: of, middle: of, below: `${of}-middle` }[level ?? ''];
    expect({ name, parent }).toEqual({ name, parent: by === undefined ? null : { name: by, runId: runIds.get(by) } });
    // What the lowest said of itself is nobody else's word.
    expect({ name, phase }).toEqual({ name, phase: level === 'below' ? 'done' : 'running' });
    if (level === 'below') expect(reason).toContain(`all by ${name}`);
  }

  await Promise.all(ENDS.map(({ act }, at) => act(bench, firsts[at] as FaultAgent)));
  const goes = (name: string) => !/neighbour|middle|below/.test(name);
  await waitFor('the end of the firsts and of those that go with them', async () =>
    (await bench.ps()).every(({ name, phase }) => (phase === 'ended') === goes(name)),
  );
  const phases = async () => (await bench.ps()).filter(({ name }) => /middle|below/.test(name)).map((one) => one.phase);
  await stopped(bench, ...ENDS.map(({ of }) => of)); // tears them down
  expect((await bench.ps()).filter(({ archived }) => archived).map(({ name }) => name)).toEqual(
    expect.arrayContaining(ENDS.map(({ of }) => of)),
  );
  expect((await phases()).sort()).toEqual(['done', 'done', 'done', 'running', 'running', 'running']);
  expect(bench.bystanders.dead()).toEqual([]);
  // One without its tree, and one with it.
  await stopped(bench, 'natural-middle', 'capped-middle');
  expect((await phases()).sort()).toEqual(['done', 'done', 'done', 'ended', 'ended', 'running']);
  await stopped(bench, 'natural-below', 'capped-below');
  await bench.ok('stop', '--tree', 'stopped-middle');
  const truths = ENDS.flatMap(({ of, truth }) => [
    [of, truth] as const,
    ...['tied', 'middle', 'below'].map((level) => [`${of}-${level}`, STOPPED] as const),
  ]);
  await bench.checks(Object.fromEntries(truths));
  expect(bench.bystanders.dead()).toEqual([]);
});
