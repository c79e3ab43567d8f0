// Every way in which an agent, its pane or its wrapper can end, and what the sentinel says then.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { type Agent, DEAF, deafChild, gone, kill, look, pidIn, slowMv, test, underEachShell } from './harness.ts';

underEachShell('the end of an agent', (shell) => {
  test('keeps the exit code', async ({ stage }) => {
    const codes = [0, 3, 126, 127, 137, 139, 143, 255];
    const agents = await Promise.all(
      codes.map((code) => stage.agent(shell, { name: `exit-${code}`, act: `exec sh -c 'exit ${code}'` })),
    );
    for (const [at, agent] of agents.entries()) {
      const code = codes[at];
      expect(await agent.exit()).toMatchObject({ code, how: 'observed', cause: 'natural' });
    }
    expect(await agents[1]?.wrapperCode()).toBe(3);
  });

  test('tells which signal killed it', async ({ stage }) => {
    const signals = { SIGHUP: 129, SIGINT: 130, SIGABRT: 134, SIGKILL: 137, SIGSEGV: 139, SIGTERM: 143 } as const;
    const agents = await Promise.all(
      Object.entries(signals).map(async ([signal, code]) => {
        const agent = await stage.agent(shell, { name: signal });
        kill((await agent.started()).agent.pid, signal as NodeJS.Signals);
        return { agent, code };
      }),
    );
    for (const { agent, code } of agents) {
      expect(await agent.exit()).toMatchObject({ code, how: 'observed', cause: 'natural' });
    }
  });

  test('keeps the code of a launch that came to nothing', async ({ stage }) => {
    const missing = await stage.agent(shell, { name: 'missing', act: 'exec "$DIR/no-such-command"' });
    const denied = await stage.agent(shell, { name: 'denied', act: 'exec "$DIR/heartbeat"' });
    const broken = await stage.agent(shell, { name: 'broken', before: 'exit 126' });
    expect(await missing.exit()).toMatchObject({ code: 127, how: 'observed' });
    expect(await denied.exit()).toMatchObject({ code: 126, how: 'observed' });
    expect(await broken.exit()).toMatchObject({ code: 126, how: 'observed' });
    expect(existsSync(broken.path('started.json'))).toBe(false);
  });

  test('leaves the processor time of the agent and of what that waited for', async ({ stage }) => {
    const count = 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done';
    const agent = await stage.agent(shell, {
      act: `exec sh -c '(${count}); cut -d" " -f14-17 /proc/$$/stat >"$DIR/used"'`,
    });
    await agent.exit();
    // Those that it waited for, here and there: in ticks of 10 ms.
    const used =
      agent
        .read('used')
        .split(' ')
        .reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
    const [own = '', children = '', ...rest] = agent.read('times').trimEnd().split('\n');
    expect(rest).toEqual([]);
    expect(seconds(own)).toBeLessThan(used);
    expect(seconds(children)).toBeGreaterThan(used - 0.03);
    expect(seconds(children)).toBeLessThan(used + 0.3);
  });

  test('rings the bell and takes the watchdog and its sleep along', async ({ stage }) => {
    const agent = await stage.agent(shell, { beat: 600 });
    const started = await agent.started();
    const bell = () => statSync(join(stage.stateDir, 'bell'), { bigint: true }).mtimeNs;
    const before = bell();
    kill(started.agent.pid, 'SIGTERM');
    await agent.exit();
    await waitFor('the bell', () => bell() > before);
    await gone('the watchdog', started.watchdog); // its sleep of 600 s would be found by stage.close()
  });

  test('minds no directory in the place of the bell', async ({ stage }) => {
    const agent = await stage.agent(shell, {
      act: 'mv "$DIR/../../bell" "$DIR/../../b"; mkdir "$DIR/../../bell"; exec true',
    });
    expect(await agent.exit()).toMatchObject({ code: 0 });
    expect(await agent.wholeLog()).toBe('');
  });
});

