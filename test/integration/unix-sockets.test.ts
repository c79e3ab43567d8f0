// Which sockets a process listens on is read from two places, one after the other, while it may be making a socket anew: as a
// tmux server does at USR1.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { listeningSockets } from '../../src/system/unix-sockets.ts';

const ANEW = `
const { createServer } = require('node:net');
const { rmSync } = require('node:fs');
const path = process.argv[1];
let last;
const again = () => {
  rmSync(path, { force: true });
  const next = createServer().listen(path, () => {
    last?.close();
    if (last === undefined) console.log('listens');
    last = next;
    // close() removes what stands under its path.
    setTimeout(again, 1);
  });
};
again();`;
const LOOKS = 2000;

test('a process that makes its socket anew is never seen without one', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'agentctl-sockets-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const socket = join(directory, 'sock');
  const child = spawn(process.execPath, ['-e', ANEW, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const { pid = 0 } = child;
  const seen = new Set<string>();
  let without = 0;
  for (let look = 0; look < LOOKS; look++) {
    const found = listeningSockets(pid).filter(({ path }) => path === socket);
    if (found.length === 0) without++;
    for (const { inode } of found) seen.add(inode);
  }
  expect(without).toBe(0);
  expect(seen.size).toBeGreaterThan(10);
});
