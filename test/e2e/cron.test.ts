import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { mayBeSkipped } from '../fixtures/installed.ts';
import { canMount } from '../fixtures/own-disk.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';
import { collect } from './processes.ts';

/** Debian's, with a crontab of the test's own and nobody else's: where it looks, and what PAM asks, is mounted over. */
const CRON = `
mount --bind spool /var/spool/cron/crontabs
mount -t tmpfs tmpfs /etc/cron.d
mount --bind /dev/null /etc/crontab
mount --bind pam /etc/pam.d/cron
mount -t tmpfs tmpfs /run
exec cron -f`;
const PERMIT = ['auth', 'account', 'session'].map((kind) => `${kind} sufficient pam_permit.so\n`).join('');

function startCron(bench: Workbench, crontab: string): ChildProcess {
  mkdirSync(join(bench.dir, 'spool'));
  bench.file(join('spool', userInfo().username), crontab, 0o600);
  bench.file('pam', PERMIT);
  const cron = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-ec', CRON], {
    cwd: bench.dir,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  onTestFinished(() => void cron.kill());
  return cron;
}

// One test: it waits until the minute turns.
test.skipIf(mayBeSkipped('cron') || !canMount)(
  "cron runs the line that is printed, through its own and a shell's quotes",
  async () => {
    const bench = new Workbench();
    await bench.ok('spawn', '-n', 'one', '--grace', '0', '--', 'sh', '-c', 'exit 3');
    expect((await bench.run('wait', 'one')).code).toBe(3);
    expect(await bench.agent('one')).toMatchObject({ phase: 'ended', archived: false });

    const special = join(bench.dir, `50% it's "a" $HOME\\%`);
    symlinkSync(bench.state, special);
    // One that no bus answers.
    mkdirSync(join(bench.dir, 'bin'));
    bench.file('bin/systemctl', '#!/bin/sh\nexit 1\n', 0o755);
    const env = { PATH: `${join(bench.dir, 'bin')}:${bench.env.PATH}` };
    const { code, stdout: line } = await bench.runWith({ env }, '--state-dir', special, 'service', 'install');
    expect(code).toBe(1);
    expect(line).toMatch(/^\*\/15 \* \* \* \* [^\n]+\n$/);

    const said = collect(startCron(bench, line.replace('*/15', '*')));
    await waitFor(`cron to sweep (${line})`, async () => (await bench.agent('one')).archived, 110_000);
    expect(said).toEqual({ stdout: '', stderr: '' });
  },
);
