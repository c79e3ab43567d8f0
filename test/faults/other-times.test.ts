// Scenario 4: records whose pids mean nothing here: of another boot, of another pid namespace, used again, or garbage.
import { spawn as spawnProcess, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { spawn } from '../../src/index.ts';
import { identityOf, livenessOf } from '../../src/system/processes.ts';
import { Bystanders, lives } from '../fixtures/bystanders.ts';
import { CANARY, type FaultStarted, strike } from '../fixtures/fault-bench.ts';
import { mayBeSkipped } from '../fixtures/installed.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { AGENTCTL, type Listed, Workbench } from '../fixtures/workbench.ts';

interface Identity {
  pid: number;
  startTime: string;
}

type Launched = Listed & { started: FaultStarted };

const ANOTHER_BOOT = '00000000-0000-0000-0000-000000000000';
const LOST = { phase: 'ended', result: 'lost', exitCode: null };

/** A bench whose agents, and whoever else stands by, note each signal. */
class Witnesses extends Workbench {
  readonly #bystanders = new Bystanders();
  readonly #logs: string[] = [];

  constructor() {
    super();
    // They are there as long as their logs are: nobody else ends an agent of "another boot".
    onTestFinished(() => {
      for (const log of this.#logs) rmSync(log, { force: true });
    });
  }

  #canary(name: string): [string, string] {
    const log = join(this.dir, `${name}.heard`);
    this.#logs.push(log);
    return [this.file('canary', CANARY, 0o755), log];
  }

  async witness(name: string, runtimeMs = 3_600_000): Promise<Launched> {
    const agent = await this.launch(name, this.#canary(name), runtimeMs);
    await this.written(`${name}.heard.ready`);
    return agent;
  }

  async launch(name: string, command: string[], maxRuntimeMs = 3_600_000): Promise<Launched> {
    const limits = { graceMs: 0, maxRuntimeMs };
    await spawn(this.stateDir, { name, command, limits, cwd: this.dir, noManager: true });
    const agent = await this.agent(name);
    return { ...agent, started: this.record(agent, 'started.json') as unknown as FaultStarted };
  }

  async innocent(name: string): Promise<Identity> {
    const [program, log] = this.#canary(name);
    spawnProcess(program, [log], { detached: true, stdio: 'ignore', env: { PATH: process.env.PATH } }).unref();
    const pid = this.#bystanders.add(name, Number(await this.written(`${name}.heard.ready`)));
    return identityOf(pid) as Identity;
  }

  get stateDir(): { path: string; reason: string } {
    return { path: this.state, reason: 'of a test' };
  }

  /** Changes a record as if it had been written so. */
  change(agent: Pick<Listed, 'directory'>, file: string, change: object): void {
    const path = join(agent.directory, file);
    writeFileSync(`${path}.new`, JSON.stringify({ ...this.record(agent, file), ...change }));
    renameSync(`${path}.new`, path);
  }

  /** What was heard, and by whom. */
  heard(): string[] {
    return this.#logs.flatMap((log) => {
      const text = existsSync(log) ? readFileSync(log, 'utf8').trim() : 'its log is gone';
      return text === '' ? [] : [`${log}: ${text}`];
    });
  }
}

test('after a reboot an agent is lost, and nobody who has its old pids is sent a signal', async () => {
  const bench = new Witnesses();
  const names = ['sweep', 'stop', 'kill', 'rm', 'replace', 'manager', 'stopped-before'];
  const agents = new Map<string, Launched>();
  for (const name of names) agents.set(name, await bench.witness(name));
  const reboot = (name: string): void => {
    const agent = agents.get(name) as Listed;
    for (const file of ['spec.json', 'started.json']) bench.change(agent, file, { bootId: ANOTHER_BOOT });
  };
  for (const name of names) if (name !== 'manager') reboot(name);
  // One that was being stopped when the machine went down: its tree is nobody's any more.
  const { runId, directory } = agents.get('stopped-before') as Listed;
  const at = { at: new Date().toISOString(), uptimeSeconds: 1 };
  const verdict = { schemaVersion: 1, runId, cause: 'stopped', reason: 'stopped by a test', ended: [], spared: [] };
  writeFileSync(
    join(directory, 'verdict.json'),
    JSON.stringify({ ...verdict, survivors: [], steps: [{ step: 'term', ...at }] }),
  );
  const lost = { ...LOST, reason: expect.stringContaining('restarted') };
  for (const agent of await bench.ps()) if (agent.name !== 'manager') expect(agent).toMatchObject(lost);
  expect((await bench.run('wait', 'stop')).code).toBe(125);
  expect((await bench.run('status', 'stop')).code).toBe(3);

  await bench.ok('stop', 'stop');
  await bench.ok('kill', 'kill');
  await bench.ok('rm', 'rm');
  // A reboot leaves no session behind whose name the new one needs.
  spawnSync('tmux', ['-S', join(bench.state, 'tmux.sock'), 'rename-session', '-t', '=replace', 'former']);
  await bench.ok('spawn', '-n', 'replace', '--replace', '--grace', '0s', '--', 'true');
  await bench.run('wait', 'replace');
  await bench.ok('sweep');
  reboot('manager');
  // It leaves as soon as nothing is to be done for anybody.
  expect((await bench.run('manager', 'run', '--leave-after', '0')).code).toBe(0);

  const ended = await bench.ps();
  for (const [name, { runId, started }] of agents) {
    if (name !== 'rm') {
      const agent = ended.find((one) => one.runId === runId);
      expect(agent, name).toMatchObject({ ...LOST, archived: true });
    }
    for (const one of [started.agent, started.wrapper, started.watchdog]) expect(livenessOf(one), name).toBe('alive');
  }
  expect(bench.heard()).toEqual([]);
});