underEachShell('the end of a pane', (shell) => {
  const waysToClose: Record<string, (agent: Agent) => Promise<unknown>> = {
    'kill-session': (agent) => agent.tmux('kill-session', '-t', `=${agent.name}`),
    'kill-server': (agent) => agent.tmux('kill-server'),
    'SIGKILL to the tmux server': async (agent) => {
      kill(Number(await agent.tmux('display-message', '-p', '#{pid}')), 'SIGKILL');
    },
  };
  for (const [way, close] of Object.entries(waysToClose)) {
    test(`${way} ends the agent, and nobody invents a code`, async ({ stage }) => {
      const agent = await stage.agent(shell);
      const started = await agent.started();
      await close(agent);
      expect(await agent.exit()).toMatchObject({ code: null, how: 'inferred', cause: 'natural' });
      await gone('the agent', started.agent);
      await gone('the watchdog', started.watchdog);
    });
  }

  test('kill-session ends an agent that is deaf to HUP and TERM, and what it has started', async ({ stage }) => {
    const act = `setsid sh -c '${deafChild('child')}' & ${DEAF}`;
    const agent = await stage.agent(shell, { act });
    const started = await agent.started();
    await agent.ready();
    const child = await pidIn(agent.path('child'));
    await agent.tmux('kill-session', '-t', `=${agent.name}`);
    expect(await agent.exit()).toMatchObject({ code: null, how: 'inferred' });
    await gone('the agent', started.agent);
    await gone('its child', child);
  });

  test('an agent that cleans up after kill-session has the time to', async ({ stage }) => {
    const trap = 'trap "" HUP; trap "echo TERM >>\\"$DIR/heard\\"; exit" TERM';
    const act = `exec sh -c '${trap}; echo >"$DIR/ready"; sleep 1000 & wait'`;
    const agent = await stage.agent(shell, { act, killAfter: 20 });
    await agent.ready();
    await agent.tmux('kill-session', '-t', `=${agent.name}`);
    expect(await agent.exit()).toMatchObject({ code: null, how: 'inferred' });
    expect(agent.read('heard')).toBe('TERM\n');
  });
});

underEachShell('the end of a wrapper', (shell) => {
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGKILL'] as const) {
    test(`${signal} to it hangs up the agent, and the watchdog says so`, async ({ stage }) => {
      const agent = await stage.agent(shell);
      const started = await agent.started();
      kill(started.wrapper.pid, signal);
      if (signal === 'SIGTERM' && shell.name === 'mksh') {
        // mksh catches TERM and heeds it when its foreground child has ended: the code is kept, nobody is hung up.
        kill(started.agent.pid, 'SIGINT');
        return expect(await agent.exit()).toMatchObject({ code: 130, how: 'observed', cause: 'natural' });
      }
      expect(await agent.exit()).toMatchObject({ code: null, how: 'inferred', cause: 'natural' });
      await gone('the agent', started.agent);
      await gone('the watchdog', started.watchdog);
    });
  }

  test('SIGKILL between the end and the sentinel keeps the code', async ({ stage }) => {
    const { bin, env } = slowMv(stage, 'exec sleep 1000');
    const agent = await stage.agent(shell, { act: "exec sh -c 'exit 7'", env });
    const { wrapper } = await agent.started();
    const mv = await pidIn(join(bin, 'pid'));
    expect(look(mv.pid)?.parent).toBe(wrapper.pid);
    expect(existsSync(agent.path('exit.json'))).toBe(false);
    kill(wrapper.pid, 'SIGKILL');
    expect(await agent.exit()).toMatchObject({ code: 7, how: 'observed', cause: 'natural' });
    await gone('the mv that hung', mv);
  });

  test('is seen also where nobody reaps the wrapper', async ({ stage }) => {
    const agent = await stage.agent(shell);
    const { wrapper } = await agent.started();
    const server = Number(await agent.tmux('display-message', '-p', '#{pid}'));
    kill(server, 'SIGSTOP'); // the wrapper's parent: a container's pid 1 may be as slow
    try {
      kill(wrapper.pid, 'SIGKILL');
      expect(await agent.exit()).toMatchObject({ code: null, how: 'inferred' });
      expect(existsSync(`/proc/${wrapper.pid}`)).toBe(true);
    } finally {
      kill(server, 'SIGCONT');
    }
  });

  test('deaf to signals once the agent has ended', async ({ stage }) => {
    const { bin, env } = slowMv(stage, 'while [ ! -e go ]; do sleep 0.02; done');
    const agent = await stage.agent(shell, { act: "exec sh -c 'exit 7'", env, beat: 600 });
    const { wrapper } = await agent.started();
    await pidIn(join(bin, 'pid'));
    for (const signal of [
      'SIGHUP',
      'SIGINT',
      'SIGQUIT',
      'SIGTERM',
      'SIGUSR1',
      'SIGUSR2',
      'SIGALRM',
      'SIGPIPE',
    ] as const) {
      kill(wrapper.pid, signal);
    }
    await agent.tmux('kill-session', '-t', `=${agent.name}`);
    writeFileSync(agent.path('go'), '');
    expect(await agent.exit()).toMatchObject({ code: 7, how: 'observed' });
  });

  test('SIGKILL to the whole process group leaves no sentinel, which is the truth', async ({ stage }) => {
    const agent = await stage.agent(shell);
    const started = await agent.started();
    process.kill(-started.wrapper.pid, 'SIGKILL');
    await gone('the agent', started.agent);
    await gone('the wrapper', started.wrapper);
    await gone('the watchdog', started.watchdog);
    expect(existsSync(agent.path('exit.json'))).toBe(false);
    expect(readFileSync(agent.path('exit.tmp'), 'utf8')).toContain('"how":"pending"');
  });

  test('the end of the watchdog costs the agent nothing', async ({ stage }) => {
    const agent = await stage.agent(shell, { act: 'exec cat' });
    const { watchdog } = await agent.started();
    kill(watchdog.pid, 'SIGKILL');
    await gone('the watchdog', watchdog);
    await agent.sendKeys('C-d');
    expect(await agent.exit()).toMatchObject({ code: 0, how: 'observed' });
  });

  test('the watchdog minds no HUP, INT, QUIT or TERM', async ({ stage }) => {
    const agent = await stage.agent(shell);
    const started = await agent.started();
    for (const signal of ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const) kill(started.watchdog.pid, signal);
    kill(started.wrapper.pid, 'SIGKILL');
    expect(await agent.exit()).toMatchObject({ code: null, how: 'inferred' });
  });
});

