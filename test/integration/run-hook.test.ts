// The commands of --on: whatever they do, they hold nobody up.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runHook } from '../../src/system/run-hook.ts';
import { lives } from '../fixtures/bystanders.ts';
import { waitFor } from '../fixtures/wait-for.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'agentctl-hook-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const run = (command: string, timeoutMs = 60_000, cwd = dir) =>
  runHook(command, { input: '{"a":1}\n', cwd, env: process.env, timeoutMs });

test('gets the event on its stdin, where it is to run', async () => {
  expect(await run('cat >heard')).toEqual({ code: 0, timedOut: false, said: '' });
  expect(readFileSync(join(dir, 'heard'), 'utf8')).toBe('{"a":1}\n');
  // Whose directory is gone runs all the same.
  expect(await run('pwd', 60_000, join(dir, 'gone'))).toMatchObject({ code: 0, said: '/' });
});

test('that fails, is not there, or does not read says why', async () => {
  expect(await run('echo why >&2; exit 3')).toEqual({ code: 3, timedOut: false, said: 'why' });
  expect(await run('./nowhere')).toMatchObject({ code: 127, said: expect.stringContaining('not found') });
  expect(await run('kill -9 $$')).toMatchObject({ code: null, timedOut: false });
  expect(await run('exec 0<&-; exit 0')).toMatchObject({ code: 0 });
});

test('that hangs is killed, with all that it started in its group', async () => {
  const { timedOut, code } = await run('sleep 1000 & echo $! >child; trap "" TERM; sleep 1001', 500);
  expect({ timedOut, code }).toEqual({ timedOut: true, code: null });
  const child = Number(readFileSync(join(dir, 'child'), 'utf8'));
  await waitFor('its child to go', () => !lives(child));
});

test('that floods is read to its end, and its last words are kept', async () => {
  const { code, said } = await run('head -c 20000000 /dev/zero | tr "\\\\0" x; echo; echo last');
  expect(code).toBe(0);
  expect(said.endsWith('last')).toBe(true);
  expect(said.length).toBeLessThan(5000);
});

test('that leaves something in the background is not waited for', async () => {
  expect(await run('sleep 1000 & echo $! >child')).toMatchObject({ code: 0 });
  process.kill(Number(readFileSync(join(dir, 'child'), 'utf8')), 'SIGKILL');
});
