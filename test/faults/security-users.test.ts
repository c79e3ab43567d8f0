// Scenario 9, other users of the machine: a second real user reads nothing, signals nothing and poses as nobody.
import { execFileSync } from 'node:child_process';
import { chownSync, lchownSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import type { Ran } from '../fixtures/workbench.ts';
import { ANNE, BERT, canBeOthers, ROOT, SharedMachine } from './users.ts';

const SECRET = 'tell-nobody-7c1f';

/** Every command that takes an agent or a state directory, as another user would try it. */
const ATTEMPTS = [
  ['ps', '-a', '--json'],
  ['status', 'hers'],
  ['inspect', 'hers', '--json'],
  ['logs', 'hers'],
  ['screen', 'hers'],
  ['wait', '--timeout', '0', 'hers'],
  ['stop', 'hers'],
  ['kill', '--all'],
  ['send', 'hers', 'exit'],
  ['send', '--force', 'hers', 'exit'],
  ['extend', 'hers', '1h'],
  ['keep', 'hers'],
  ['done', 'hers'],
  ['rm', '-f', 'hers'],
  ['sweep'],
  ['stats'],
  ['spawn', '-n', 'mine', '--', 'true'],
  ['spawn', '--replace', '-n', 'hers', '--', 'true'],
  ['run', '--', 'true'],
  ['manager', 'stop'],
  ['manager', 'start'],
  ['tmux', 'kill-server'],
  ['tmux', 'list-sessions'],
];

/** Runs the whole program once for each command line, in one process: forty of them would take a minute. */
const ATTEMPTER = `
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
const [main, stateDir] = process.argv.slice(1);
const require = createRequire(main);
const say = process.stdout.write.bind(process.stdout);
const said = [];
for (const args of JSON.parse(readFileSync(0, 'utf8'))) {
  const ran = { args: args.join(' '), stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr']) {
    process[stream].removeAllListeners('error');
    process[stream].write = (text) => { ran[stream] += text; return true; };
  }
  process.argv = [process.argv[0], main, '--state-dir', stateDir, ...args];
  process.exitCode = undefined;
  delete require.cache[main];
  await require(main).ended;
  said.push({ ...ran, code: process.exitCode ?? 0 });
}
process.exitCode = 0;
say(JSON.stringify(said));
`;

type Attempt = Ran & { args: string };

async function attempts(machine: SharedMachine, user: number, lines: readonly string[][]): Promise<Attempt[]> {
  const main = join(machine.dir, 'package', 'dist', 'main.cjs');
  const args = ['--input-type=module', '-e', ATTEMPTER, main, machine.state];
  const { stdout, stderr } = await machine.node(user, args, JSON.stringify(lines));
  expect(stderr).toBe('');
  const said = JSON.parse(stdout) as Attempt[];
  expect(said).toHaveLength(lines.length);
  return said;
}

/** Tries to read, to list and to write each path, and to connect to each that is a socket; says what worked. */
const INTRUDER = `
const fs = require('node:fs'), net = require('node:net');
const paths = JSON.parse(fs.readFileSync(0, 'utf8'));
const tries = { read: fs.readFileSync, list: fs.readdirSync, write: (path) => fs.closeSync(fs.openSync(path, 'r+')), stat: fs.statSync };
const worked = [];
for (const path of paths) for (const [what, act] of Object.entries(tries)) try { act(path); worked.push(what + ' ' + path); } catch {}
const sockets = paths.filter((path) => path.endsWith('.sock'));
Promise.all(sockets.map((path) => new Promise((resolve) => {
  const socket = net.connect(path, () => { worked.push('connect ' + path); socket.destroy(); resolve(); });
  socket.on('error', resolve);
}))).then(() => console.log(JSON.stringify({ tried: paths.length, worked })));
`;

test.runIf(canBeOthers)('another user reads nothing, and no command acts on her agents, root’s neither', async () => {
  const machine = new SharedMachine();
  const heard = join(machine.home(ANNE), 'heard');
  const act = `trap 'echo TERM >>${heard}' TERM HUP INT; echo ${SECRET}; : >${heard}; while :; do sleep 0.2; done`;
  const spawned = await machine.agentctl(
    ANNE,
    ...['spawn', '-n', 'hers', '-e', `KEY=${SECRET}`, '--stdin', '/dev/null', '--', 'sh', '-c', act],
  );
  expect(spawned).toMatchObject({ code: 0 });
  expect(await machine.agentctl(ANNE, 'run', '-n', 'past', '--grace', '0s', '--', 'echo', SECRET)).toMatchObject({
    code: 0,
  });
  await machine.agentctl(ANNE, 'sweep');
  await waitFor('the agent to listen', () => readFileSync(heard, 'utf8') === '');

  const paths = execFileSync('find', [machine.state], { encoding: 'utf8' }).trim().split('\n');
  for (const part of ['agents/hers/output.log', 'archive/past.', 'tmux.sock', 'launch.sh', 'spec.json'])
    expect(paths.some((path) => path.includes(part))).toBe(true);
  const tried = await machine.node(BERT, ['-e', INTRUDER], JSON.stringify(paths));
  // That there is a state directory is no secret.
  expect(JSON.parse(tried.stdout)).toEqual({ tried: paths.length, worked: [`stat ${machine.state}`] });
  const client = await machine.program(BERT, 'tmux', ['-S', join(machine.state, 'tmux.sock'), 'list-sessions']);
  expect(client).toMatchObject({ code: 1, stdout: '' });

  for (const user of [BERT, ROOT]) {
    for (const { args, code, stdout, stderr } of await attempts(machine, user, ATTEMPTS)) {
      const words = `${args}, by ${user}: ${stdout}${stderr}`;
      expect([0, null], words).not.toContain(code);
      expect(words).not.toContain(SECRET);
      expect(stdout, words).toBe('');
      expect(stderr, words).toMatch(/belongs to user|permission denied|cannot be read/);
    }
  }
  expect(readFileSync(heard, 'utf8')).toBe('');
  // The same way it works for her.
  const [hers] = await attempts(machine, ANNE, [['ps', '-a', '--json']]);
  expect(hers).toMatchObject({ code: 0, stderr: '' });
  const { agents } = JSON.parse(hers?.stdout ?? '') as {
    agents: { name: string; phase: string; result: string | null }[];
  };
  expect(agents.map(({ name, phase, result }) => `${name} ${phase} ${result}`).sort()).toEqual([
    'hers running null',
    'past ended succeeded',
  ]);
});

/** As Anne, in one process: reads and starts in each state directory, and says how that was refused. */
const CALLER = `
const { list, spawn, openStateDir } = await import(process.argv[1]);
const said = {};
for (const path of process.argv.slice(2)) {
  const state = openStateDir(path);
  const words = [];
  for (const act of [() => list(state, { all: true }), () => spawn(state, { command: ['true'], noManager: true })])
    try { words.push((await act()).length === 0 ? 'no agents' : 'nothing was refused'); } catch (error) { words.push(error.message); }
  said[path] = words;
}
console.log(JSON.stringify(said));
`;

/** What Bert has prepared where Anne is about to have her state directory. */
const PLANTED: Record<string, (path: string, precious: string, machine: SharedMachine) => void> = {
  'a directory of his': (path, _precious, machine) => void machine.folder(BERT, path, 0o777),
  'a link to a directory of hers': (path, precious) => planted(path, () => symlinkSync(join(precious, '..'), path)),
  'agents/ of his': inside((dir, _precious, machine) => void machine.folder(BERT, join(dir, 'agents'), 0o777)),
  'agents/ as a link': inside((dir, precious) => link(join(precious, '..'), join(dir, 'agents'))),
  'archive/ as a link': inside((dir, precious) => link(join(precious, '..'), join(dir, 'archive'))),
  'a socket': inside((dir) => planted(join(dir, 'tmux.sock'), () => writeFileSync(join(dir, 'tmux.sock'), ''))),
  'the bell as a link': inside((dir, precious) => link(precious, join(dir, 'bell'))),
  'the bell as a second name': inside((dir, precious) => linkSync(precious, join(dir, 'bell'))),
  'the events as a second name': inside((dir, precious) => linkSync(precious, join(dir, 'events.ndjson'))),
  'the manager’s log as a link': inside((dir, precious) => link(precious, join(dir, 'manager.log'))),
  'a manager that is a process of hers': inside((dir) =>
    planted(join(dir, 'manager.json'), () => writeFileSync(join(dir, 'manager.json'), '{"pid":2}')),
  ),
  'an agent': inside((dir, _precious, machine) => {
    machine.folder(ANNE, join(dir, 'agents'), 0o777);
    machine.folder(BERT, join(dir, 'agents', 'planted'), 0o777);
  }),
  'one that is being made': inside((dir, _precious, machine) => {
    machine.folder(ANNE, join(dir, 'agents'), 0o777);
    machine.folder(BERT, join(dir, 'agents', '.new.0abcdefgh'), 0o777);
  }),
  'an archived one': inside((dir, _precious, machine) => {
    machine.folder(ANNE, join(dir, 'agents'), 0o700);
    machine.folder(ANNE, join(dir, 'archive'), 0o777);
    machine.folder(BERT, join(dir, 'archive', 'planted.0abcdefgh'), 0o777);
  }),
};

function planted(path: string, make: () => void): void {
  make();
  lchownSync(path, BERT, BERT);
}

function link(to: string, path: string): void {
  planted(path, () => symlinkSync(to, path));
}

/** In a directory of Anne's own that is open to all. */
function inside(plant: (dir: string, precious: string, machine: SharedMachine) => void): (typeof PLANTED)[string] {
  return (path, precious, machine) => plant(machine.folder(ANNE, path, 0o777), precious, machine);
}

test.runIf(canBeOthers)(
  'what another user has put where she is about to have agents is refused, and nothing behind it touched',
  async () => {
    const machine = new SharedMachine();
    const places = new Map<string, string>();
    const shared = machine.folder(ROOT, join(machine.dir, 'shared'), 0o777);
    for (const [at, [what, plant]] of Object.entries(PLANTED).entries()) {
      const precious = join(machine.folder(ANNE, join(machine.home(ANNE), `own${at}`), 0o700), 'precious');
      writeFileSync(precious, 'as it was', { mode: 0o600 });
      chownSync(precious, ANNE, ANNE);
      const path = join(shared, `place${at}`);
      plant(path, precious, machine);
      places.set(path, what);
    }
    const ran = await machine.node(ANNE, ['--input-type=module', '-e', CALLER, machine.library, ...places.keys()]);
    expect(ran.stderr).toBe('');
    for (const [path, words] of Object.entries(JSON.parse(ran.stdout) as Record<string, string[]>)) {
      const what = `${places.get(path)}: ${words.join(' / ')}`;
      const [listed, spawned] = words;
      expect(listed, what).toMatch(/^no agents$|user 54321|a second name of a file elsewhere/);
      expect(spawned, what).toMatch(/user 54321|a second name of a file elsewhere/);
    }
    for (const at of [...places.keys()].keys()) {
      const own = join(machine.home(ANNE), `own${at}`);
      expect(execFileSync('ls', ['-A', own], { encoding: 'utf8' })).toBe('precious\n');
      expect(readFileSync(join(own, 'precious'), 'utf8')).toBe('as it was');
    }
  },
);

test.runIf(canBeOthers)('the folder of a socket that another user made first is refused', async () => {
  const machine = new SharedMachine();
  const long = machine.folder(ANNE, join(machine.home(ANNE), 'x'.repeat(100)), 0o700);
  const hers = machine.folder(ANNE, join(machine.home(ANNE), 'own'), 0o755);
  const plants: ((path: string) => void)[] = [
    (path) => void machine.folder(BERT, path, 0o777),
    (path) => link(hers, path),
    (path) => planted(path, () => writeFileSync(path, '')),
  ];
  for (const [at, plant] of plants.entries()) {
    const temporary = join(machine.dir, `tmp${at}`);
    mkdirSync(temporary);
    execFileSync('chmod', ['1777', temporary]);
    plant(join(temporary, `agentctl-${ANNE}`));
    const env = { TMPDIR: temporary };
    const args = ['--input-type=module', '-e', CALLER, machine.library, long];
    const { stdout } = await machine.node(ANNE, args, '', env);
    const [, spawned] = (JSON.parse(stdout) as Record<string, string[]>)[long] ?? [];
    expect(spawned).toMatch(/belongs to user|EEXIST/);
  }
  expect(execFileSync('ls', ['-A', hers], { encoding: 'utf8' })).toBe('');
});
