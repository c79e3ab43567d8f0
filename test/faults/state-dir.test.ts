// Scenario 5: the state directory becomes read-only in the middle of a run.
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type FaultAgent, FaultBench } from '../fixtures/fault-bench.ts';
import { canMount } from '../fixtures/own-disk.ts';
import { waitFor } from '../fixtures/wait-for.ts';

/** Its watchdog keeps a cap of 3 s from now on; it looks at its next beat. */
function capSoon({ directory, runId }: FaultAgent): void {
  writeFileSync(join(directory, 'limits'), `${runId} 3 1 1 0\n`);
}

/** tmux writes each log by an agent-log, a shell and its dd: without them no file there is open for writing. */
function endLogs(state: string): void {
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    for (const fd of [1, 3])
      try {
        const file = readlinkSync(`/proc/${pid}/fd/${fd}`);
        if (file.startsWith(`${state}/`) && file.endsWith('/output.log')) process.kill(Number(pid), 'SIGKILL');
      } catch {
        // Not ours to see, or gone.
      }
  }
}

test.runIf(canMount)(
  'read-only: what looks works, what writes says why, caps are kept, and all is torn down later',
  async () => {
    const bench = await FaultBench.open({ disk: 'size=4m' });
    const capped = await bench.launchHere('capped', 'exec sleep 1000');
    await bench.launchHere('runs', 'echo here; exec sleep 1000');
    await bench.launchHere('over', 'echo there; exit 3');
    await waitFor('the first end', async () => (await bench.agent('over')).exitCode === 3);
    capSoon(capped);
    // As a file system that turned read-only by itself: nobody has a file open, for every write has failed.
    await waitFor('nobody to write', () => {
      endLogs(bench.state);
      try {
        bench.disk.forbidWriting();
        return true;
      } catch {
        return false;
      }
    });
    const refused = `(the file system is read-only): see that`;
    const [status, logs, wait, spawn, stop] = await bench.many([
      ['status', 'runs'],
      ['logs', 'over'],
      ['wait', 'over'],
      ['spawn', '-n', 'new', 'true'],
      ['stop', 'runs'],
    ]);
    expect(status).toMatchObject({ code: 0, stderr: '' });
    expect(logs).toEqual({ code: 0, stdout: 'there\n', stderr: '' });
    expect(wait).toMatchObject({ code: 3 });
    expect(spawn).toEqual({
      code: 1,
      stdout: '',
      stderr: `agentctl: the agent cannot be put down in ${bench.state} ${refused} it can be written, or choose another with --state-dir\n`,
    });
    expect(stop).toEqual({
      code: 1,
      stdout: '',
      stderr: `agentctl: it cannot be put down that runs is to stop ${refused} ${bench.state} can be written\n`,
    });
    await waitFor('the cap', async () => (await bench.agent('capped')).phase === 'ended');
    expect(await bench.agent('runs')).toMatchObject({ phase: 'running' });
    bench.disk.allowWriting();
    expect(await bench.run('stop', 'runs')).toMatchObject({ code: 0 });
    await bench.checks({
      capped: { result: 'lost', exitCode: null },
      runs: { result: 'stopped', exitCode: 143 },
      over: { result: 'failed', exitCode: 3 },
    });
  },
);
