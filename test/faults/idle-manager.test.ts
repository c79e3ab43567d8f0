// Scenario 8: a manager without agents leaves, and an agent comes in as it goes: a manager is there afterwards.
import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { spawn, stop } from '../../src/index.ts';
import { readManager } from '../../src/store/manager-file.ts';
import { livenessOf } from '../../src/system/processes.ts';
import { lives } from '../fixtures/bystanders.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';

const PLACES = 4;
/** By default for a gate that runs every day; AGENTCTL_FULL=1 for the real proof. */
const ROUNDS = process.env.AGENTCTL_FULL === '1' ? 50 : 5;
/** From when it has put itself down to when it is gone, and more. */
const SPREAD_MS = 60;
/** One that has not left by then stays. */
const LEAVING_MS = 300;

describe.concurrent('an agent that comes in as the manager leaves', () => {
  for (let place = 0; place < PLACES; place++) {
    test(`is never left without one (${place + 1} of ${PLACES}, ${ROUNDS} times each)`, async ({ onTestFinished }) => {
      const bench = new Workbench(onTestFinished).withManager();
      const stateDir = { path: bench.state, reason: 'of a test' };
      let stayed = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const leaving = bench.start(['manager', 'run', '--leave-after', '0'], { stdio: 'ignore' });
        const ended = new Promise<void>((resolve) => leaving.once('exit', () => resolve()));
        await waitFor('it to be there, or to have left', () => isIt(stateDir.path, leaving) || !isUp(leaving));
        const delayMs = ((((round * 37) % ROUNDS) + place / PLACES) / ROUNDS) * SPREAD_MS;
        await new Promise((resolve) => setTimeout(resolve, delayMs));
        const agent = await spawn(stateDir, { name: 'comes-in', command: ['sleep', '1000'], cwd: bench.dir });
        await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, LEAVING_MS))]);

        const manager = await waitFor(`a manager in round ${round}`, () => living(stateDir.path));
        if (manager.pid === leaving.pid) stayed++;
        // KILL: a new one need not get going only to be told to go.
        process.kill(manager.pid, 'SIGKILL');
        await waitFor('it to go', () => livenessOf(manager) === 'dead' && !isUp(leaving));
        // The next round's takes its name.
        await endWithoutManager(bench, () =>
          stop(stateDir, [agent], { killAfterMs: 0, by: 'a test', noManager: true }),
        );
      }
      if (process.env.FIGURES) console.log(`stayed ${stayed} of ${ROUNDS} times in ${bench.state}`);
    });
  }
});

/** `noManager` holds until `manager start`: the next spawn must start one. */
async function endWithoutManager(bench: Workbench, act: () => Promise<unknown>): Promise<void> {
  await act();
  rmSync(join(bench.state, 'manager.off'), { force: true });
}

function isIt(stateDir: string, { pid }: ChildProcess): boolean {
  return living(stateDir)?.pid === pid;
}

/** One that signs off and is needed after all puts itself down again: there may be none for a moment. */
function living(stateDir: string): { pid: number; startTime: string } | undefined {
  const found = readManager(stateDir);
  return found.state === 'there' && livenessOf(found.value) === 'alive' ? found.value : undefined;
}

function isUp({ pid }: ChildProcess): boolean {
  return pid !== undefined && lives(pid);
}
