import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { observeNamed } from '../../src/lifecycle/observe.ts';
import { Workbench } from '../fixtures/workbench.ts';

const ROUNDS = 250;
/** Moves the directory away as soon as it is told to, after a pause of its own each time. */
const MOVES = `
  const { renameSync } = require('node:fs');
  const { workerData: { from, to, turn } } = require('node:worker_threads');
  const state = new Int32Array(turn);
  for (let round = 1; ; round++) {
    Atomics.wait(state, 0, round - 1);
    for (let spin = 0; spin < (round * 7919) % 30000; spin++);
    renameSync(from, to);
    Atomics.store(state, 1, round);
  }`;

test('an agent that is archived while it is looked at is what it was, or gone', async () => {
  const bench = new Workbench();
  await bench.ok('spawn', '-n', 'model', 'sleep', '1000');
  await bench.ok('stop', 'model');
  const { directory } = await bench.agent('model');
  const state = join(bench.dir, 'raced');
  mkdirSync(join(state, 'archive'), { recursive: true });
  const turn = new SharedArrayBuffer(8);
  const shared = new Int32Array(turn);
  const [from, to] = [join(state, 'agents', 'model'), join(state, 'archive', 'model')];
  const worker = new Worker(MOVES, { eval: true, workerData: { from, to, turn } });
  const seen = new Set<string>();
  for (let round = 1; round <= ROUNDS; round++) {
    rmSync(to, { recursive: true, force: true });
    cpSync(directory, from, { recursive: true });
    Atomics.store(shared, 0, round);
    Atomics.notify(shared, 0);
    while (Atomics.load(shared, 1) < round) {
      const agent = observeNamed(state, 'model');
      if (agent) seen.add(`${agent.status.phase} ${agent.status.result} ${agent.runId !== undefined}`);
    }
  }
  await worker.terminate();
  expect([...seen]).toEqual(['ended stopped true']);
});
