// Who reads events while their file goes on in a new one reads each, and each once.
import {
  appendFileSync,
  closeSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { events } from '../../../src/lifecycle/events.ts';
import { waitFor } from '../../fixtures/wait-for.ts';

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'agentctl-follow-'));
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

const file = () => join(state, 'events.ndjson');
const line = (name: string) =>
  `${JSON.stringify({ schemaVersion: 1, at: new Date(0).toISOString(), event: 'ended', name, reason: 'r' })}\n`;
const add = (...names: string[]) => appendFileSync(file(), names.map(line).join(''));
let number = 0;
const rotate = () => renameSync(file(), `${file()}.${String(++number).padStart(15, '0')}-1`);
const stateDir = () => ({ path: state, reason: 'of a test' });

test('follows through any number of new files, also for who had the old one open', async () => {
  add('a');
  rotate();
  add('b');
  const seen: string[] = [];
  const gone = new AbortController();
  const following = (async () => {
    for await (const { name } of events(stateDir(), { follow: true, signal: gone.signal })) seen.push(name);
  })();
  const until = (count: number) => waitFor(`${count} events`, () => seen.length >= count);
  await until(2);
  const late = openSync(file(), 'a');
  rotate();
  add('c');
  rotate();
  add('d', 'e');
  rotate();
  await until(5);
  writeSync(late, line('late'));
  closeSync(late);
  await until(6);
  add('f');
  await until(7);
  // Half a line waits for its other half.
  appendFileSync(file(), line('g').slice(0, 20));
  rotate();
  add('h');
  await until(8);
  gone.abort();
  await following;
  expect(seen).toEqual(['a', 'b', 'c', 'd', 'e', 'late', 'f', 'h']);
});

test('begins with no file at all', async () => {
  const gone = new AbortController();
  const following = (async () => {
    for await (const { name } of events(stateDir(), { follow: true, signal: gone.signal })) return name;
  })();
  add('a');
  expect(await following).toBe('a');
});

test('passes over what is no event', async () => {
  const damaged = ['null', '5', '{', '', '{"event":"ended","at":5,"name":"x","reason":"r"}', '[]', '{"at":"soon"}'];
  writeFileSync(file(), `${line('a')}${damaged.join('\n')}\n${line('b')}`);
  const seen: string[] = [];
  for await (const { name } of events(stateDir())) seen.push(name);
  expect(seen).toEqual(['a', 'b']);
});
