import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { type Listed, Workbench } from '../fixtures/workbench.ts';
import { AGENTCTL_VARIABLES, collect, ended, shell } from './processes.ts';
import { misfits } from './schemas.ts';
import { Terminal } from './terminal.ts';

const NO_MANAGER = /^agentctl: no manager runs: .*\n$/;

describe.concurrent('ps', () => {
  test('lists live agents first, then those that ended within their grace; -a adds the archive', async ({
    onTestFinished,
  }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'live', 'sleep', '1000');
    await bench.ok('spawn', '-n', 'failed', '--', 'sh', '-c', 'exit 3');
    await bench.ok('spawn', '-n', 'killed', '--', 'sh', '-c', 'kill -9 $$');
    await bench.ok('spawn', '-n', 'over', '--grace', '0', 'true');
    await bench.run('run', '-n', 'archived', 'true');
    for (const name of ['failed', 'killed', 'over']) await bench.run('wait', name);
    await waitFor('the grace of 0 to pass', async () => !(await bench.ok('ps', '-q')).includes('over'));
    expect((await bench.ok('ps', '-q')).split('\n')).toEqual(['live', expect.anything(), expect.anything(), '']);
    expect((await bench.ok('ps', '--quiet', '--sort', 'name')).split('\n')).toEqual(['failed', 'killed', 'live', '']);
    const all = (await bench.ok('ps', '-aq')).split('\n').filter(Boolean);
    expect(all[0]).toBe('live');
    expect(all.toSorted()).toEqual(['archived', 'failed', 'killed', 'live', 'over']);

    const { stdout, stderr } = await bench.run('ps', '--all');
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^NAME +STATUS +RUNTIME +LEFT +IDLE +CWD +COMMAND$/);
    expect(lines.find((line) => line.startsWith('live'))).toMatch(
      / running +(\d+m)?\d+s +5\dm\d+s +(\d+m)?\d+s +\S+ +sleep 1000$/,
    );
    expect(lines.find((line) => line.startsWith('failed'))).toMatch(
      / failed \(3\) (\d+m)?\d+s ago +\d+s +- +- .*sh -c 'exit 3'$/,
    );
    expect(lines.find((line) => line.startsWith('killed'))).toMatch(/ signaled \(SIGKILL\) \d+s ago /);
    expect(lines.find((line) => line.startsWith('archived'))).toMatch(/ succeeded \d+s ago /);
    expect(stderr).toMatch(NO_MANAGER);
  });

  test('--json is what its schema says, for agents in every state', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    expect(misfits('list', JSON.parse(await bench.ok('ps', '--json')))).toEqual([]);
    await bench.ok('spawn', '-n', 'live', '--max-runtime', 'none', '-l', 'a=b', 'sleep', '1000');
    await bench.ok('spawn', '-n', 'ended', 'false');
    await bench.run('run', '-n', 'archived', 'true');
    mkdirSync(join(bench.state, 'agents', 'damaged'));
    await bench.run('wait', 'ended');
    const { code, stdout, stderr } = await bench.run('ps', '-a', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const list = JSON.parse(stdout) as { agents: Listed[] };
    expect(misfits('list', list)).toEqual([]);
    expect(list).toMatchObject({ schemaVersion: 1, manager: { running: false } });
    expect(list.agents.map(({ name, phase, result, archived }) => [name, phase, result, archived])).toEqual(
      expect.arrayContaining([
        ['live', 'running', null, false],
        ['damaged', 'unknown', null, false],
        ['ended', 'ended', 'failed', false],
        ['archived', 'ended', 'succeeded', true],
      ]),
    );
    expect(list.agents).toHaveLength(4);
    expect(misfits('list', { ...list, agents: [{ name: 'x' }] })).not.toEqual([]);
  });

  test('says of one that is done how long it may stay, of an ended one what it left running, and what is kept', async ({
    onTestFinished,
  }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'done', '--grace', '1h', 'sleep', '1000');
    await bench.ok('spawn', '-n', 'gave-up', '--grace', 'none', 'sleep', '1000');
    await bench.ok('spawn', '-n', 'left', '--', 'sh', '-c', 'setsid sleep 1001 & setsid sleep 1002 & echo $! >started');
    await bench.ok('spawn', '-n', 'neat', 'true');
    await bench.run('wait', 'left', 'neat');
    await bench.ok('done', 'done');
    await bench.ok('done', 'gave-up', '--status', 'failure');
    await bench.ok('keep', 'left');
    const cells = async () => {
      const lines = (await bench.ok('ps')).trimEnd().split('\n').slice(1);
      return Object.fromEntries(lines.map((line) => line.split(/ {2,}/)));
    };
    expect(await cells()).toEqual({
      done: expect.stringMatching(/^done \(grace 59:\d\d\)$/),
      'gave-up': 'done: failure',
      left: expect.stringMatching(/^succeeded \d+s ago, left 2 running, kept$/),
      neat: expect.stringMatching(/^succeeded \d+s ago$/),
    });
    await bench.ok('keep', 'done');
    expect((await cells()).done).toBe('done (kept)');

    const list = JSON.parse(await bench.ok('ps', '-a', '--json')) as { agents: Listed[] };
    expect(misfits('list', list)).toEqual([]);
    const of = (name: string) => list.agents.find((agent) => agent.name === name);
    expect(of('done')).not.toHaveProperty('leftRunning');
    expect(of('neat')).toMatchObject({ leftRunning: [], evidence: { process: 'ended' } });
    expect(of('left')).toMatchObject({
      kept: true,
      leftRunning: expect.arrayContaining([
        { pid: expect.any(Number), command: 'sleep 1001', why: 'cookie' },
        { pid: expect.any(Number), command: 'sleep 1002', why: 'cookie' },
      ]),
      evidence: { process: expect.stringContaining('left running until teardown: sleep 100') },
    });
    const { leftRunning, evidence } = await bench.agent('left');
    expect({ leftRunning, process: evidence.process }).toEqual({
      leftRunning: of('left')?.leftRunning,
      process: of('left')?.evidence.process,
    });
    await bench.ok('stop', 'left');
    expect(bench.cookieHolders(of('left')?.runId ?? '')).toEqual([]);
  });

  test('says when no manager runs, and nothing where one does or only the archive is shown', async ({
    onTestFinished,
  }) => {
    const bench = new Workbench(onTestFinished);
    await bench.run('run', '-n', 'archived', 'true');
    expect((await bench.run('ps', '-a')).stderr).toBe('');
    bench.withManager();
    await bench.ok('spawn', '-n', 'live', 'sleep', '1000');
    expect((await bench.run('ps')).stderr).toBe('');
    expect(JSON.parse(await bench.ok('ps', '--json'))).toMatchObject({ manager: { running: true } });
    await bench.ok('manager', 'stop');
    expect((await bench.run('ps')).stderr).toMatch(NO_MANAGER);
  });

  test('filters: those of one kind are alternatives, kinds add up', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'a', '-l', 'job=7', '-l', 'x=1', 'sleep', '1000');
    await bench.ok('spawn', '-n', 'b', '-l', 'job=8', 'sleep', '1000');
    await bench.ok('spawn', '-n', 'c', '-l', 'job=7', 'true');
    await bench.ok('spawn', '-n', 'd', 'false');
    await bench.run('wait', 'c', 'd');
    const names = async (...filters: string[]) =>
      (await bench.ok('ps', '-q', '--sort', 'name', ...filters.flatMap((one) => ['--filter', one])))
        .split('\n')
        .filter(Boolean)
        .join('');
    expect(await names('phase=running')).toBe('ab');
    expect(await names('phase=running', 'phase=ended')).toBe('abcd');
    expect(await names('label=job')).toBe('abc');
    expect(await names('label=job=7')).toBe('ac');
    expect(await names('label=job=7', 'label=job=8')).toBe('abc');
    expect(await names('label=job=7', 'phase=running')).toBe('a');
    expect(await names('label=job=7', 'label=x=1')).toBe('a');
    expect(await names('result=failed')).toBe('d');
    expect(await names('result=failed', 'result=succeeded')).toBe('cd');
    expect(await names('result=lost')).toBe('');
    for (const bad of ['phase=sleeping', 'result=', 'colour=red', 'label=', 'phase']) {
      expect(await bench.run('ps', '--filter', bad)).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringContaining(JSON.stringify(bad)),
      });
    }
  });

  test('sorts by every column, backwards with - before it', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'b', 'sleep', '1000');
    await bench.ok('spawn', '-n', 'a', 'true');
    await bench.run('wait', 'a');
    await bench.ok('spawn', '-n', 'c', 'false');
    await bench.run('wait', 'c');
    const names = async (sort: string) => (await bench.ok('ps', '-q', '--sort', sort)).replaceAll('\n', '');
    expect(await names('name')).toBe('abc');
    expect(await names('-name')).toBe('cba');
    expect(await names('created')).toBe('bac');
    expect(await names('-created')).toBe('cab');
    expect(await names('-ended')).toBe('cab');
    expect(await names('phase')).toBe('cab');
    expect((await names('runtime'))[0]).toBe('b');
    expect(await bench.run('ps', '--sort', 'size')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('created'),
    });
  });

  test('--tree shows agents below those that spawned them', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const child = '"$NODE" "$AGENTCTL" spawn -n child sleep 1000 >>spawned; exec sleep 1000';
    await bench.runWith({ env: AGENTCTL_VARIABLES }, 'spawn', '-n', 'parent', '--', 'sh', '-c', child);
    await bench.written('spawned');
    await bench.ok('spawn', '-n', 'other', 'sleep', '1000');
    const lines = (await bench.ok('ps', '--tree')).split('\n').slice(1);
    expect(lines.map((line) => /^( *\S+)/.exec(line)?.[0])).toEqual(['other', 'parent', '  child', undefined]);
  });

  test('--watch shows it again and again, until it is interrupted', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'first', 'sleep', '1000');
    const child = bench.start(['ps', '--watch', '-q']);
    const output = collect(child);
    await waitFor('the first look', () => output.stdout === 'first\n');
    await bench.ok('spawn', '-n', 'second', 'sleep', '1000');
    await waitFor('a later look', () => /^(first\n)+second\nfirst\n/.test(output.stdout));
    child.kill('SIGINT');
    await ended(child);
    const terminal = new Terminal(bench, onTestFinished, ['ps', '--watch']);
    await waitFor('the table', () => terminal.screen().includes('second'));
    await bench.ok('stop', 'second');
    await waitFor('the change in its place', () => /^NAME(.*\n)*second +stopped/.test(terminal.screen()));
    expect(terminal.screen().match(/NAME/g)).toHaveLength(1);
  });

  test('--watch ends without a noise when its reader leaves', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'one', 'sleep', '1000');
    const { stdout, stderr } = await shell(bench, '"$NODE" "$AGENTCTL" ps --watch -q | head -n 1');
    expect({ stdout, stderr }).toEqual({ stdout: 'one\n', stderr: '' });
  });

  test('fits its terminal, and keeps names whole', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const name = 'a-rather-long-name-of-an-agent';
    await bench.ok('spawn', '-n', name, '--', 'sh', '-c', `sleep 1000; : ${'x'.repeat(300)}`);
    const wide = await bench.ok('ps');
    expect(wide).toContain('x'.repeat(300));
    const terminal = new Terminal(bench, onTestFinished, ['ps']);
    await waitFor('its end', () => terminal.screen().includes('ended with 0'));
    const lines = terminal.screen().split('\n');
    expect(lines[1]).toMatch(new RegExp(`^${name} +running.*…$`));
    // One line for each agent: the third is already agentctl's own word.
    expect(lines[2]).toMatch(/^agentctl: no manager runs/);
  });

  test('shows nothing that a terminal would act on', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'evil', '--', 'sleep', '1000', '\x1b[2J\x1b]0;title\x07\nforged  running');
    const { stdout } = await bench.run('ps');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
    expect(stdout.split('\n')).toHaveLength(3);
  });

  test('says where it looked when there is nothing', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const { code, stdout, stderr } = await bench.run('ps');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(
      new RegExp(
        `^agentctl: no agents in ${bench.state} \\(given by AGENTCTL_STATE_DIR, which does not exist yet\\).*\n$`,
      ),
    );
    expect(existsSync(bench.state)).toBe(false);
    expect(await bench.run('ps', 'name')).toMatchObject({ code: 2, stderr: expect.stringContaining('status name') });
  });
});

