import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { announce, appendEvent, eventPieces } from '../../../src/store/events-file.ts';

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'agentctl-events-'));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(state, { recursive: true, force: true });
});

const event = (name: string, runId = 'run00001') =>
  ({ at: new Date(0).toISOString(), event: 'started', name, runId, cause: null, reason: 'r' }) as const;
const file = () => join(state, 'events.ndjson');
const names = () =>
  eventPieces(state).flatMap((piece) =>
    (existsSync(piece) ? readFileSync(piece, 'utf8') : '')
      .split('\n')
      .filter((line) => line.startsWith('{"schemaVersion":1,') && line.endsWith('}'))
      .map((line) => (JSON.parse(line) as { name: string }).name),
  );
function agentOf(runId: string): string {
  const directory = join(state, 'agents', 'a');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'spec.json'), JSON.stringify({ parent: { runId: 'other000' }, runId }));
  return directory;
}

test('goes on in a new file by itself, and keeps so many, also by a clock that is set back', () => {
  vi.useFakeTimers();
  const bound = { pieceBytes: 500, pieces: 2 };
  for (let count = 0; count < 40; count++) {
    vi.setSystemTime(1_800_000_000_000 - count * 1_000_000);
    expect(appendEvent(state, event(`n${count}`), bound)).toBe(true);
  }
  expect(readdirSync(state)).toHaveLength(2 + (statSync(file(), { throwIfNoEntry: false }) ? 1 : 0));
  const told = names();
  expect(told).toEqual(Array.from({ length: told.length }, (_, at) => `n${40 - told.length + at}`));
  expect(told.length).toBeGreaterThanOrEqual(8);
});

test('half a line, as a full disk leaves it, costs no other', () => {
  appendEvent(state, event('a'));
  writeFileSync(file(), '{"schemaVersion":1,"at":"20', { flag: 'a' });
  appendEvent(state, event('b'));
  appendEvent(state, event('c'));
  expect(names()).toEqual(['a', 'b', 'c']);
  expect(readFileSync(file(), 'utf8')).not.toContain('\n\n');
});

test('each thing is told once, and of the run that it is of', () => {
  const directory = agentOf('run00001');
  expect(announce(state, directory, 'started', event('a'))).toBe('told');
  expect(announce(state, directory, 'started', event('a'))).toBe('not-new');
  // Torn down, and its name taken, since it was looked at.
  rmSync(directory, { recursive: true });
  agentOf('run00002');
  expect(announce(state, directory, 'started', event('a'))).toBe('not-new');
  expect(announce(state, directory, 'started', event('b', 'run00002'))).toBe('told');
  expect(names()).toEqual(['a', 'b']);
});

test('what there was no room for can be told later', () => {
  const directory = agentOf('run00001');
  mkdirSync(file());
  expect(announce(state, directory, 'started', event('a'))).toBe('failed');
  rmSync(file(), { recursive: true });
  expect(announce(state, directory, 'started', event('a'))).toBe('told');
});
