import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { BellListener } from '../../../src/store/bell.ts';
import { ringBell } from '../../../src/store/state-dir.ts';

const NEVER_MS = 60_000;

function listener(): { bell: BellListener; directory: string } {
  const directory = mkdtempSync(join(tmpdir(), 'agentctl-bell-'));
  writeFileSync(join(directory, 'bell'), '');
  writeFileSync(join(directory, 'exit.tmp'), 'a code');
  const bell = new BellListener(directory);
  onTestFinished(() => {
    bell.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return { bell, directory };
}

test('a ring is heard, also one that came before anybody waited', async () => {
  const { bell, directory } = listener();
  ringBell(directory);
  expect(await bell.next(NEVER_MS)).toBe(true);
  expect(await bell.next(1)).toBe(false);
});

test('a file that is renamed rings, and what is written into it does not', async () => {
  const { bell, directory } = listener();
  bell.hearRenameOf(join(directory, 'exit.tmp'));
  bell.hearRenameOf(join(directory, 'not there'));
  writeFileSync(join(directory, 'exit.tmp'), 'b code', { flag: 'r+' });
  expect(await bell.next(100)).toBe(false);
  const heard = bell.next(NEVER_MS);
  renameSync(join(directory, 'exit.tmp'), join(directory, 'exit.json'));
  expect(await heard).toBe(true);
});
