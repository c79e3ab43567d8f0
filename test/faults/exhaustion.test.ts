// Scenario 11: descriptors run out, for whoever spawns and for the private server.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FaultBench } from '../fixtures/fault-bench.ts';
import { mayBeSkipped } from '../fixtures/installed.ts';
import { AGENTCTL, type Ran } from '../fixtures/workbench.ts';

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
