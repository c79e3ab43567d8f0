// Scenario 2: SIGKILL of everyone who has to do with an agent, alone and together.
import { expect, test } from 'vitest';
import { sweep } from '../../src/lifecycle/sweep.ts';
import { ringBell } from '../../src/store/state-dir.ts';
import { livenessOf } from '../../src/system/processes.ts';
import { type FaultAgent, FaultBench, strike, type Truth } from '../fixtures/fault-bench.ts';
import { waitFor } from '../fixtures/wait-for.ts';

type Victim = 'wrapper' | 'watchdog' | 'agent' | 'group';

const KINDS: Readonly<Record<string, string>> = {
  obedient: "trap 'exit 7' TERM",
  deaf: "trap '' HUP TERM",
  parent: `setsid sh -c 'trap "" HUP TERM; exec sleep 1000' &`,
};
/** An agent that nobody has killed says so when it is asked to. */
const GOES_ON = `echo >"ready-$AGENTCTL_NAME"; until [ -e end ]; do sleep 2; done; exit 3`;

const VICTIMS: readonly (readonly Victim[])[] = [
  ['wrapper'],
  ['watchdog'],
  ['agent'],
  ['wrapper', 'watchdog'],
  ['wrapper', 'agent'],
  ['watchdog', 'agent'],
  ['group'],
];

interface Case {
  agent: FaultAgent;
  victims: readonly Victim[];
}

/** One of each kind for each set of victims, ready to be killed. */
async function launchAll(
  bench: FaultBench,
  sets: readonly (readonly Victim[])[],
  kinds = Object.keys(KINDS),
): Promise<Case[]> {
  const wanted = sets.flatMap((victims) =>
    kinds.map((kind) => ({ victims, kind, name: [kind, ...victims].join('-') })),
  );
  const launch = async ({ victims, kind, name }: (typeof wanted)[number]): Promise<Case> => {
    const agent = await bench.launchHere(name, `${KINDS[kind]}\n${GOES_ON}`, { killAfterMs: 1000 });
    await bench.written(`ready-${name}`);
    return { agent, victims };
  };
  return Promise.all(wanted.map(launch));
}

/** All of them, until they are dead: whoever waits for a processor to die on is still there, and a sweep looks once. */
async function kill(cases: readonly Case[]): Promise<void> {
  const struck = cases.flatMap(({ agent: { started }, victims }) =>
    victims.flatMap((victim) =>
      victim === 'group' ? [started.wrapper, started.watchdog, started.agent] : [started[victim]],
    ),
  );
  for (const { agent, victims } of cases)
    for (const victim of victims)
      if (victim === 'group') process.kill(-agent.started.wrapper.pid, 'SIGKILL');
      else strike('SIGKILL', agent.started[victim]);
  await waitFor('who was hit to be dead', () => struck.every((one) => livenessOf(one) === 'dead'));
}

/** The wrapper alone learns the code: who kills it takes the code with it. */
function truthOf(victims: readonly Victim[]): Truth {
  if (victims.includes('wrapper') || victims.includes('group')) return { result: 'lost', exitCode: null };
  if (victims.includes('agent')) return { result: 'signaled', exitCode: 137 };
  return { result: 'failed', exitCode: 3 };
}

/** Waits until all have ended that are to end by the blow, sees that the others run, and lets them end. */
async function followed(bench: FaultBench, cases: readonly Case[]): Promise<Record<string, Truth>> {
  const truths = Object.fromEntries(cases.map(({ agent, victims }) => [agent.name, truthOf(victims)]));
  const goesOn = (name: string) => truths[name]?.result === 'failed';
  const over = async () =>
    (await bench.ps()).every(({ name, phase }) => !(name in truths) || goesOn(name) || phase === 'ended');
  await waitFor('those that were hit to end', over, 90_000);
  for (const { name, phase } of await bench.ps()) if (goesOn(name)) expect(phase, name).toBe('running');
  bench.file('end', '');
  return truths;
}

async function sweepOnce(bench: FaultBench): Promise<void> {
  for await (const { problem, agent } of sweep({ path: bench.state, reason: 'of a test' }, { dryRun: false }))
    if (problem !== undefined) throw new Error(`${agent.name}: ${problem}`);
}

test.each([{ manager: false }, { manager: true }])(
  'SIGKILL of wrapper, watchdog, agent, each two of them, and the whole group (manager: $manager)',
  async ({ manager }) => {
    const bench = await FaultBench.open({ manager });
    const cases = await launchAll(bench, VICTIMS, manager ? ['deaf', 'parent'] : undefined);
    await kill(cases);
    // Whoever has outlived both halves of its wrapper is ended by a look that nothing but the time, or a bell, calls for.
    if (manager) ringBell(bench.state);
    else await sweepOnce(bench);
    await bench.checks(await followed(bench, cases));
  },
);

test('SIGKILL of the manager, alone and with each of the others: the next command starts another', async () => {
  const bench = await FaultBench.open({ manager: true });
  const cases = await launchAll(bench, [[], ['wrapper'], ['watchdog'], ['agent']], ['deaf', 'parent']);
  const former = bench.manager();
  strike('SIGKILL', former);
  await kill(cases);
  await waitFor('its end', () => livenessOf(former) === 'dead');
  await bench.launch('next', GOES_ON);
  expect(livenessOf(bench.manager())).toBe('alive');
  const truths = await followed(bench, cases);
  await bench.checks({ ...truths, next: { result: 'failed', exitCode: 3 } });
});

test.each([{ manager: false }, { manager: true }])(
  'SIGKILL of everything at once, the tmux server too (manager: $manager)',
  async ({ manager }) => {
    const bench = await FaultBench.open({ manager, neighbour: 'elsewhere' });
    const cases = await launchAll(bench, [['wrapper', 'watchdog', 'agent']]);
    const [server = 0] = cases.map(({ agent }) => agent.started.tmux.serverPid);
    if (manager) strike('SIGKILL', bench.manager());
    process.kill(server, 'SIGKILL');
    await kill(cases);
    await bench.launch('next', GOES_ON);
    const truths = await followed(bench, cases);
    await bench.checks({ ...truths, next: { result: 'failed', exitCode: 3 } });
  },
);
