import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { gitStatus } from '../../src/system/git-status.ts';
import { processTable } from '../../src/system/processes.ts';
import { runBounded } from '../../src/system/run-bounded.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'agentctl-git-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function git(cwd: string, ...args: string[]): void {
  const own = ['-c', 'user.name=a', '-c', 'user.email=a@b', '-c', 'init.defaultBranch=main'];
  const env = { PATH: process.env.PATH, HOME: cwd, GIT_CONFIG_NOSYSTEM: '1' };
  execFileSync('git', ['-C', cwd, ...own, ...args], { env, stdio: 'ignore' });
}

function repository(): string {
  const path = folder();
  git(path, 'init');
  writeFileSync(join(path, 'a'), 'one\n');
  git(path, 'add', 'a');
  git(path, 'commit', '-m', 'first');
  return path;
}

test('tells branch and changes, also from below, and writes nothing', async () => {
  const path = repository();
  writeFileSync(join(path, 'a'), 'two\n');
  mkdirSync(join(path, 'below'));
  writeFileSync(join(path, 'below', 'new'), '');
  const index = readFileSync(join(path, '.git', 'index'));
  expect(await gitStatus(join(path, 'below'))).toEqual({ status: '## main\n M a\n?? below/\n', cut: false });
  expect(readFileSync(join(path, '.git', 'index'))).toEqual(index);
  expect(existsSync(join(path, '.git', 'index.lock'))).toBe(false);
});

test('says why there is none', async () => {
  const path = folder();
  expect(await gitStatus(path)).toEqual({ missing: 'its directory is in no git repository' });
  expect(await gitStatus(join(path, 'gone'))).toEqual({
    missing: expect.stringMatching(/^git says: cannot change to/),
  });
  const broken = repository();
  writeFileSync(join(broken, '.git', 'config'), '[broken');
  expect(await gitStatus(broken)).toEqual({ missing: expect.stringMatching(/^git says: bad config/) });
  vi.stubEnv('PATH', path);
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(await gitStatus(path)).toEqual({ missing: 'git is not installed' });
});

test('runs nothing that a repository asks for', async () => {
  const path = repository();
  const evil = join(path, '.git', 'evil');
  const ran = join(path, '.git', 'ran');
  writeFileSync(evil, `#!/bin/sh\necho "$@" >>${ran}\ncat\n`);
  chmodSync(evil, 0o755);
  mkdirSync(join(path, '.git', 'hooks'), { recursive: true });
  for (const hook of ['post-index-change', 'fsmonitor-watchman', 'reference-transaction']) {
    writeFileSync(join(path, '.git', 'hooks', hook), readFileSync(evil));
    chmodSync(join(path, '.git', 'hooks', hook), 0o755);
  }
  const settings = [
    ['core.fsmonitor', evil],
    ['core.hooksPath', join(path, '.git', 'hooks')],
    ['core.pager', evil],
    ['pager.status', evil],
    ['core.sshCommand', evil],
    ['core.askPass', evil],
    ['diff.external', evil],
    ['filter.evil.clean', evil],
    ['filter.evil.smudge', evil],
    ['filter.Evil Twin.process', evil],
    ['filter.evil.required', 'true'],
    ['filter.Evil Twin.required', 'true'],
    ['alias.status', `!${evil}`],
    ['extensions.partialClone', 'origin'],
    ['remote.origin.url', `ext::${evil}`],
    ['remote.origin.promisor', 'true'],
    ['protocol.ext.allow', 'always'],
  ];
  writeFileSync(join(path, 'b'), 'b\n');
  git(path, 'add', 'b');
  for (const [key = '', value = ''] of settings) git(path, 'config', key, value);
  writeFileSync(join(path, '.git', 'info', 'attributes'), 'a filter=evil\n');
  writeFileSync(join(path, '.gitattributes'), '* filter=evil\nb filter="Evil Twin" diff=evil\n');
  rmSync(ran, { force: true });
  // What it cannot know from their times, it has to read and to filter.
  writeFileSync(join(path, 'a'), 'two\n');
  writeFileSync(join(path, 'b'), 'c\n');
  // With it git would do all of it: that this test tests anything.
  try {
    git(path, 'status');
  } catch {
    // The evil is not very good at it.
  }
  expect(existsSync(ran)).toBe(true);
  rmSync(ran);
  expect(await gitStatus(path)).toEqual({ status: expect.stringContaining(' M a\n'), cut: false });
  expect(existsSync(ran)).toBe(false);
  git(path, 'config', 'filter.a=b.clean', evil);
  expect(await gitStatus(path)).toEqual({ missing: 'its git configuration has filters that cannot be switched off' });
  expect(existsSync(ran)).toBe(false);
});

test('cuts what is too much at a line', async () => {
  const path = repository();
  const long = 'n'.repeat(200);
  for (let file = 0; file < 400; file++) writeFileSync(join(path, `${long}${file}`), '');
  const said = await gitStatus(path);
  const { status, cut } = 'status' in said ? said : { status: '', cut: false };
  expect(cut).toBe(true);
  expect(status.length).toBeGreaterThan(60_000);
  expect(status.length).toBeLessThanOrEqual(64 * 1024);
  expect(status).toMatch(/^## main\n(\?\? n{200}\d+\n)+$/);
});

const BOUNDS = { env: { PATH: process.env.PATH }, timeoutMs: 20_000, maxBytes: 1000 };
const session = (marker: string): string[] =>
  processTable().flatMap(({ pid }) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      return words.includes(marker) ? [words] : [];
    } catch {
      return [];
    }
  });

test('what takes too long, or says too much, is ended with all that it started', async () => {
  const slow = await runBounded('sh', ['-c', 'sleep 6001 & sleep 6001'], { ...BOUNDS, timeoutMs: 100 });
  expect(slow).toMatchObject({ code: null, timedOut: true });
  expect(session('6001')).toEqual([]);
  const loud = await runBounded('sh', ['-c', 'while :; do echo loud; done'], BOUNDS);
  expect(loud).toMatchObject({ cut: true, timedOut: false });
  expect(loud.stdout.length).toBe(1000);
});

test('what it leaves in its session is ended, and who left that is not waited for', async () => {
  const left = await runBounded('sh', ['-c', 'sleep 6002 & echo said; exit 4'], BOUNDS);
  expect(left).toMatchObject({ code: 4, stdout: 'said\n', timedOut: false });
  expect(session('6002')).toEqual([]);
  const begun = performance.now();
  const gone = await runBounded('sh', ['-c', 'setsid sleep 5 & echo said'], BOUNDS);
  expect(gone).toMatchObject({ code: 0, stdout: 'said\n', timedOut: false });
  expect(performance.now() - begun).toBeLessThan(4500);
});
