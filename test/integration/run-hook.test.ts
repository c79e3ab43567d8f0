// The commands of --on: whatever they do, they hold nobody up; whoever dies meanwhile, they are bounded, and run once.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HookRunner } from '../../src/lifecycle/run-hooks.ts';
import { queueHook, takeFailure, takeUnheard } from '../../src/store/hook-queue.ts';
import { runHook } from '../../src/system/run-hook.ts';
import { lives } from '../fixtures/bystanders.ts';
import { waitFor } from '../fixtures/wait-for.ts';

let dir: string;
beforeEach(() => {
  // A name that must stand in quotes.
  dir = mkdtempSync(join(tmpdir(), "agentctl 'hook*"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const BIG = 'x'.repeat(300_000);
const place = () => join(dir, 'hooks', 'h');
const queue = (command: string, cwd = dir, input: object = { a: 1 }) =>
  queueHook(dir, 'h', { event: 'done', name: 'a', runId: 'r', command, cwd }, input);
const left = () => readdirSync(join(dir, 'hooks'));
const read = (file: string) => readFileSync(join(dir, file), 'utf8');
async function run(command: string, timeoutMs = 60_000, cwd = dir, input?: object) {
  queue(command, cwd, input);
  expect(await runHook(command, { place: place(), cwd, env: process.env, timeoutMs })).toBe(true);
  const { how, said } = takeFailure(dir, place()) ?? {};
  return [how, said];
}

test('gets the event on its stdin, where it is to run, and leaves nothing', async () => {
  expect(await run('cat >heard')).toEqual([undefined, undefined]);
  expect(read('heard')).toBe('{"a":1}\n');
  expect(left()).toEqual([]);
  await run('cat >heard', 60_000, dir, { big: BIG });
  expect(read('heard')).toBe(`{"big":"${BIG}"}\n`);
  // Whose directory is gone runs all the same.
  expect(await run('pwd; exit 1', 60_000, join(dir, 'gone'))).toEqual([{ exitCode: 1 }, '/']);
  expect(left()).toEqual([]);
});

test('that fails, is not there, or does not read says why', async () => {
  expect(await run('echo why >&2; exit 3')).toEqual([{ exitCode: 3 }, 'why']);
  expect(await run('./nowhere')).toEqual([{ exitCode: 127 }, expect.stringContaining('not found')]);
  expect(await run('kill -9 $$')).toEqual([{ exitCode: 137 }, expect.any(String)]);
  expect(await run('kill -9 0')).toEqual(['died', '']);
  expect(await run('exec 0<&-; exit 0')).toEqual([undefined, undefined]);
  expect(left()).toEqual([]);
});

test('that hangs is killed, with all that it started in its group', async () => {
  expect(await run('sleep 1000 & echo $! >child; trap "" TERM; sleep 1001', 1000)).toEqual(['timed-out', '']);
  const child = Number(read('child'));
  await waitFor('its child to go', () => !lives(child));
});

test('that floods is read to its end, and its last words are kept', async () => {
  const [how, said] = await run('head -c 20000000 /dev/zero | tr "\\\\0" x; echo; echo last; exit 1');
  expect([how, (said as string).endsWith('x\nlast')]).toEqual([{ exitCode: 1 }, true]);
  expect((said as string).length).toBeLessThan(5000);
});

test('that leaves something in the background is not waited for', async () => {
  expect(await run('sleep 1000 & echo $! >child; exit 1')).toEqual([{ exitCode: 1 }, expect.any(String)]);
  process.kill(Number(read('child')), 'SIGKILL');
});

test('is begun by one of several, and not at all where its place is gone', async () => {
  queue('echo ran >>ran; sleep 0.2');
  const begin = () =>
    runHook('echo ran >>ran; sleep 0.2', { place: place(), cwd: dir, env: process.env, timeoutMs: 60_000 });
  const begun = await Promise.all([begin(), begin(), begin()]);
  expect(begun.filter(Boolean)).toHaveLength(1);
  expect(await begin()).toBe(false);
  expect(read('ran')).toBe('ran\n');
});

test('of many each is run once, also by several at once, and one that cannot be started holds up none', async () => {
  const all = Array.from({ length: 20 }, (_, at) => `h${at}`);
  const hook = { event: 'done', name: 'a', runId: 'run00001', cwd: dir };
  for (const one of all) queueHook(dir, one, { ...hook, command: `echo ${one} >>ran; [ ${one} != h7 ]` }, {});
  queueHook(dir, 'big', { ...hook, command: `: ${BIG}` }, {});
  const stateDir = { path: dir, reason: 'of a test' };
  await Promise.all([new HookRunner(stateDir).end(), new HookRunner(stateDir).end()]);
  expect(read('ran').trim().split('\n').sort()).toEqual([...all].sort());
  const told = read('events.ndjson').trim().split('\n');
  const reasons = told.map((line) => (JSON.parse(line) as { reason: string }).reason.replace(/x+…/, 'x…')).sort();
  expect(reasons).toEqual([
    expect.stringMatching(/^: x…: it cannot be started \(.+\)$/),
    'echo h7 >>ran; [ h7 != h7 ]: it exited with 1',
  ]);
  expect(left()).toEqual([]);
});

/** A manager that does nothing else, and can be killed. */
function manager(command: string): ChildProcess {
  const source = readFileSync(new URL('../../src/system/run-hook.ts', import.meta.url), 'utf8');
  writeFileSync(join(dir, 'run-hook.mjs'), transformSync(source, { loader: 'ts' }).code);
  const runs = `
    import { runHook } from './run-hook.mjs';
    const [command, place, cwd] = process.argv.slice(-3);
    await runHook(command, { place, cwd, env: process.env, timeoutMs: 2000 });`;
  const args = ['--input-type=module', '-e', runs, command, place(), dir];
  return spawn(process.execPath, args, { cwd: dir, stdio: 'inherit' });
}

test.each([
  ['runs to its end', 'echo $$ >pid; sleep 0.5; echo heard; cat >heard; exit 4', { exitCode: 4 }, 'heard'],
  ['is bounded all the same', 'echo $$ >pid; cat >heard; exec sleep 1002', 'timed-out', ''],
])('whose manager is killed meanwhile %s, and its failure is told by the next', async (_, command, how, said) => {
  queue(command);
  const runs = manager(command);
  const pid = Number(await waitFor('it to run', () => existsSync(join(dir, 'pid')) && read('pid')));
  runs.kill('SIGKILL');
  expect(takeUnheard(dir, () => false)).toEqual([]);
  const failed = await waitFor('its failure', () => takeUnheard(dir, () => false, Date.now() + 10_000)[0]);
  expect(failed).toMatchObject({ hook: { command }, how, said });
  await waitFor('it to go', () => !lives(pid));
  expect(read('heard')).toBe('{"a":1}\n');
  expect(left()).toEqual([]);
});
