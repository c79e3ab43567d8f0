// Scenario 3: SIGSTOP, keys of the terminal, and agents that are deaf to all that one can be deaf to.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stop } from '../../src/lifecycle/stop.ts';
import { sweep } from '../../src/lifecycle/sweep.ts';
import { livenessOf } from '../../src/system/processes.ts';
import { type FaultAgent, FaultBench, strike, type Truth } from '../fixtures/fault-bench.ts';
import { waitFor } from '../fixtures/wait-for.ts';

const GOES_ON = `echo >"ready-$AGENTCTL_NAME"; until [ -e end ]; do sleep 0.5; done; exit 3`;
const STOPPED: Truth = { result: 'stopped', exitCode: 143 };
const CAPPED: Truth = { result: 'timed-out', exitCode: 143 };
const ENDED: Truth = { result: 'failed', exitCode: 3 };

async function launchReady(bench: FaultBench, names: readonly string[], script: string): Promise<FaultAgent[]> {
  const launch = async (name: string) => {
    const agent = await bench.launchHere(name, script, { killAfterMs: 1000 });
    await bench.written(`ready-${name}`);
    return agent;
  };
  return Promise.all(names.map(launch));
}

function stopHere(bench: FaultBench, agents: readonly FaultAgent[]) {
  const how = { by: 'a test', noManager: bench.env.AGENTCTL_MANAGER === 'off' };
  return stop({ path: bench.state, reason: 'of a test' }, agents, how);
}

async function swept(bench: FaultBench): Promise<void> {
  for await (const { problem, agent } of sweep({ path: bench.state, reason: 'of a test' }, { dryRun: false }))
    if (problem !== undefined) throw new Error(`${agent.name}: ${problem}`);
}

async function allRun(bench: FaultBench, names: readonly string[]): Promise<void> {
  for (const { name, phase } of await bench.ps()) if (names.includes(name)) expect(phase, name).toBe('running');
}

test.each([{ manager: false }, { manager: true }])(
  'SIGSTOP of agent, wrapper or watchdog: stop and cap work, and after CONT it goes on (manager: $manager)',
  async ({ manager }) => {
    const bench = await FaultBench.open({ manager });
    const truths: Record<string, Truth> = {};
    const held: Record<'stop' | 'cap' | 'cont', FaultAgent[]> = { stop: [], cap: [], cont: [] };
    for (const [fate, truth] of [
      ['stop', STOPPED],
      ['cap', CAPPED],
      ['cont', ENDED],
    ] as const) {
      const victims = ['agent', 'wrapper', 'watchdog'] as const;
      const agents = await launchReady(
        bench,
        victims.map((victim) => `${fate}-${victim}`),
        GOES_ON,
      );
      for (const [at, agent] of agents.entries()) {
        strike('SIGSTOP', agent.started[victims[at] ?? 'agent']);
        truths[agent.name] = truth;
      }
      held[fate] = agents;
    }
    // (The tmux server wakes a wrapper at once, as any child that it sees stopped.)
    await allRun(bench, Object.keys(truths));
    for (const agent of held.cap) bench.capNow(agent, manager ? 30 : 1);
    await stopHere(bench, held.stop);
    // Without a manager the watchdog keeps the cap; whose watchdog is stopped has it kept by a sweep.
    await waitFor('the capped agents to die', async () => {
      if (!manager) await swept(bench);
      return held.cap.every(({ started }) => livenessOf(started.agent) === 'dead');
    });
    await allRun(
      bench,
      held.cont.map(({ name }) => name),
    );
    for (const { started } of held.cont) strike('SIGCONT', started.agent, started.wrapper, started.watchdog);
    bench.file('end', '');
    await bench.checks(truths);
  },
);

test('SIGSTOP of the manager: stop works, the watchdog keeps the cap, and after CONT it tidies up', async () => {
  const bench = await FaultBench.open({ manager: true });
  const [one, two, three] = await launchReady(bench, ['stopped', 'capped', 'ended'], GOES_ON);
  if (!one || !two || !three) throw new Error('three were asked for');
  const manager = bench.manager();
  strike('SIGSTOP', manager);
  await allRun(bench, ['stopped', 'capped', 'ended']);
  bench.capNow(two, 1);
  await bench.ok('stop', 'stopped');
  expect(await bench.agent('stopped')).toMatchObject({ phase: 'ended', ...STOPPED });
  await waitFor('the cap', async () => (await bench.agent('capped')).phase === 'ended');
  bench.file('end', '');
  await waitFor('the end', async () => (await bench.agent('ended')).phase === 'ended');
  expect(bench.manager()).toEqual(manager);
  strike('SIGCONT', manager);
  await bench.checks({ stopped: STOPPED, capped: CAPPED, ended: ENDED });
});

