import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { queueHook, takeFailure, takeUnheard, waitingHooks } from '../../../src/store/hook-queue.ts';

let state: string;
let folder: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'agentctl-hooks-'));
  folder = join(state, 'hooks');
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

const hook = (command: string) => ({ event: 'done', name: 'a', runId: 'r', command, cwd: '/' });
const queue = (...commands: string[]) => {
  for (const command of commands) queueHook(state, command, hook(command), { a: 1 });
};
const nobody = () => false;
const waiting = (most = 8, except: (place: string) => boolean = nobody) =>
  waitingHooks(state, most, except).map(({ command }) => command);
/** As the runner does it. */
const becomes = (id: string, end: string) => renameSync(join(folder, `${id}.json`), join(folder, `${id}.${end}`));
/** A ctime cannot be set: by the clock of who looks. */
const unheard = (laterMs: number, except: (place: string) => boolean = nobody) =>
  takeUnheard(state, except, Date.now() + laterMs).map(({ hook: { command }, how, said }) => [command, how, said]);

test('those that nobody has begun are told, as many as are wanted, in the order of their names', () => {
  expect(waiting()).toEqual([]);
  queue('b', 'a', 'c');
  expect(waiting(2)).toEqual(['a', 'b']);
  expect(waiting(2, (place) => place === join(folder, 'a'))).toEqual(['b', 'c']);
  becomes('b', 'running');
  becomes('c', 'failed-3');
  expect(waiting()).toEqual(['a']);
});

test('a damaged one is removed, and holds up no other', () => {
  queue('b');
  writeFileSync(join(folder, 'a.json'), '{"half');
  writeFileSync(join(folder, 'c.json'), '{"half\n{}\n');
  expect(waiting()).toEqual(['b']);
  expect(readdirSync(folder)).toEqual(['b.json']);
});

test('of a failure one of several tells, with its last words', () => {
  queue('a', 'b');
  becomes('a', 'failed-3');
  writeFileSync(join(folder, 'a.said'), 'first\nlast\n');
  const failure = { hook: hook('a'), how: { exitCode: 3 }, said: 'first\nlast' };
  expect(takeFailure(state, join(folder, 'a'))).toEqual(failure);
  expect(takeFailure(state, join(folder, 'a'))).toBe(undefined);
  expect(readdirSync(folder)).toEqual(['b.json']);
  // It succeeded, or nobody has begun it.
  expect(takeFailure(state, join(folder, 'b'))).toBe(undefined);
});

test('whose runner died meanwhile is told once nobody else can: none is begun again', () => {
  queue('a', 'b', 'c', 'd');
  becomes('a', 'failed-3');
  becomes('b', 'timed-out');
  becomes('c', 'running');
  writeFileSync(join(folder, 'a.said'), 'why');
  for (const left of ['gone.said', '.draft.1']) writeFileSync(join(folder, left), '');
  expect(unheard(0)).toEqual([]);
  expect(unheard(10_000, (place) => place === join(folder, 'b'))).toEqual([['a', { exitCode: 3 }, 'why']]);
  expect(unheard(10_000)).toEqual([['b', 'timed-out', '']]);
  expect(readdirSync(folder)).toEqual(['.draft.1', 'c.running', 'd.json', 'gone.said']);
  // Long ago, also by a clock that was set back since.
  expect(unheard(-200_000)).toEqual([['c', 'died', '']]);
  expect(unheard(200_000)).toEqual([]);
  expect(readdirSync(folder)).toEqual(['d.json']);
});