underEachShell('a key in the pane', (shell) => {
  test('Ctrl-C ends the agent with 130', async ({ stage }) => {
    const agent = await stage.agent(shell);
    await agent.started();
    await agent.sendKeys('C-c');
    expect(await agent.exit()).toMatchObject({ code: 130, how: 'observed' });
    expect(await agent.wholeLog()).toBe('^C');
  });

  test('Ctrl-C is for the agent to handle', async ({ stage }) => {
    const act = `exec sh -c 'trap "exit 5" INT; echo ready; sleep 1000'`;
    const agent = await stage.agent(shell, { act });
    await waitFor('the trap', () => agent.read('output.log').includes('ready'));
    await agent.sendKeys('C-c');
    expect(await agent.exit()).toMatchObject({ code: 5, how: 'observed' });
  });

  test('Ctrl-\\ ends the agent with 131', async ({ stage }) => {
    const agent = await stage.agent(shell, { act: 'ulimit -c 0; exec sleep 1000' });
    await agent.started();
    await agent.sendKeys('C-\\');
    expect(await agent.exit()).toMatchObject({ code: 131, how: 'observed' });
    expect(await agent.wholeLog()).toBe('^\\');
  });

  test('Ctrl-Z has no effect', async ({ stage }) => {
    const agent = await stage.agent(shell);
    const started = await agent.started();
    await agent.sendKeys('C-z');
    await waitFor('the echo of Ctrl-Z', () => agent.read('output.log').includes('^Z'));
    expect(look(started.agent.pid)?.state).toMatch(/[RS]/);
    kill(started.agent.pid, 'SIGTERM');
    expect(await agent.exit()).toMatchObject({ code: 143, how: 'observed' });
  });
});

/** A line of times(1): user and system time, as `0m1.23s 0m0.45s`. */
function seconds(line: string): number {
  const times = [...line.matchAll(/(\d+)m([\d.]+)s/g)];
  expect(times).toHaveLength(2);
  return times.reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest), 0);
}
