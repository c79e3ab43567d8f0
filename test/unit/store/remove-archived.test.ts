import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bytesIn, lookAtPlace, removeArchived, removeHidden } from '../../../src/store/remove-archived.ts';
import { asNobody, folder, letPass } from './state.ts';

const ENTRY = 'fix.run00001';

function archive(): { state: string; agent: string; entries: () => string[] } {
  const state = folder();
  const agent = join(state, 'archive', ENTRY);
  mkdirSync(join(agent, 'reports'), { recursive: true });
  writeFileSync(join(agent, 'output.log'), 'x'.repeat(1000));
  writeFileSync(join(agent, 'reports', 'one'), 'x'.repeat(10));
  return { state, agent, entries: () => readdirSync(join(state, 'archive')) };
}

test('removes a directory, and tells what its files had', async () => {
  const { state, agent, entries } = archive();
  expect(await bytesIn(agent)).toBe(1010);
  expect(await removeArchived(state, ENTRY)).toBe(1010);
  expect(entries()).toEqual([]);
  expect(await removeArchived(state, ENTRY)).toBe(undefined);
  expect(await bytesIn(agent)).toBe(0);
});

test('removes links, and nothing behind them', async () => {
  const { state, agent, entries } = archive();
  const outside = folder();
  writeFileSync(join(outside, 'precious'), 'x');
  symlinkSync(outside, join(agent, 'reports', 'link'));
  symlinkSync(outside, join(state, 'archive', 'linked.run00002'));
  expect(lookAtPlace(join(state, 'archive', 'linked.run00002'))).toMatchObject({ isDirectory: false, isOurs: true });
  expect(await removeArchived(state, 'linked.run00002')).toBe(0);
  expect(await removeArchived(state, ENTRY)).toBe(1010);
  expect(entries()).toEqual([]);
  expect(readFileSync(join(outside, 'precious'), 'utf8')).toBe('x');
});

test('removes what an agent has closed to everybody', async () => {
  const { state, agent, entries } = archive();
  chmodSync(join(agent, 'reports'), 0);
  chmodSync(agent, 0o500);
  await removeArchived(state, ENTRY);
  expect(entries()).toEqual([]);
});

test('finishes what somebody began, also where it was copied back', async () => {
  const { state, agent, entries } = archive();
  mkdirSync(join(state, 'archive', `.removed.${ENTRY}`));
  writeFileSync(join(state, 'archive', `.removed.${ENTRY}`, 'left'), 'x');
  expect(await removeArchived(state, ENTRY)).toBe(1010);
  expect(entries()).toEqual([]);
  mkdirSync(join(state, 'archive', '.removed.other.run00002', 'deep'), { recursive: true });
  writeFileSync(join(state, 'archive', '.removed.file.run00003'), 'x');
  mkdirSync(agent);
  await removeHidden(state);
  expect(entries()).toEqual([ENTRY]);
});

test('leaves an archive that cannot be written as it is', async () => {
  const { state, agent, entries } = archive();
  chmodSync(join(state, 'archive'), 0o555);
  letPass(state);
  await expect(asNobody(() => removeArchived(state, ENTRY))).rejects.toMatchObject({ code: 'EACCES' });
  chmodSync(join(state, 'archive'), 0o755);
  expect(entries()).toEqual([ENTRY]);
  expect(await bytesIn(agent)).toBe(1010);
});

test('a place where nothing is, and an archive that is none, are no errors', async () => {
  const state = folder();
  await removeHidden(state);
  expect(lookAtPlace(join(state, 'archive', ENTRY))).toBe(undefined);
  expect(existsSync(join(state, 'archive'))).toBe(false);
  expect(lstatSync(state).isDirectory()).toBe(true);
});
