// Scenario 1, the rest: the private server lives, and cannot be reached: its socket is gone, or it was stopped.
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { examine } from '../../src/lifecycle/doctor.ts';
import { inspect } from '../../src/lifecycle/inspect.ts';
import { find } from '../../src/lifecycle/list.ts';
import { screen } from '../../src/lifecycle/screen.ts';
import { pressKeys } from '../../src/lifecycle/send.ts';
import { stop } from '../../src/lifecycle/stop.ts';
import { Terminal } from '../e2e/terminal.ts';
import { lives } from '../fixtures/bystanders.ts';
import { FaultBench } from '../fixtures/fault-bench.ts';
import { waitFor } from '../fixtures/wait-for.ts';

const UNTIL_TOLD = 'echo here; until [ -e leave ]; do sleep 0.1; done; exit 3';
const ENDLESS = 'echo here; while :; do sleep 0.2; done';
const FAILED = { result: 'failed', exitCode: 3 };
const STOPPED = { result: 'stopped', exitCode: 143 };

const socketOf = ({ state }: FaultBench) => join(state, 'tmux.sock');

/** Every tmux server that works for this state directory, whether somebody can reach it or not. */
function serversOf({ state }: FaultBench): number[] {
  return readdirSync('/proc').flatMap((entry) => {
    try {
      const isServer = readFileSync(`/proc/${entry}/comm`, 'utf8').startsWith('tmux: server');
      return isServer && readlinkSync(`/proc/${entry}/cwd`) === state ? [Number(entry)] : [];
    } catch {
      return [];
    }
  });
}

async function printed(bench: FaultBench, ...names: string[]): Promise<void> {
  for (const name of names) {
    const log = join(bench.state, 'agents', name, 'output.log');
    await waitFor(`the first line of ${name}`, () => readFileSync(log, 'utf8').includes('here'));
  }
}

/** Has the name of a tmux server, its arguments and its directory, and is none: who goes by those would harm it. */
async function impostor(bench: FaultBench): Promise<() => string> {
  const folder = join(bench.dir, 'impostor');
  mkdirSync(folder);
  const program = bench.file(
    'impostor/tmux',
    '#!/bin/sh\ntrap "echo USR1 >>heard" USR1; cd -- "$3" && echo $$ >"$OLDPWD/pid"; while :; do sleep 1; done\n',
    0o755,
  );
  const child = spawn(program, ['-S', socketOf(bench), bench.state], { cwd: folder, stdio: 'ignore' });
  bench.bystanders.add('a process called tmux', child.pid ?? 0);
  await bench.written('impostor/pid');
  return () => (child.pid && lives(child.pid) ? '' : 'dead');
}

test('a socket that is deleted comes back with whatever needs it, and never with a second server', async () => {
  const bench = await FaultBench.open();
  const agents = [await bench.launch('ends', UNTIL_TOLD), await bench.launch('stays', ENDLESS)];
  await printed(bench, 'ends', 'stays');
  const [server] = serversOf(bench);
  const harmless = await impostor(bench);
  const socket = socketOf(bench);
  const stateDir = { path: bench.state, reason: 'of a test' };
  const ways: [string, () => unknown][] = [
    ['deleted', () => rmSync(socket, { force: true })],
    ['moved away', () => existsSync(socket) && renameSync(socket, join(bench.dir, 'moved.sock'))],
    [
      'a file in its place',
      () => {
        rmSync(socket, { force: true });
        writeFileSync(socket, '');
      },
    ],
  ];
  const needs: [string, RegExp, () => Promise<unknown>][] = [
    ['screen', /here/, () => screen(stateDir, find(stateDir, 'stays'))],
    ['send', /undefined/, () => pressKeys(stateDir, find(stateDir, 'stays'), ['a'])],
    ['doctor', new RegExp(`pid ${server}"`), async () => JSON.stringify(await examine(stateDir))],
    ['inspect', /session \$\d+ is there/, async () => (await inspect(stateDir, 'stays')).evidence.tmux],
  ];
  let turn = 0;
  const lose = () => ways[turn++ % ways.length]?.[1]();
  for (const [what, says, ask] of needs) {
    lose();
    // Nobody needs it to see that they run.
    expect((await bench.ps()).map(({ phase }) => phase)).toEqual(['running', 'running', 'running']);
    expect(String(await ask()), what).toMatch(says);
    expect(serversOf(bench)).toEqual([server]);
  }
  lose();
  expect(await bench.ok('tmux', 'list-sessions')).toMatch(/^stays: /m);
  lose();
  agents.push(await bench.launch('new', ENDLESS));
  expect(serversOf(bench)).toEqual([server]);
  expect(new Set(agents.map(({ started }) => started.tmux.serverPid))).toEqual(new Set([server]));

  // A person's terminal.
  rmSync(socket, { force: true });
  const terminal = new Terminal(bench, onTestFinished, ['attach', 'new']);
  await waitFor('the person to see it', () => /here/.test(terminal.screen()));
  terminal.press('C-q');
  await waitFor('the person to have left', () => /ended with 0/.test(terminal.screen()));

  const how = { by: 'a test', noManager: true };
  for (let time = 1; time <= 2; time++) {
    lose();
    await stop(stateDir, [{ name: 'stays' }], how); // the second time tears it down
  }
  writeFileSync(join(bench.dir, 'leave'), '');
  await stop(stateDir, [{ name: 'new' }], how);
  lose();
  await bench.checks({ ends: FAILED, stays: STOPPED, new: STOPPED });
  expect(await bench.ok('tmux', 'list-sessions', '-F', '#S')).toBe('neighbour\n');
  expect(serversOf(bench)).toEqual([server]);
  expect(harmless()).toBe('');
  expect(existsSync(join(bench.state, 'heard'))).toBe(false);
});

