import { expect, test } from 'vitest';
import { Workbench } from '../fixtures/workbench.ts';

test('runs a command, shows its output and ends with its exit code', async () => {
  const bench = new Workbench();
  const { code, stdout } = await bench.run(
    'run',
    '--name',
    'hello',
    '--',
    'sh',
    '-c',
    'echo working; echo done; exit 3',
  );
  expect({ code, stdout }).toEqual({ code: 3, stdout: 'working\ndone\n' });
  expect(await bench.ps()).toMatchObject([{ name: 'hello', result: 'failed', exitCode: 3, archived: true }]);
});

test('spawns, lists, stops and says how it ended', async () => {
  const bench = new Workbench();
  expect(await bench.ok('spawn', '-n', 'sleeper', 'sleep', '1000')).toBe('sleeper\n');
  expect(await bench.ps()).toMatchObject([{ name: 'sleeper', phase: 'running' }]);
  await bench.ok('stop', 'sleeper');
  const agent = await bench.agent('sleeper');
  expect(agent).toMatchObject({ phase: 'ended', result: 'stopped', exitCode: 143, signal: 'SIGTERM' });
  expect(bench.cookieHolders(agent.runId)).toEqual([]);
  expect((await bench.run('wait', 'sleeper')).code).toBe(143);
});
