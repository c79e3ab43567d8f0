import { expect, test } from 'vitest';
import { foreignName, parseForeignName } from '../../../src/agent/foreign-name.ts';
import { InvalidInput } from '../../../src/agent/invalid-input.ts';

const FOLDER = '/run/tmux-1000';

test.each([
  [`${FOLDER}/default`, 'build', 'default:build'],
  [`${FOLDER}/with:colon`, 'a b', 'with:colon:a b'],
  ['/elsewhere/my.sock', 'build', '/elsewhere/my.sock:build'],
  ['/run/tmux-10000/default', 'build', '/run/tmux-10000/default:build'],
])('%s and %s are %s, there and back', (socket, session, name) => {
  expect(foreignName(FOLDER, socket, session)).toBe(name);
  expect(parseForeignName(FOLDER, name)).toEqual({ socket, session });
});

test.each(['', 'build', ':build', 'default:', ':'])('%j is no SOCKET:NAME', (text) => {
  expect(() => parseForeignName(FOLDER, text)).toThrow(InvalidInput);
  expect(() => parseForeignName(FOLDER, text)).toThrow(/^--foreign: "[^"]*" is no SOCKET:NAME: /);
});
