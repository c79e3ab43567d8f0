// What the pane and its log see of the wrapper: the end mark, once and last, and otherwise nothing.
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { gone, isAlive, kill, test, underEachShell } from './harness.ts';

underEachShell('the log', (shell) => {
  test('holds every byte of a short agent, then the end mark', async ({ stage }) => {
    const agent = await stage.agent(shell, { act: 'printf first; printf last >&2; exit 3' });
    expect(await agent.wholeLog()).toBe('firstlast');
  });

  test('holds a long output whole, then the end mark', async ({ stage }) => {
    const agent = await stage.agent(shell, { act: 'exec seq 20000' });
    const lines = Array.from({ length: 20_000 }, (_, at) => `${at + 1}\r\n`).join('');
    expect(await agent.wholeLog()).toBe(lines);
  });

  test('is whole for each of ten agents that end together', async ({ stage }) => {
    const gate = join(stage.dir, 'gate');
    execFileSync('mkfifo', [gate]);
    const held = openSync(gate, 'r+');
    const act = `exec 4<'${gate}'; echo ready; read -r _ <&4; echo over; exit 4`;
    const agents = [];
    for (let at = 0; at < 10; at++) agents.push(await stage.agent(shell, { name: `a${at}`, act, beat: 5 }));
    for (const agent of agents) await waitFor('ready', () => agent.read('output.log').includes('ready'));
    closeSync(held);
    for (const agent of agents) {
      expect(await agent.exit()).toMatchObject({ code: 4 });
      expect(await agent.wholeLog()).toBe('ready\r\nover\r\n');
    }
  });

  test('has no word of the shell when a signal ends the agent', async ({ stage }) => {
    const signals = ['SIGKILL', 'SIGTERM', 'SIGSEGV', 'SIGHUP'] as const;
    const agents = await Promise.all(
      signals.map(async (signal) => {
        const agent = await stage.agent(shell, { name: signal });
        kill((await agent.started()).agent.pid, signal);
        return agent;
      }),
    );
    for (const agent of agents) expect(await agent.wholeLog()).toBe('');
  });

  test('has no word of the shell when the watchdog ends the agent, or is ended', async ({ stage }) => {
    const capped = await stage.agent(shell, { name: 'capped', cap: 1 });
    const alone = await stage.agent(shell, { name: 'alone', act: 'exec cat' });
    const { watchdog } = await alone.started();
    kill(watchdog.pid, 'SIGKILL');
    await gone('the watchdog', watchdog);
    await alone.sendKeys('C-d');
    expect(await alone.wholeLog()).toBe('');
    expect(await capped.wholeLog()).toBe('');
  });

  test('has the end mark also when the agent leaves its terminal in another group and guarded', async ({ stage }) => {
    // As an interactive shell that is killed: our wrapper is then in the background of its own terminal.
    const act = `stty tostop; exec setsid -w true`;
    const agent = await stage.agent(shell, { act: act.replace('exec', "sh -m -c 'sleep 0.01';  exec") });
    expect(await agent.exit()).toMatchObject({ code: 0 });
    expect(await agent.wholeLog()).toBe('');
  });
});

underEachShell('a terminal that is blocked', (shell) => {
  test('holds back neither the sentinel nor the watchdog, and its end frees the wrapper', async ({ stage }) => {
    const agent = await stage.agent(shell, { act: 'stty ixon; echo ready; exec sleep 1000' });
    const started = await agent.started();
    await waitFor('ready', () => agent.read('output.log').includes('ready'));
    await agent.sendKeys('C-s');
    // A write that blocks is the proof that Ctrl-S has arrived.
    await agent.tmux(
      'run-shell',
      '-b',
      `echo x >"${readlinkSync(`/proc/${started.agent.pid}/fd/1`)}"; echo >'${stage.dir}/through'`,
    );
    kill(started.agent.pid, 'SIGTERM');
    expect(await agent.exit()).toMatchObject({ code: 143, how: 'observed' });
    await gone('the watchdog', started.watchdog);
    expect(isAlive(started.wrapper)).toBe(true);
    expect(existsSync(join(stage.dir, 'through'))).toBe(false);
    await agent.tmux('kill-session', '-t', `=${agent.name}`);
    await gone('the wrapper', started.wrapper);
  });
});

underEachShell(
  'the watchdog',
  (shell) => {
    test('holds neither the terminal nor anything of its caller open', async ({ stage }) => {
      const agent = await stage.agent(shell);
      const { watchdog, agent: identity } = await agent.started();
      const fds = readdirSync(`/proc/${watchdog.pid}/fd`).map((fd) => readlinkSync(`/proc/${watchdog.pid}/fd/${fd}`));
      const held = fds.filter((target) => target.startsWith('/dev/pts/') || target.startsWith('pipe:'));
      expect(held).toEqual([]);
      kill(identity.pid, 'SIGTERM');
      await agent.exit();
    });
  },
  { except: ['mksh'] },
); // which keeps /dev/tty and what it has redirected; it costs a pane's end nothing
