// What a live agent uses, as the manager samples it: programs whose use is known.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { processTable } from '../../src/system/processes.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { type Listed, Workbench } from '../fixtures/workbench.ts';
import { misfits } from './schemas.ts';

const MIB = 1024 * 1024;
/** The process table counts in hundredths, and its children's apart. */
const TICKS_SECONDS = 0.1;
/** It holds 200 MiB, burns a core, and has three children that share its memory and sleep. */
const STRESS = `
my $held = "";
vec($held, 200 * 1024 * 1024 - 1, 8) = 1;
for (1 .. 3) { if (!fork) { sleep 1000; exit } }
1 while 1;
`;

interface Sample {
  cpuPercent: number;
  cpuSeconds: number;
  memoryBytes: number;
  processes: number;
  outputBytes: number;
  awakeSeconds: number;
}

function samples({ directory }: Listed): Sample[] {
  try {
    const lines = readFileSync(join(directory, 'samples.ndjson'), 'utf8').trim().split('\n');
    return lines.map((line) => JSON.parse(line) as Sample);
  } catch {
    return [];
  }
}

describe.concurrent('the use of an agent', () => {
  test('is what its whole tree uses: one core, 200 MiB once, four processes', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished).withManager();
    await bench.ok('spawn', '-n', 'stress', '--', 'perl', '-e', STRESS);
    const agent = await bench.agent('stress');
    const { agent: identity } = bench.record(agent, 'started.json') as { agent: { pid: number } };
    const usedSeconds = () => (processTable().find(({ pid }) => pid === identity.pid)?.cpuTicks ?? 0) / 100;
    const kernels = await waitFor('a sample of a whole interval', () => samples(agent).length >= 2 && usedSeconds());
    const [before, last] = samples(agent);
    if (before === undefined || last === undefined) throw new Error('no samples');
    expect(last.memoryBytes).toBeGreaterThan(0.9 * 200 * MIB);
    expect(last.memoryBytes).toBeLessThan(1.1 * 200 * MIB);
    expect(last.processes).toBe(4);
    // How much of a core it gets depends on who else wants it; what it got, the kernel knows.
    expect(last.cpuSeconds).toBeGreaterThan(0.9 * (kernels - 0.5));
    expect(last.cpuSeconds).toBeLessThan(kernels + TICKS_SECONDS);
    const passed = last.awakeSeconds - before.awakeSeconds;
    expect(last.cpuPercent).toBeCloseTo((100 * (last.cpuSeconds - before.cpuSeconds)) / passed, 0);

    const { resources } = await bench.agent('stress');
    expect(resources).toMatchObject({ processes: 4 });
    expect(misfits('agent', await bench.agent('stress'))).toEqual([]);
    expect(await bench.ok('status', 'stress')).toMatch(
      /^uses +\d+\.\d % of a core, 2\d\d\.\d MiB, 4 processes, 0 B printed$/m,
    );
    await bench.ok('kill', 'stress');
    const { verdict } = (await bench.agent('stress')) as Listed & { verdict: { resources: Record<string, number> } };
    expect(verdict.resources.peakMemoryBytes).toBeGreaterThanOrEqual(last.memoryBytes);
    expect(verdict.resources).toMatchObject({ peakProcesses: 4, outputBytes: 0, waitingSeconds: null, idleSeconds: 0 });
    expect(verdict.resources.cpuSeconds).toBeGreaterThanOrEqual(last.cpuSeconds);
    expect((await bench.agent('stress')).resources).toBeNull();
  });

  test('is told as idle where nothing is done, and goes on after another manager', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished).withManager();
    await bench.ok('spawn', '-n', 'quiet', '--', 'sh', '-c', 'echo hello; exec sleep 1000');
    const agent = await bench.agent('quiet');
    await waitFor('a first sample', () => samples(agent).length > 0);
    process.kill(bench.manager().pid, 'SIGKILL');
    await bench.ok('extend', 'quiet', '1m');
    await waitFor('one of the next manager', () => samples(agent).length > 1);
    const [first, second] = samples(agent) as (Sample & { idleSeconds: number })[];
    expect(second?.cpuSeconds).toBeGreaterThanOrEqual(first?.cpuSeconds ?? 0);
    expect(second?.idleSeconds).toBeGreaterThan(first?.idleSeconds ?? 0);
    expect(second).toMatchObject({ processes: 1, outputBytes: 7 });
  });
});
