import { expect, test } from 'vitest';
import { parseSessions } from '../../../src/system/foreign-tmux.ts';

test('reads sessions with their panes, whatever they are called', () => {
  const text = `
17 $0 100 200 0 150 %0 20 0 x x x:a b:a b
17 $0 100 200 0 300 %1 21 1 x3 x x:a b:a b
17 $7 110 110 2 150 %0 20 0 x x x:a b:x y =$3 %1 \\033[31m
17 $8 120  0  %4 22 1 x x9 x::
`;
  expect(parseSessions(text)).toEqual({
    is: 'sessions',
    serverPid: 17,
    ofAgents: false,
    sessions: [
      {
        ...{ id: '$0', name: 'a b', group: 'a b', createdAtMs: 100_000, inputAtMs: 200_000, outputAtMs: 300_000 },
        clients: 0,
        panes: [
          { id: '%0', pid: 20, ended: undefined },
          { id: '%1', pid: 21, ended: { code: 3, signal: undefined } },
        ],
      },
      {
        ...{ id: '$7', name: 'x y =$3 %1 \\033[31m', group: 'a b', createdAtMs: 110_000, inputAtMs: 110_000 },
        ...{ outputAtMs: 150_000, clients: 2, panes: [{ id: '%0', pid: 20, ended: undefined }] },
      },
      {
        ...{ id: '$8', name: '', group: undefined, createdAtMs: 120_000, inputAtMs: 120_000, outputAtMs: 0 },
        ...{ clients: 0, panes: [{ id: '%4', pid: 22, ended: { code: undefined, signal: 9 } }] },
      },
    ],
  });
});

test('knows the server of agents, and one without sessions', () => {
  expect(parseSessions('17 $0 100 200 0 150 %0 20 0 x x x1::build')).toMatchObject({ ofAgents: true });
  expect(parseSessions('')).toEqual({ is: 'empty' });
  expect(parseSessions('what a later tmux may say')).toEqual({ is: 'empty' });
});
