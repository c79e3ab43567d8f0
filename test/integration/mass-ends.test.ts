import { join } from 'node:path';
import { expect, test } from 'vitest';
import { busyLoops, massEnds } from '../../bench/masses.ts';
import * as library from '../../src/index.ts';
import { Workbench } from '../fixtures/workbench.ts';

// The full size, 500 and 300 twice with and without load: npm run bench:mass.
test.each([
  { immediate: 80, released: 60, loops: 0 },
  { immediate: 20, released: 20, loops: 6 },
])(
  'keeps every code and every byte when $immediate agents end at their start and $released together, beside $loops busy loops',
  async ({ immediate, released, loops }) => {
    const bench = new Workbench();
    const calm = busyLoops(loops);
    try {
      const { problems } = await massEnds({
        library,
        agentctl: async (args) => (await bench.run(...args)).code,
        state: { path: bench.state, reason: 'of this test' },
        folder: join(bench.dir, 'mass'),
        immediate,
        released,
        byCommand: 15,
        parallel: 8,
      });
      expect(problems).toEqual([]);
    } finally {
      calm();
    }
  },
  180_000,
);

test('keeps the last words of an agent that is stopped', async () => {
  const bench = new Workbench();
  const last =
    'i=0; while [ $i -lt 400 ]; do i=$((i + 1)); echo "$i: the quick brown fox jumps over the lazy dog"; done';
  const names = Array.from({ length: 12 }, (_, index) => `s${index}`);
  for (const name of names) {
    await bench.ok(
      'spawn',
      '-n',
      name,
      'sh',
      '-c',
      `trap '${last}; exit 5' TERM; echo ready; while :; do sleep 0.1; done`,
    );
  }
  await Promise.all(names.map((name) => bench.ok('logs', name)));
  await Promise.all(names.map((name) => bench.ok('stop', name)));
  const logs = await Promise.all(names.map((name) => bench.ok('logs', name)));
  expect(logs.map((log) => log.trim().split('\n').at(-1))).toEqual(
    names.map(() => '400: the quick brown fox jumps over the lazy dog'),
  );
  expect((await bench.ps()).map(({ exitCode, result }) => ({ exitCode, result }))).toEqual(
    names.map(() => ({ exitCode: 5, result: 'stopped' })),
  );
});
