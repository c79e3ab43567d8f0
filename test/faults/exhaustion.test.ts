// Scenario 11: descriptors, terminals and processes run out, for whoever spawns and for the private server.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lives } from '../fixtures/bystanders.ts';
import { FaultBench } from '../fixtures/fault-bench.ts';
import { mayBeSkipped } from '../fixtures/installed.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { AGENTCTL, type Listed, type Ran } from '../fixtures/workbench.ts';
import { CAROL, canBeOthers, SharedMachine } from './users.ts';

const ENDLESS = 'while :; do sleep 0.2; done';
const STOPPED = { result: 'stopped', exitCode: 143 };

const agentsOf = ({ state }: FaultBench) =>
  existsSync(join(state, 'agents')) ? readdirSync(join(state, 'agents')).sort() : [];

/** One line that a person can read, whatever was lacking. */
function expectSentence({ code, stdout, stderr }: Ran): void {
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^agentctl: [^\n]*\n$/);
}

test.each([28])('a caller that may open %i files spawns, or is told why not', async (files) => {
  const bench = await FaultBench.open({ maybeUnknown: ['few'] });
  await bench.launch('before', ENDLESS);
  const few = ['spawn', '-n', 'few', '--grace', '0', '--', bench.worker('few', ENDLESS)];
  const ran = await bench.program([
    'sh',
    '-c',
    `ulimit -n ${files}; exec "$@"`,
    'sh',
    process.execPath,
    AGENTCTL,
    ...few,
  ]);
  if (ran.code === 0) bench.know(await bench.agent('few'));
  else expectSentence(ran);
  const there = ran.code === 0 ? ['before', 'few'] : ['before'];
  expect(agentsOf(bench)).toEqual([...there, 'neighbour'].sort());
  await bench.ok('stop', ...there);
  await bench.checks(Object.fromEntries(there.map((name) => [name, STOPPED])));
});

test.skipIf(mayBeSkipped('prlimit'))('a server that may open no more files harms none of its agents', async () => {
  const bench = await FaultBench.open();
  const { started } = await bench.launch('runs', `${ENDLESS}`);
  const { serverPid } = started.tmux;
  const files = (limit: number) => execFileSync('prlimit', ['--pid', String(serverPid), `--nofile=${limit}:`]);
  files(3);
  expect((await bench.ps()).map(({ phase }) => phase)).toEqual(['running', 'running']);
  // Ending an agent needs no tmux.
  await bench.ok('stop', 'runs');
  const { code, stdout } = await bench.run('doctor');
  expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringMatching(/^ERROR tmux server: .*did not answer/m) });
  files(1024);
  await bench.checks({ runs: STOPPED });
});

test.skipIf(mayBeSkipped('unshare'))(
  'a spawn without a pty left is refused, and those that run are unharmed',
  async () => {
    const bench = await FaultBench.open({ neighbour: 'elsewhere', maybeUnknown: ['third'] });
    // The server of this bench alone has terminals of its own: two of them.
    const few =
      'mount -t devpts -o newinstance,ptmxmode=0666,max=2 devpts /dev/pts && mount --bind /dev/pts/ptmx /dev/ptmx && exec "$@"';
    const first = ['spawn', '-n', 'first', '--grace', '0', '--', bench.worker('first', ENDLESS)];
    const apart = ['unshare', '-m', '--propagation', 'private', 'sh', '-c', few, 'sh'];
    const { code, stderr } = await bench.program([...apart, process.execPath, AGENTCTL, ...first]);
    expect({ code, stderr: stderr.replace(/^agentctl: [^\n]*manager[^\n]*\n/, '') }).toEqual({ code: 0, stderr: '' });
    bench.know(await bench.agent('first'));
    await bench.launch('second', ENDLESS);
    const third = await bench.run('spawn', '-n', 'third', '--', 'sleep', '1000');
    expectSentence(third);
    expect(third.stderr).toMatch(/tmux could not start the session third: .*doctor/);
    expect(agentsOf(bench)).toEqual(['first', 'second']);
    expect((await bench.ok('tmux', 'list-sessions', '-F', '#S')).trim().split('\n')).toEqual(['first', 'second']);
    // One that goes makes room for another.
    await bench.ok('stop', 'first');
    await bench.ok('stop', 'first');
    await bench.launch('third', ENDLESS);
    await bench.ok('stop', 'second', 'third');
    await bench.checks({ first: STOPPED, second: STOPPED, third: STOPPED });
  },
);