const READY = 'ulimit -c 0; echo >"ready-$AGENTCTL_NAME"';
const PROGRAMS: Readonly<Record<string, string>> = {
  plain: `${READY}; exec sleep 1000`,
  ignoring: `trap '' INT QUIT TSTP; ${READY}; exec sleep 1000`,
  shell: `${READY}; sleep 1000; exit 5`,
};
const KEYS: readonly { key: string; echo: string; truth: Truth }[] = [
  { key: 'C-c', echo: '^C', truth: { result: 'signaled', exitCode: 130 } },
  { key: 'C-\\', echo: '^\\', truth: { result: 'signaled', exitCode: 131 } },
  // A group whose leader's parent is no shell of that session is not stopped by a key: nobody could wake it.
  { key: 'C-z', echo: '^Z', truth: STOPPED },
];

test('Ctrl-C, Ctrl-\\ and Ctrl-Z do to an agent what they do in any terminal', async () => {
  const bench = await FaultBench.open();
  const truths: Record<string, Truth> = {};
  const cases = Object.entries(PROGRAMS).flatMap(([kind, script]) =>
    KEYS.map(({ key, echo, truth }, at) => ({ name: `${kind}-${at}`, kind, script, key, echo, truth })),
  );
  const live: FaultAgent[] = [];
  for (const { name, kind, script, key, echo, truth } of cases) {
    const [agent] = await launchReady(bench, [name], script);
    if (!agent) throw new Error('one was asked for');
    if (kind === 'plain') await bench.ok('send', name, '--keys', key);
    else {
      const socket = join(bench.state, 'tmux.sock');
      expect(spawnSync('tmux', ['-S', socket, 'send-keys', '-t', agent.started.tmux.pane, key]).status).toBe(0);
    }
    await waitFor(`${echo} of ${name}`, () =>
      readFileSync(join(agent.directory, 'output.log'), 'latin1').includes(echo),
    );
    truths[name] = kind === 'ignoring' ? STOPPED : truth;
    if (truths[name] === STOPPED) live.push(agent);
  }
  await waitFor('those that heed a key', async () =>
    (await bench.ps()).every(({ name, phase }) => !(name in truths) || truths[name] === STOPPED || phase === 'ended'),
  );
  await allRun(
    bench,
    live.map(({ name }) => name),
  );
  for (const { started } of live) expect(readFileSync(`/proc/${started.agent.pid}/stat`, 'latin1')).toMatch(/\) [RS] /);
  await stopHere(bench, live);
  await bench.checks(truths);
});

/** 32 and 33 are the C library's own: no program gets at them. */
const DEAF = `#!/usr/bin/perl
$SIG{$_} = 'IGNORE' for grep { !/^(KILL|STOP|NUM32|NUM33|__.*)$/ } keys %SIG;
open(my $ready, '>', "ready-$ENV{AGENTCTL_NAME}"); print $ready "here\\n"; close $ready;
while (1) { select undef, undef, undef, 1000 }
`;

test.each([{ manager: false }, { manager: true }])(
  'an agent that ignores all signals but KILL and STOP is ended by stop, cap and kill (manager: $manager)',
  async ({ manager }) => {
    const bench = await FaultBench.open({ manager });
    const agents = await launchReady(bench, ['stop', 'cap', 'kill'], DEAF);
    const all = ((1n << 64n) - 1n) & ~[9n, 19n, 32n, 33n].reduce((mask, signal) => mask | (1n << (signal - 1n)), 0n);
    for (const { started } of agents) {
      const { 1: ignored } = /^SigIgn:\s+(\w+)$/m.exec(readFileSync(`/proc/${started.agent.pid}/status`, 'utf8')) ?? [];
      expect(BigInt(`0x${ignored}`)).toBe(all);
    }
    const [one, two] = agents;
    if (!one || !two) throw new Error('three were asked for');
    bench.capNow(two, manager ? 30 : 1);
    await Promise.all([stopHere(bench, [one]), bench.ok('kill', 'kill')]);
    const killed: Truth = { result: 'stopped', exitCode: 137 };
    await bench.checks({ stop: killed, kill: killed, cap: { result: 'timed-out', exitCode: 137 } });
  },
);
