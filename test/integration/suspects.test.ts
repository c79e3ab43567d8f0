// Who is named as perhaps an agent's own, where nothing ties him to it: never whoever watches over another agent.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Started } from '../../src/agent/evidence.ts';
import { scanTree } from '../../src/lifecycle/end-tree.ts';
import { identityOf, self } from '../../src/system/processes.ts';
import { Bystanders } from '../fixtures/bystanders.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';

test('an orphan with nothing in its environment may be an agent’s own, unless it watches over another', async () => {
  const bench = new Workbench();
  const bystanders = new Bystanders();
  const orphan = async (name: string): Promise<number> => {
    const script = bench.file(
      name,
      `echo $$ >${join(bench.dir, `${name}.pid`)}; while :; do sleep 1000 & wait; done\n`,
    );
    // The shell between is gone at once, and with it the parent.
    spawnSync('sh', ['-c', `env -i PATH="$PATH" setsid sh ${script} agents/a </dev/null >/dev/null 2>&1 &`]);
    const pid = bystanders.add(name, Number(await bench.written(`${name}.pid`)));
    const parentOf = (): string | undefined =>
      spawnSync('ps', ['-o', 'ppid=', '-p', String(pid)])
        .stdout.toString()
        .trim();
    await waitFor('it to be an orphan', () => parentOf() === '1');
    return pid;
  };
  const [stranger, watchdog] = [await orphan('stranger'), await orphan('agent-wrapper')];
  const started: Started = {
    ...{ agent: self(), wrapper: self(), watchdog: self(), cgroup: null, spare: [] },
    ...{ place: { bootId: '', pidNamespace: '' }, tmux: { serverPid: 0, session: '', pane: '' } },
    ...{ uptimeMs: 0, startedAtMs: 0 },
  };
  expect(identityOf(stranger)).toBeDefined();
  const pids = scanTree('nobodys1', started, true).suspects.map(({ pid }) => pid);
  expect(pids).toContain(stranger);
  expect(pids).not.toContain(watchdog);
});
