import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { claimHooks, queueHook } from '../../../src/store/hook-queue.ts';

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'agentctl-hooks-'));
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

const hook = (command: string) => ({ event: 'done', name: 'a', runId: 'r', command, cwd: '/', input: {} });
const queue = (...commands: string[]) => {
  for (const command of commands) queueHook(state, command, hook(command));
};

test('each is claimed once, as many as are wanted, in the order of their names', () => {
  expect(claimHooks(state, 8)).toEqual({ claimed: [], orphaned: [] });
  queue('b', 'a', 'c');
  const first = claimHooks(state, 2).claimed;
  expect(first.map(({ command }) => command)).toEqual(['a', 'b']);
  expect(claimHooks(state, 8).claimed.map(({ command }) => command)).toEqual(['c']);
  expect(claimHooks(state, 8).claimed).toEqual([]);
  for (const one of first) one.done();
  expect(readdirSync(join(state, 'hooks'))).toEqual(['c.running']);
});

test('a damaged one is removed, and holds up no other', () => {
  queue('b');
  writeFileSync(join(state, 'hooks', 'a.json'), '{"half');
  expect(claimHooks(state, 8).claimed.map(({ command }) => command)).toEqual(['b']);
  expect(readdirSync(join(state, 'hooks'))).toEqual(['b.running']);
});

test('one that was begun long ago, and whose runner died, is told of, and not run again', () => {
  queue('a');
  const [claimed] = claimHooks(state, 8).claimed;
  expect(claimed?.command).toBe('a');
  expect(claimHooks(state, 8).orphaned).toEqual([]);
  // Its ctime cannot be set: by the clock of who looks.
  const later = Date.now() + 200_000;
  expect(claimHooks(state, 8, later).orphaned.map(({ command }) => command)).toEqual(['a']);
  expect(readdirSync(join(state, 'hooks'))).toEqual([]);
});