// All three at once, and by every command: test/lifecycle/manager-restart.test.ts.
test('a pid that somebody else has by now is not signalled, whatever else in the records is right', async () => {
  const bench = new Witnesses();
  const innocent = await bench.innocent('innocent');
  const later = { pid: innocent.pid, startTime: '1' };
  const agents = new Map<string, Launched>();
  for (const name of ['agent', 'wrapper', 'watchdog', 'of-another-boot'])
    agents.set(name, await bench.launch(name, ['sleep', '1000']));
  // All are gone, at one stroke, before their numbers are others'.
  for (const { started } of agents.values()) strike('SIGKILL', started.watchdog, started.wrapper, started.agent);
  for (const [name, agent] of agents) {
    const tmux = { ...agent.started.tmux, serverPid: innocent.pid };
    const right = { agent: innocent, wrapper: innocent, watchdog: innocent, bootId: ANOTHER_BOOT };
    bench.change(agent, 'started.json', { tmux, ...(name === 'of-another-boot' ? right : { [name]: later }) });
    if (name === 'of-another-boot') bench.change(agent, 'spec.json', { bootId: ANOTHER_BOOT });
    const lock = join(bench.state, 'agents', `.lock.${agent.runId}`);
    mkdirSync(lock);
    writeFileSync(`${lock}.owner`, `${later.pid} ${later.startTime}\n`);
  }
  for (const agent of await bench.ps()) expect(agent, agent.name).toMatchObject(LOST);

  const { bootId, pidNamespace } = bench.record(agents.get('agent') as Launched, 'started.json');
  const place = { bootId, pidNamespace, version: '0.0.1', builtAtMs: 0, startedAt: new Date(0).toISOString() };
  for (const record of [{ bootId: ANOTHER_BOOT }, { pidNamespace: 'pid:[1]' }]) {
    const manager = { schemaVersion: 1, ...place, ...innocent, ...record };
    writeFileSync(join(bench.state, 'manager.json'), JSON.stringify(manager));
    await bench.ok('manager', 'stop');
  }
  await bench.ok('sweep');
  for (const { name, archived } of await bench.ps()) expect(archived, name).toBe(true);
  expect(bench.heard()).toEqual([]);
  expect(livenessOf(innocent)).toBe('alive');
});

const GARBAGE: readonly unknown[] = [0, 1, -1, 1.5, 1e9, 2 ** 53, null, 'x', '12', process.pid];