test('without its socket all that is due happens: the manager makes it anew, and so do many at once', async () => {
  const bench = await FaultBench.open({ manager: true });
  await bench.launch('ends', UNTIL_TOLD);
  await bench.launch('capped', ENDLESS, '--max-runtime', '3s', '--kill-after', '1s');
  await printed(bench, 'ends', 'capped');
  const [server] = serversOf(bench);
  rmSync(socketOf(bench));
  const many = await Promise.all(
    ['one', 'two', 'three'].map((name) => bench.launch(name, 'echo here; exit 0', '--grace', 'none')),
  );
  expect(serversOf(bench)).toEqual([server]);
  expect(new Set(many.map(({ started }) => started.tmux.serverPid))).toEqual(new Set([server]));
  rmSync(socketOf(bench));
  writeFileSync(join(bench.dir, 'leave'), '');
  await waitFor('the ends', async () => (await bench.ps()).filter(({ phase }) => phase === 'ended').length >= 5);
  const names = many.map(({ name }) => name);
  rmSync(socketOf(bench), { force: true });
  await bench.ok('stop', ...names);
  const done = { result: 'succeeded', exitCode: 0 };
  await bench.checks({ ends: FAILED, capped: { result: 'timed-out' }, one: done, two: done, three: done });
  expect(await bench.ok('tmux', 'list-sessions', '-F', '#S')).toBe('neighbour\n');
  expect(serversOf(bench)).toEqual([server]);
});

test('a server that somebody has stopped harms nobody, and all goes on when it does', async () => {
  const bench = await FaultBench.open({ maybeUnknown: ['new'] }); // its start is taken back;
  await bench.launch('ends', UNTIL_TOLD);
  const { started } = await bench.launch('stays', ENDLESS);
  await printed(bench, 'ends', 'stays');
  const server = started.tmux.serverPid;
  const stateDir = { path: bench.state, reason: 'of a test' };
  const how = { by: 'a test', noManager: true };
  onTestFinished(() => void (lives(server) && process.kill(server, 'SIGCONT')));
  process.kill(server, 'SIGSTOP');
  const why = `the tmux server (pid ${server}) is stopped and answers nobody: "kill -CONT ${server}" lets it go on`;
  const { code, stdout, stderr } = await bench.run('spawn', '-n', 'new', 'sleep', '1000');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toBe(`agentctl: ${why}; agents run on without it\n`);
  await expect(screen(stateDir, find(stateDir, 'stays'))).rejects.toThrow(why);
  expect((await examine(stateDir)).findings.find(({ check }) => check === 'tmux server')).toMatchObject({
    level: 'error',
    found: expect.stringContaining(why),
  });
  expect((await bench.ps()).map(({ phase }) => phase)).toEqual(['running', 'running', 'running']);
  writeFileSync(join(bench.dir, 'leave'), '');
  await stop(stateDir, [{ name: 'stays' }], how);
  await waitFor('the other to end', async () => (await bench.agent('ends')).phase === 'ended');
  await expect(stop(stateDir, [{ name: 'stays' }], how)).rejects.toThrow(why); // it would tear it down
  expect(readdirSync(join(bench.state, 'archive'))).toEqual([]);
  // A signal to make its socket anew it would not hear either.
  rmSync(socketOf(bench));
  await expect(screen(stateDir, find(stateDir, 'stays'))).rejects.toThrow(why);
  expect(serversOf(bench)).toEqual([server]);

  process.kill(server, 'SIGCONT');
  await bench.checks({ ends: FAILED, stays: STOPPED });
  expect(await bench.ok('tmux', 'list-sessions', '-F', '#S')).toBe('neighbour\n');
  expect(readdirSync(join(bench.state, 'agents'))).toEqual(['neighbour']);
});
