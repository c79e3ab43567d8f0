// Who is named as perhaps an agent's own, where nothing ties him to it: never whoever watches over another agent. (Who is
// named, is tested beside caps: an orphan that anybody may name must not run beside tests that look for none.)
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Started } from '../../src/agent/evidence.ts';
import { scanTree } from '../../src/lifecycle/end-tree.ts';
import { processTable, self } from '../../src/system/processes.ts';
import { Bystanders } from '../fixtures/bystanders.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';

test('a watchdog that has lost its parent, with nothing in its environment, is not taken for another agent’s', async () => {
  const bench = new Workbench();
  const script = bench.file('agent-wrapper', `echo $$ >${join(bench.dir, 'pid')}; while :; do sleep 1; done\n`);
  // The shell between is gone at once, and with it the parent.
  spawnSync('sh', ['-c', `env -i PATH="$PATH" setsid sh ${script} agents/a </dev/null >/dev/null 2>&1 &`]);
  const pid = new Bystanders().add('watchdog', Number(await bench.written('pid')));
  await waitFor('it to be an orphan', () => /^PPid:\s+1$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')));
  const started: Started = {
    ...{ agent: self(), wrapper: self(), watchdog: self(), cgroup: null, spare: [] },
    ...{ place: { bootId: '', pidNamespace: '' }, tmux: { serverPid: 0, session: '', pane: '' } },
    ...{ uptimeMs: 0, startedAtMs: 0 },
  };
  // By all that tells a suspect it would be one.
  const seen = processTable().find((process) => process.pid === pid);
  expect(seen).toMatchObject({ bareEnvironment: true, hasTerminal: false, cookie: undefined, parentPid: 1 });
  expect(Number(seen?.startTime)).toBeGreaterThanOrEqual(Number(self().startTime));
  expect(scanTree('nobodys1', started, true).suspects.map((suspect) => suspect.pid)).not.toContain(pid);
});