test('no garbage in the place of a pid makes anybody send a signal', async () => {
  const bench = new Witnesses();
  const innocent = await bench.innocent('innocent');
  const template = await bench.launch('template', ['sleep', '1000']);
  const [spec, started] = ['spec.json', 'started.json'].map((file) => bench.record(template, file));
  await bench.ok('rm', '-f', 'template');
  // We live, and launched the template: it was somebody else, long ago.
  const launched = { ...spec, launcher: { pid: process.pid, startTime: '1' }, createdUptimeSeconds: 1 };
  let made = 0;
  const forge = (records: Record<string, object | string>): void => {
    const name = `forged${made}`;
    const runId = `0000forged${made++}`;
    const directory = join(bench.state, 'agents', name);
    mkdirSync(directory);
    for (const [file, content] of Object.entries({ 'spec.json': launched, ...records })) {
      const text = typeof content === 'string' ? content : JSON.stringify({ ...content, name, runId, cgroup: null });
      writeFileSync(join(directory, file), text);
    }
    const lock = join(bench.state, 'agents', `.lock.${runId}`);
    mkdirSync(lock);
    writeFileSync(`${lock}.owner`, `${GARBAGE[made % GARBAGE.length]} 1\n`);
  };
  for (const pid of GARBAGE) {
    const one = { pid, startTime: '1' };
    const tmux = { session: '$0', pane: '%0', serverPid: pid };
    forge({ 'started.json': { ...started, agent: one, wrapper: one, watchdog: one, tmux } });
    forge({ 'spec.json': { ...launched, launcher: one } });
    forge({ 'wrapper.pid': `${pid} 1\n` });
  }
  expect(await bench.ps()).toHaveLength(made);
  const { bootId, pidNamespace } = started ?? {};
  const place = { bootId, pidNamespace, version: '0.0.1', builtAtMs: 0, startedAt: new Date(0).toISOString() };
  for (const pid of [0, -1])
    bench.file(`manager${pid}.json`, JSON.stringify({ schemaVersion: 1, pid, startTime: '1', ...place }));

  // In a process group with a witness: a signal to 0 or to the group is heard.
  const script = `"$0" "$1" & until [ -s "$1.ready" ]; do sleep 0.05; done; shift
    "$@" sweep; "$@" kill forged0; "$@" kill forged12
    for pid in 0 -1; do cp "manager$pid.json" "$AGENTCTL_STATE_DIR/manager.json"; "$@" manager stop; done
    "$@" manager run --leave-after 0; :`;
  const beside = join(bench.dir, 'beside.heard');
  writeFileSync(beside, '');
  onTestFinished(() => rmSync(beside, { force: true }));
  const words = ['setsid', '-w', 'sh', '-c', script, join(bench.dir, 'canary'), beside, process.execPath, AGENTCTL];
  expect((await bench.program(words, { stdio: 'ignore' })).code).toBe(0);
  expect(lives(Number(await bench.written('beside.heard.ready')))).toBe(true);
  expect(readFileSync(beside, 'utf8')).toBe('');
  expect(bench.heard()).toEqual([]);
  expect(livenessOf(innocent)).toBe('alive');
});

// Not every sandbox lets one be made; the gate's machine must.
const UNSHARES = spawnSync('unshare', ['-pf', '--mount-proc', 'true']).status === 0 || !mayBeSkipped('unshare');

test.skipIf(!UNSHARES)(
  'from another pid namespace nothing is known, nothing archived, and nobody signalled',
  async () => {
    const bench = new Witnesses();
    const overdue = await bench.witness('overdue', 1000);
    // It would keep the cap itself, on a machine where all of this takes half a minute.
    process.kill(overdue.started.watchdog.pid, 'SIGSTOP');
    onTestFinished(
      () => void (lives(overdue.started.watchdog.pid) && process.kill(overdue.started.watchdog.pid, 'SIGCONT')),
    );
    const done = await bench.witness('said-done');
    await bench.ok('done', 'said-done');
    const agents = [overdue, done];
    const before = readdirSync(join(bench.state, 'agents')).sort();
    const inside = (...args: string[]) =>
      bench.program(['unshare', '-pf', '--mount-proc', process.execPath, AGENTCTL, ...args]);
    const { agents: seen } = JSON.parse((await inside('ps', '--json')).stdout) as { agents: Listed[] };
    expect(seen.map(({ phase, result }) => `${phase} ${result}`)).toEqual(['unknown null', 'unknown null']);
    expect((await inside('status', 'overdue')).code).toBe(4);
    expect((await inside('wait', 'overdue', '--timeout', '1s')).code).toBe(75);
    await inside('sweep');
    for (const words of [
      ['stop', 'overdue'],
      ['kill', 'said-done'],
      ['rm', 'overdue'],
      ['rm', '-f', 'overdue'],
      ['spawn', '-n', 'overdue', '--replace', '--no-manager', '--', 'true'],
    ])
      expect((await inside(...words)).code, words.join(' ')).toBeGreaterThan(0);
    await inside('manager', 'run', '--leave-after', '0');
    expect(readdirSync(join(bench.state, 'agents')).sort()).toEqual(before);
    const archive = join(bench.state, 'archive');
    expect(existsSync(archive) ? readdirSync(archive) : []).toEqual([]);
    expect(bench.heard()).toEqual([]);
    for (const { started } of agents) expect(livenessOf(started.agent)).toBe('alive');
    await waitFor('the truth from here', async () => (await bench.agent('said-done')).phase === 'done');
  },
);
