import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';

// No systemd runs where these tests do: a program of its name says what it was asked for, and obeys or refuses.
const OBEYS = 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"';
const REFUSES = 'echo "Failed to connect to bus" >&2; exit 1';

describe.each([
  ['obeys', OBEYS],
  ['refuses', REFUSES],
])('where a systemd is that %s', (which, does) => {
  test('tmux server and manager start, and are asked into a scope of their own', async () => {
    const bench = new Workbench().withManager();
    for (const folder of ['bin', 'run/systemd']) mkdirSync(join(bench.dir, folder), { recursive: true });
    const log = join(bench.dir, 'asked');
    bench.file('bin/systemd-run', `#!/bin/sh\necho "$@" >>'${log}'\n${does}\n`, 0o755);
    bench.file('run/systemd/private', '');
    bench.env.PATH = `${join(bench.dir, 'bin')}:${bench.env.PATH}`;
    bench.env.XDG_RUNTIME_DIR = join(bench.dir, 'run');

    await bench.ok('spawn', '-n', 'scoped', '--grace', '0', 'sh', '-c', 'exit 3');
    expect((await bench.run('wait', 'scoped')).code).toBe(3);
    await waitFor('the manager to tear it down', async () => (await bench.agent('scoped')).archived);

    const asked = readFileSync(log, 'utf8').trim().split('\n');
    expect(asked.find((line) => line.includes('tmux'))).toMatch(/^--user --scope .*Delegate=yes -- \S*tmux /);
    expect(asked).toContain('--user --scope --quiet --collect --property=Delegate=yes -- true');
    const manager = asked.filter((line) => line.endsWith('manager run'));
    expect(manager).toHaveLength(which === 'obeys' ? 1 : 0);
    expect(existsSync(`/proc/${bench.manager().pid}`), 'it is the process that was put down').toBe(true);
  });
});
