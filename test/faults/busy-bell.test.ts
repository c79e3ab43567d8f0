// Scenario 8, among many: a manager that hears of others all the time overlooks nobody.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'vitest';
import { list } from '../../src/lifecycle/list.ts';
import { stateOf } from '../fixtures/dying-launchers.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';

/** So long that it is measured less often than a file system's times tick: then its files stand still in between. */
const MAX_IDLE = '40s';

test('who is idle is found so, however often the bell rings meanwhile', async ({ onTestFinished }) => {
  const bench = new Workbench().withManager();
  // Of its CPU there is news each time that it is measured.
  const worker = 'while :; do sleep 0.5; done';
  await bench.ok('spawn', '-n', 'idle', '--max-runtime', 'none', '--max-idle', MAX_IDLE, '--', 'sh', '-c', worker);
  const bell = setInterval(() => writeFileSync(join(bench.state, 'bell'), ''), 700);
  onTestFinished(() => clearInterval(bell));
  const isFound = () => list(stateOf(bench)).some(({ result }) => result === 'idled-out');
  await waitFor('it to be found idle', isFound, 90_000);
});
