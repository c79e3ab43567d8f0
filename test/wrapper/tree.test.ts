// Whom the watchdog ends with the agent, and whom it must not touch.
import { spawn } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { deafChild, environ, gone, isAlive, pidIn, type Stage, test, underEachShell } from './harness.ts';

underEachShell('the tree', (shell) => {
  test('holds nobody who only resembles it', async ({ stage }) => {
    const agent = await stage.agent(shell);
    const others = [
      bystander(stage, { AGENTCTL_RUN_ID: `${agent.runId}x` }),
      bystander(stage, { AGENTCTL_RUN_ID: `x${agent.runId}` }),
      bystander(stage, { NOTE: `AGENTCTL_RUN_ID=${agent.runId}` }),
      bystander(stage, { NOTE: `a\nAGENTCTL_RUN_ID=${agent.runId}\nb` }),
    ];
    const carrier = bystander(stage, { AGENTCTL_RUN_ID: agent.runId });
    await agent.capNow();
    await agent.exit();
    await waitFor('the end of the one that carries the cookie', () => carrier.signalCode === 'SIGKILL');
    for (const other of others) expect(other.signalCode).toBe(null);
  });

  test('spares a daemon that serves everyone, and what stands below it', async ({ stage }) => {
    copyFileSync('/bin/dash', join(stage.dir, 'ssh-agent'));
    copyFileSync('/bin/sleep', join(stage.dir, 'gpg-agent'));
    const act = [
      `setsid ./ssh-agent -c 'echo $$ >"$DIR/daemon"; sleep 1000 & echo $! >"$DIR/below"; wait' &`,
      `tmux -f /dev/null -S own.sock new-session -d sh -c 'echo $$ >"$DIR/pane"; exec sleep 1000'`,
      `tmux -S own.sock display-message -p '#{pid}' >"$DIR/server"`,
      `setsid sh -c '${deafChild('plain')}' &`,
      './gpg-agent 1000 & echo $! >"$DIR/in-session"',
      'exec sleep 1000',
    ].join('\n');
    const agent = await stage.agent(shell, { act });
    const pids = (names: string[]) => Promise.all(names.map((name) => pidIn(agent.path(name))));
    const spared = await pids(['daemon', 'below', 'server', 'pane']);
    const ended = await pids(['plain', 'in-session']);
    for (const { pid } of spared) stage.expectLeft(pid);
    expect(environ(spared[3]?.pid ?? 0)).toContain(`\0AGENTCTL_RUN_ID=${agent.runId}\0`);
    await agent.capNow();
    await agent.exit();
    for (const process of ended) await gone('one that is not spared', process);
    await gone('the watchdog', (await agent.started()).watchdog); // now it has done all that it will do
    expect(spared.map(isAlive)).toEqual([true, true, true, true]);
  });

  test('is looked through again until nothing is found: what is born during a scan ends too', async ({ stage }) => {
    // Not a fast chain (each link a successor before it ends): one of 20 ms outruns any shell on a loaded machine.
    // The avenger wakes at the death of the first, and has the time in which the others are ended to start one more.
    const act = [
      'mkfifo gate',
      'setsid sleep 1000 >gate &',
      'i=0; while [ $i -lt 30 ]; do setsid sleep 1000 & i=$((i + 1)); done',
      `setsid sh -c 'exec 4<gate; echo $$ >"$DIR/avenger"; read -r _ <&4; setsid sleep 1000 & echo $! >"$DIR/late"' &`,
      'exec sleep 1000',
    ].join('\n');
    const agent = await stage.agent(shell, { act });
    const avenger = await pidIn(agent.path('avenger'));
    await agent.capNow();
    expect(await agent.exit()).toMatchObject({ code: 143, cause: 'capped' });
    await gone('the avenger', avenger);
  });
});

function bystander(stage: Stage, env: Record<string, string>) {
  const process = spawn('sleep', ['1000'], { env: { PATH: globalThis.process.env.PATH, ...env }, stdio: 'ignore' });
  stage.onClose(async () => process.kill('SIGKILL'));
  return process;
}
