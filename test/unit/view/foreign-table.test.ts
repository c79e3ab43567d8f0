import { expect, test } from 'vitest';
import { type ForeignRow, foreignTable } from '../../../src/view/foreign-table.ts';

const NOW = '2026-01-02T00:00:00.000Z';
const SESSION: ForeignRow = {
  id: 'default:build',
  createdAt: '2026-01-01T00:00:00.000Z',
  activeAt: '2026-01-01T22:30:00.000Z',
  attached: 0,
  panes: [{ command: ['make', 'all the things'], ended: null, sharedWith: [] }],
};

const lines = (...sessions: ForeignRow[]) =>
  foreignTable(sessions, { columns: undefined, nowMs: Date.parse(NOW) }).split('\n');

test('a session is a line, with what stop takes first', () => {
  expect(lines(SESSION)).toEqual([
    'SOCKET:NAME    AGE  ACTIVITY   ATTACHED  WHAT RUNS',
    "default:build  1d   1h30m ago  -         make 'all the things'",
  ]);
});

test('each further pane has a line below it; who watches is marked, and what is shared', () => {
  const panes = [
    { command: ['vim'], ended: null, sharedWith: ['default:a', 'default:b'] },
    { command: null, ended: { exitCode: 3, signal: null }, sharedWith: [] },
    { command: null, ended: { exitCode: null, signal: 9 }, sharedWith: [] },
    { command: null, ended: { exitCode: null, signal: null }, sharedWith: [] },
    { command: null, ended: null, sharedWith: [] },
  ];
  const [, first, ...others] = lines({ ...SESSION, attached: 1, panes }, { ...SESSION, attached: 2 });
  expect(first).toMatch(/ yes +vim \(also in default:a, default:b\)$/);
  expect(others.map((line) => line.trim())).toEqual([
    'dead (exit code 3)',
    'dead (signal 9)',
    'dead',
    'not to be seen from here',
    expect.stringMatching(/ yes \(2\) +make /),
  ]);
});

test('nothing in a name or a command moves the cursor or hides', () => {
  const evil = { ...SESSION, id: 'default:\x1b[2J\u202ex', panes: [{ ...SESSION.panes[0], command: ['a\x07b'] }] };
  const text = lines(evil as ForeignRow).join('');
  expect(text).toContain('default:\\x1b[2J\\u202ex');
  expect(text).toContain("'a\\x07b'");
});
