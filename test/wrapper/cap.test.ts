// The cap, which the watchdog keeps without any manager.
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import {
  type Agent,
  beats,
  DEAF,
  deafChild,
  gone,
  isAlive,
  kill,
  look,
  pidIn,
  slowMv,
  test,
  underEachShell,
} from './harness.ts';

underEachShell('the cap', (shell) => {
  test('lets an obedient agent clean up, and keeps its code', async ({ stage }) => {
    const act = `exec sh -c 'trap "echo cleaned >\\"$DIR/note\\"; exit 7" TERM; echo >"$DIR/ready"; sleep 1000 & wait'`;
    const agent = await stage.agent(shell, { act });
    await agent.ready();
    await agent.capNow(20);
    const { wrapper } = await agent.started();
    const exit = await agent.exit();
    expect(exit).toMatchObject({ code: 7, how: 'observed', cause: 'capped' });
    expect(agent.read('note')).toBe('cleaned\n');
    expect(exit.uptimeSeconds - Number(wrapper.startTime) / 100).toBeGreaterThanOrEqual(1);
  });

  test('kills an agent that is deaf to TERM, after kill-after', async ({ stage }) => {
    const agent = await stage.agent(shell, { act: DEAF });
    const { wrapper } = await agent.started();
    await agent.ready();
    await agent.capNow(1);
    const exit = await agent.exit();
    expect(exit).toMatchObject({ code: 137, how: 'observed', cause: 'capped' });
    expect(exit.uptimeSeconds - Number(wrapper.startTime) / 100).toBeGreaterThanOrEqual(2);
  });

  test('wakes a stopped agent, so that it too can clean up', async ({ stage }) => {
    const act = `exec sh -c 'trap "exit 8" TERM; kill -STOP $$; sleep 1000'`;
    const agent = await stage.agent(shell, { act });
    await stopped(agent);
    await agent.capNow(20);
    expect(await agent.exit()).toMatchObject({ code: 8, how: 'observed', cause: 'capped' });
  });

  test('kills a stopped agent that is deaf', async ({ stage }) => {
    const act = `exec sh -c 'trap "" TERM; while :; do kill -STOP $$; done'`;
    const agent = await stage.agent(shell, { act });
    await stopped(agent);
    await agent.capNow();
    expect(await agent.exit()).toMatchObject({ code: 137, how: 'observed', cause: 'capped' });
  });

  test('ends what the agent left running, though the agent itself obeys at once', async ({ stage }) => {
    // The wrapper publishes and tells the watchdog to go while that is still busy with these.
    const names = ['plain', 'nohup', 'setsid', 'forked-twice', 'no-cookie'];
    const act = [
      `sh -c '${deafChild('plain')}' &`,
      `nohup sh -c '${deafChild('nohup')}' >/dev/null 2>&1 &`,
      `setsid sh -c '${deafChild('setsid')}' &`,
      `setsid sh -c '(${deafChild('forked-twice')}) & exit' &`,
      `env -u AGENTCTL_RUN_ID sh -c '${deafChild('no-cookie')}' &`,
      'i=0; while [ $i -lt 20 ]; do setsid sleep 1000 & i=$((i + 1)); done',
      'exec sleep 1000',
    ].join('\n');
    const agent = await stage.agent(shell, { act: act.replace('(echo $$', '(sh -c "echo \\$PPID"') });
    const children = await Promise.all(names.map((name) => pidIn(agent.path(name))));
    await agent.capNow();
    expect(await agent.exit()).toMatchObject({ code: 143, how: 'observed', cause: 'capped' });
    for (const [at, process] of children.entries()) await gone(names[at] ?? '', process);
    await agent.wholeLog(); // nor has the watchdog ended the wrapper before that had printed the end mark
  });

  test('ends a launch that never came to its agent', async ({ stage }) => {
    const agent = await stage.agent(shell, { before: 'sleep 1000', cap: 1 });
    expect(await agent.exit()).toMatchObject({ code: 137, how: 'observed', cause: 'capped' });
  });

  test('ends the tree around the wrapper and its helpers', async ({ stage }) => {
    const { bin, env } = slowMv(stage, 'while [ ! -e go ]; do sleep 0.1; done');
    const agent = await stage.agent(shell, { cap: 1, env });
    await agent.started();
    const mv = await pidIn(join(bin, 'pid'));
    await beats(agent, 2);
    expect(isAlive(mv)).toBe(true);
    writeFileSync(agent.path('go'), '');
    expect(await agent.exit()).toMatchObject({ code: 143, how: 'observed', cause: 'capped' });
  });

  test('is recorded also when the wrapper dies meanwhile', async ({ stage }) => {
    const agent = await stage.agent(shell, { act: DEAF });
    const started = await agent.started();
    await agent.ready();
    await agent.capNow(600);
    await waitFor('the cap', () => existsSync(agent.path('capped')));
    kill(started.wrapper.pid, 'SIGKILL');
    await gone('the wrapper', started.wrapper);
    kill(started.agent.pid, 'SIGKILL');
    expect(await agent.exit()).toMatchObject({ code: null, how: 'inferred', cause: 'capped' });
  });

  test('can be moved while the agent runs', async ({ stage }) => {
    const agent = await stage.agent(shell, { cap: 'none' });
    await agent.started();
    await beats(agent, 2);
    agent.setLimits({ cap: 1 });
    expect(await agent.exit()).toMatchObject({ code: 143, cause: 'capped' });
  });

  test('holds at its last known value when its limits are damaged', async ({ stage }) => {
    const damaged: Record<string, (runId: string) => string> = {
      empty: () => '',
      short: (runId) => `${runId} 600 1\n`,
      'no-numbers': (runId) => `${runId} 600 1 1 x$(id)\n`,
      foreign: () => 'another0 600 1 1 0\n',
      // Both end a shell that counts with them: an octal that is none, and more than a number holds.
      octal: (runId) => `${runId} 0900 1 1 0\n`,
      huge: (runId) => `${runId} 99999999999999999999 1 1 0\n`,
    };
    const agents = await Promise.all([
      ...Object.entries(damaged).map(async ([name, line]) => {
        const agent = await stage.agent(shell, { name });
        await agent.capSoon();
        agent.setLimitsLine(line(agent.runId));
        return agent;
      }),
    ]);
    for (const agent of agents) expect(await agent.exit()).toMatchObject({ code: 143, cause: 'capped' });
  });

  test('holds whatever started.json says: the agent is the child of the wrapper that has the cookie', async ({
    stage,
  }) => {
    const { pid } = process;
    const damaged = {
      words: 'nonsense","agent":{"pid":12x,',
      nobody: '{"agent":{"pid":4194304,"startTime":"1"}}',
      another: `{"agent":{"pid":${pid},"startTime":"1"}}`,
    };
    const agents = await Promise.all(
      Object.entries(damaged).map(([name, line]) =>
        // Before the watchdog's second beat, at which it would have learnt who that is.
        stage.agent(shell, { name, act: `echo '${line}' >"$DIR/started.json"; ${DEAF}` }),
      ),
    );
    for (const agent of agents) {
      await agent.ready();
      agent.setLimits({ cap: 3 });
    }
    for (const agent of agents) expect(await agent.exit()).toMatchObject({ code: 137, cause: 'capped' });
  });

  test('holds where what it reads of itself or of its parent would never be read to its end', async ({ stage }) => {
    const fifos = (path: string, ...files: string[]) =>
      `cd "${path}" && rm -f ${files.join(' ')} && mkfifo ${files.join(' ')} && cd -`;
    const boss = await stage.agent(shell, { name: 'boss', act: `${fifos('$DIR', 'limits')}; exec sleep 1000` });
    const child = await stage.agent(shell, { name: 'child', act: DEAF, parent: { name: 'boss', runId: boss.runId } });
    const act = `${fifos('$DIR', 'times', 'output.log', 'heartbeat', 'output.times')}; exit 3`;
    const natural = await stage.agent(shell, { name: 'natural', act });
    expect(await natural.exit()).toMatchObject({ code: 3, cause: 'natural' });
    await child.ready();
    await child.capNow();
    expect(await child.exit()).toMatchObject({ code: 137, cause: 'capped' });
    rmSync(boss.path('limits'));
    boss.setLimits({ cap: 1 });
    expect(await boss.exit()).toMatchObject({ code: 143, cause: 'capped' });
  });

  test('holds without its limits too; only the cause is lost, for want of a file to rename', async ({ stage }) => {
    const agent = await stage.agent(shell);
    await agent.capSoon(20); // not reached before they are removed, on a machine that is loaded to the brim
    rmSync(agent.path('limits'));
    expect(await agent.exit(60_000)).toMatchObject({ code: 143, cause: 'natural' });
  });
});

async function stopped(agent: Agent): Promise<void> {
  const { pid } = (await agent.started()).agent;
  await waitFor('the agent to be stopped', () => look(pid)?.state === 'T');
}