describe.concurrent('ps and damage', () => {
  test('shows a damaged directory as such, and never lets it hide the others', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'good', 'sleep', '1000');
    const agents = join(bench.state, 'agents');
    for (const name of ['empty', 'garbage', 'newer', 'foreign']) mkdirSync(join(agents, name));
    writeFileSync(join(agents, 'a-file'), 'x');
    writeFileSync(join(agents, 'garbage', 'spec.json'), '{"schemaVersion":1,');
    writeFileSync(join(agents, 'newer', 'spec.json'), '{"schemaVersion":99}');
    writeFileSync(join(agents, 'foreign', 'spec.json'), '{"schemaVersion":1,"name":"foreign"}');
    mkdirSync(join(agents, 'not a name'));
    mkdirSync(join(bench.state, 'archive', 'gone.0000000000000000'));
    const { code, stdout } = await bench.run('ps', '-a');
    expect(code).toBe(0);
    const line = (name: string) => stdout.split('\n').find((one) => one.startsWith(`${name} `));
    expect(line('good')).toMatch(/ running /);
    expect(line('empty')).toMatch(/ unknown: spec.json is missing /);
    expect(line('garbage')).toMatch(/ unknown: spec.json is damaged: it is not JSON /);
    expect(line('newer')).toMatch(/ unknown: spec.json was written by a newer agentctl \(format 99\)/);
    expect(line('foreign')).toMatch(/ unknown: spec.json is damaged: /);
    expect(line('a-file')).toMatch(/ unknown: /);
    expect(line('gone')).toMatch(/ unknown: /);
    expect(stdout).not.toContain('not a name');
    expect((await bench.run('status', 'garbage')).code).toBe(4);
    expect((await bench.run('wait', 'garbage')).code).toBe(125);
    const taken = await bench.run('spawn', '-n', 'garbage', 'true');
    expect(taken).toMatchObject({ code: 75, stderr: expect.stringContaining('not JSON') });
    for (const name of ['empty', 'garbage', 'newer', 'a-file']) {
      expect(await bench.run('rm', name)).toMatchObject({ code: 0, stdout: `${name}\n` });
    }
    expect((await bench.ps()).map(({ name }) => name).toSorted()).toEqual(['foreign', 'gone', 'good']);
  });

  test('a damaged sentinel is never a success', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'one', 'true');
    await bench.ok('wait', 'one');
    const { directory } = await bench.agent('one');
    writeFileSync(join(directory, 'exit.json'), '{"schemaVersion":1,"code":0');
    expect(await bench.agent('one')).toMatchObject({ phase: 'unknown', result: null, exitCode: null });
    expect((await bench.run('wait', 'one')).code).toBe(125);
    expect((await bench.run('status', 'one')).code).toBe(4);
  });

  test('tells the truth when the socket was deleted, and when the tmux server was killed', async ({
    onTestFinished,
  }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'hup', 'sleep', '1000');
    const deaf = 'trap "" HUP TERM; while :; do sleep 1; done';
    await bench.ok('spawn', '-n', 'deaf', '--kill-after', '1', '--', 'sh', '-c', deaf);
    rmSync(join(bench.state, 'tmux.sock'));
    expect((await bench.ps()).map(({ phase }) => phase)).toEqual(['running', 'running']);
    const { tmux } = bench.record(await bench.agent('deaf'), 'started.json') as { tmux: { serverPid: number } };
    process.kill(tmux.serverPid, 'SIGKILL');
    // The wrapper died of it as well, so nobody saw their codes; the watchdogs end them, and invent none.
    for (const name of ['hup', 'deaf']) {
      const agent = await waitFor(`the watchdog to end ${name}`, async () => {
        const { phase } = await bench.agent(name);
        expect(['running', 'stopping', 'ended']).toContain(phase);
        return phase === 'ended' && bench.agent(name);
      });
      expect(agent).toMatchObject({ result: 'lost', exitCode: null });
      expect(bench.cookieHolders(agent.runId)).toEqual([]);
      expect((await bench.run('wait', name)).code).toBe(125);
    }
  });
});