test.skipIf(!canBeOthers || mayBeSkipped('prlimit'))(
  'a user who may have no more processes spawns whole agents, or is told why not, and nothing half made stays',
  async () => {
    const machine = new SharedMachine(CAROL);
    const before = ['spawn', '-n', 'before', '--', 'sleep', '1000'];
    for (const serverLives of [true, false]) {
      const stateOf = (more: number) => join(machine.home(CAROL), serverLives ? 'live' : `new-${more}`);
      if (serverLives) expect(await machine.agentctlAt(stateOf(0), CAROL, ...before)).toMatchObject({ code: 0 });
      const outcomes: string[] = [];
      // From where Node alone starts (with fewer it aborts, or hangs) to where all is well. Of a server that lives only the
      // caller is limited: that has fewer steps.
      for (let more = 11; outcomes.slice(-2).join() !== 'started,started'; more += serverLives ? 4 : 1) {
        const state = stateOf(more);
        const name = `few-${more}`;
        const limit = `--nproc=${processesOf(CAROL).length + more}`;
        const spawn = ['--state-dir', state, 'spawn', '-n', name, '--', 'sleep', '1000'];
        const ran = await machine.program(CAROL, 'prlimit', [limit, process.execPath, machine.command, ...spawn]);
        const listed = JSON.parse((await machine.agentctlAt(state, CAROL, 'ps', '-a', '--json')).stdout) as {
          agents: Listed[];
        };
        const mine = listed.agents.find((agent) => agent.name === name);
        if (ran.code === 0) {
          outcomes.push('started');
          // Damaged, it would be unknown: there was a watchdog. A shell that may not fork ends, and it may have since.
          expect(mine, name).toMatchObject({ phase: 'running' });
        } else {
          if (ran.code === 1) expectSentence(ran);
          outcomes.push(ran.code === 1 ? 'told' : 'no Node');
          expect(mine, `${name}: ${ran.stderr}`).toBeUndefined();
          expect(await machine.agentctlAt(state, CAROL, 'sweep'), name).toMatchObject({ code: 0, stderr: '' });
          if (existsSync(join(state, 'agents')))
            expect(readdirSync(join(state, 'agents')), name).toEqual(serverLives ? ['before'] : []);
          const sessions = (await machine.agentctlAt(state, CAROL, 'tmux', 'list-sessions', '-F', '#S')).stdout;
          expect(sessions, name).toBe(serverLives ? 'before\n' : '');
        }
        if (ran.code === 0) {
          await machine.agentctlAt(state, CAROL, 'kill', name);
          await machine.agentctlAt(state, CAROL, 'rm', '-f', name);
        }
        if (!serverLives) await machine.agentctlAt(state, CAROL, 'tmux', 'kill-server');
        // Not even one that hides from its agent's records.
        const expected = serverLives ? IN_PEACE : 0;
        await waitFor(`all of ${name} to be gone`, () => processesOf(CAROL).length === expected);
      }
      // Beside a server that lives it needs no more than Node does.
      if (!serverLives) {
        expect(outcomes).toContain('told');
        continue;
      }
      expect(await machine.agentctlAt(stateOf(0), CAROL, 'status', 'before')).toMatchObject({ code: 0 });
      await machine.agentctlAt(stateOf(0), CAROL, 'kill', 'before');
      await machine.agentctlAt(stateOf(0), CAROL, 'tmux', 'kill-server');
      await waitFor('all to be gone', () => processesOf(CAROL).length === 0);
    }
  },
);

/** Those that an agent in peace consists of: server, wrapper, watchdog, the capture and its dd, its sleep, the watchdog's. */
const IN_PEACE = 7;

/** A user's living processes, each once. */
function processesOf(user: number): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => lives(pid) && statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid === user);
}
