// Scenario 1: sessions and servers of tmux die in every way, in the middle of a run and of output.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type FaultAgent, FaultBench } from '../fixtures/fault-bench.ts';
import { waitFor } from '../fixtures/wait-for.ts';

/** Says something now and then, or all the time. */
const QUIET = 'echo here; while :; do sleep 0.2; done';
const LOUD = 'while :; do echo "a line of many that come without a pause"; done';

const LOST = { result: 'lost', exitCode: null };

function tmux(bench: FaultBench, ...args: string[]): number | null {
  return spawnSync('tmux', ['-S', join(bench.state, 'tmux.sock'), ...args]).status;
}

const ENDS: { how: string; neighbour: 'here' | 'elsewhere'; act: (bench: FaultBench, agent: FaultAgent) => unknown }[] =
  [
    {
      how: 'kill-session by agentctl tmux',
      neighbour: 'here',
      act: (bench, { started: { tmux } }) => bench.ok('tmux', 'kill-session', '-t', tmux.session),
    },
    {
      how: 'a user’s own tmux -S … kill-session',
      neighbour: 'here',
      act: (bench, { started }) => expect(tmux(bench, 'kill-session', '-t', started.tmux.session)).toBe(0),
    },
    { how: 'kill-server', neighbour: 'elsewhere', act: (bench) => expect(tmux(bench, 'kill-server')).toBe(0) },
    {
      how: 'SIGKILL of the tmux server',
      neighbour: 'elsewhere',
      act: (_bench, { started }) => process.kill(started.tmux.serverPid, 'SIGKILL'),
    },
  ];

test.each(ENDS)('$how, mid-run and mid-output', async ({ neighbour, act }) => {
  const bench = await FaultBench.open({ neighbour });
  const agents = [await bench.launch('quiet', QUIET), await bench.launch('loud', LOUD)];
  for (const { name } of agents)
    await waitFor('its first line', async () => (await bench.ok('logs', '--tail', '1', name)) !== '');
  // What hits the server hits all of its agents.
  for (const agent of neighbour === 'here' ? agents : agents.slice(0, 1)) await act(bench, agent);
  await bench.checks({ quiet: LOST, loud: LOST });
});
