// Runs bin/agent-wrapper the way the product does (a pane of a private tmux server, a directory made beforehand), with
// nothing of src/ in between: what is tested here is the shell script, under real shells and real signals.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Ajv2020 as Ajv2020Class } from 'ajv/dist/2020.js';
import { test as base, describe, expect, vi } from 'vitest';
import { isInstalled, mayBeSkipped } from '../fixtures/installed.ts';
import { waitFor } from '../fixtures/wait-for.ts';

// Each test mostly waits for a beat; more of them at once cost little.
vi.setConfig({ maxConcurrency: 6 });

const run = promisify(execFile);
const ROOT = new URL('../../', import.meta.url).pathname;
const WRAPPER = join(ROOT, 'bin', 'agent-wrapper');

export interface Shell {
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
}

const SHELLS: readonly Shell[] = [
  { name: 'dash', argv: ['dash'] },
  { name: 'bash', argv: ['bash'] },
  { name: 'bash --posix', argv: ['bash', '--posix'] },
  { name: 'busybox ash', argv: ['busybox', 'sh'] },
  { name: 'mksh', argv: ['mksh'] },
];

/** Sh for an agent that heeds nothing but KILL. */
export const DEAF = `trap '' HUP INT TERM; echo >"$DIR/ready"; exec sleep 1000`;

/** Sh for `sh -c '…'`: notes its pid in DIR/NAME and sleeps on, deaf to everything but KILL. */
export const deafChild = (name: string) => `echo $$ >"$DIR/${name}"; trap "" HUP INT TERM; exec sleep 1000`;

/**
 * Declares the same tests once for each shell, run side by side. A newcomer's machine may lack a shell, which skips its
 * tests with the way to get it; the gate (CI) installs them all and fails on a skip.
 */
export function underEachShell(
  title: string,
  declare: (shell: Shell) => void,
  options: { except?: readonly string[] } = {},
): void {
  for (const shell of SHELLS) {
    if (options.except?.includes(shell.name)) continue;
    const missing = mayBeSkipped(shell.argv[0]);
    const name = `${title}, under ${shell.name}${missing ? ` (${howToInstall(shell.argv[0])})` : ''}`;
    (missing ? describe.skip : describe.concurrent)(name, () => declare(shell));
  }
}

export interface Identity {
  readonly pid: number;
  readonly startTime: string;
}

export interface Started {
  readonly agent: Identity;
  readonly wrapper: Identity;
  readonly watchdog: Identity;
}

export interface Exit {
  readonly schemaVersion: 1;
  readonly runId: string;
  readonly code: number | null;
  readonly how: 'observed' | 'inferred' | 'pending';
  readonly cause: 'natural' | 'capped' | 'with-parent';
  readonly uptimeSeconds: number;
}

export interface AgentOptions {
  /** The agent's name, hence its directory's. */
  readonly name?: string;
  /** What launch.sh does last, in sh; it should end in an `exec`. */
  readonly act?: string;
  /** What launch.sh does before it says that the agent has started. */
  readonly before?: string;
  readonly cap?: number | 'none';
  readonly killAfter?: number;
  readonly beat?: number;
  readonly late?: number;
  readonly parent?: { readonly name: string; readonly runId: string };
  /** Environment of the client that starts the server, and so of the pane. */
  readonly env?: Readonly<Record<string, string>>;
  /** False: make the directory, start nothing. */
  readonly start?: boolean;
}

/** An agent's directory with everything that a launcher makes beforehand, and the pane in which its wrapper runs. */
export class Agent {
  readonly runId = `r${Date.now().toString(36)}${randomBytes(6).toString('hex')}`;
  readonly name: string;
  readonly dir: string;
  readonly #stage: Stage;
  readonly #limits: Required<Pick<AgentOptions, 'cap' | 'killAfter' | 'beat' | 'late'>>;
  readonly #parent: string;

  constructor(stage: Stage, options: AgentOptions) {
    const { name = 'a', act = 'exec sleep 1000', before = '', parent } = options;
    const { cap = 'none', killAfter = 1, beat = 1, late = 0 } = options;
    this.#stage = stage;
    this.#limits = { cap, killAfter, beat, late };
    this.#parent = parent ? ` ${parent.name} ${parent.runId}` : '';
    this.name = name;
    this.dir = join(stage.stateDir, 'agents', name);
    mkdirSync(this.dir, { recursive: true, mode: 0o700 });
    writeFileSync(this.path('heartbeat'), '');
    writeFileSync(this.path('exit.tmp'), pendingExit(this.runId));
    writeFileSync(this.path('launch.sh'), launchScript(this.runId, stage.dir, before, act));
    this.setLimits({});
  }

  path(file: string): string {
    return join(this.dir, file);
  }

  read(file: string): string {
    return existsSync(this.path(file)) ? readFileSync(this.path(file), 'latin1') : '';
  }

  /** As `extend` does it: by rename. */
  setLimits(change: Partial<Agent['limits']>): void {
    const { cap, killAfter, beat, late } = { ...this.#limits, ...change };
    this.setLimitsLine(`${this.runId} ${cap} ${killAfter} ${beat} ${late}${this.#parent}\n`);
  }

  get limits(): Readonly<Required<Pick<AgentOptions, 'cap' | 'killAfter' | 'beat' | 'late'>>> {
    return this.#limits;
  }

  setLimitsLine(line: string): void {
    writeFileSync(this.path('limits.new'), line);
    renameSync(this.path('limits.new'), this.path('limits'));
  }

  async started(): Promise<Started> {
    const text = await waitFor(`${this.name}: started.json`, () => this.read('started.json')).catch(async (error) => {
      const pane = [
        'display-message',
        '-p',
        '-t',
        `=${this.name}:`,
        '#{pane_dead} #{pane_dead_status} #{pane_dead_signal}',
      ];
      const said = await this.tmux(...pane).catch(String);
      throw new Error(`${error.message}; in it: ${readdirSync(this.dir)}; its pane: ${said}`, { cause: error });
    });
    return JSON.parse(text) as Started;
  }

  /** Waits until the agent says, by a file, that its traps stand: on a busy machine a cap can pass before that. */
  async ready(): Promise<void> {
    await waitFor(`${this.name}: to be ready`, () => existsSync(this.path('ready')));
  }

  /** Lets the cap pass in about a second, however long the agent has run. */
  async capNow(killAfter = 1): Promise<void> {
    await this.started();
    this.setLimits({ cap: this.#age() + 1, killAfter });
  }

  /** Sets the cap a few seconds ahead, and waits until the watchdog has read that. */
  async capSoon(inSeconds = 6): Promise<void> {
    await this.started();
    this.setLimits({ cap: this.#age() + inSeconds });
    await beats(this, 2);
  }

  #age(): number {
    const wrapperStart = Number(this.read('wrapper.pid').split(' ')[1]);
    return Math.ceil(Number.parseFloat(readFileSync('/proc/uptime', 'utf8')) - wrapperStart / 100);
  }

  /** Waits for the sentinel, which must satisfy the published schema and be exactly as wide as what was made beforehand. */
  async exit(deadlineMs = 30_000): Promise<Exit> {
    const text = await waitFor(`${this.name}: exit.json (${this.dir})`, () => this.read('exit.json'), deadlineMs);
    expect(text).toHaveLength(pendingExit(this.runId).length);
    const exit = JSON.parse(text) as Exit;
    if (!isExit(exit)) throw new Error(`not an exit record: ${text}: ${JSON.stringify(isExit.errors)}`);
    expect(exit.runId).toBe(this.runId);
    return exit;
  }

  get endMark(): string {
    return `\u001b]7770;${this.runId}\u001b\\`;
  }

  /** The pane's bytes up to the end mark, which must be there, once, and last. */
  async wholeLog(): Promise<string> {
    await waitFor(`${this.name}: the end mark in the log`, () => this.read('output.log').includes(this.endMark));
    const [before, after, ...more] = this.read('output.log').split(this.endMark);
    expect([after, more]).toEqual(['', []]);
    return before ?? '';
  }

  tmux(...command: string[]): Promise<string> {
    return this.#stage.tmux(...command);
  }

  sendKeys(...keys: string[]): Promise<string> {
    return this.tmux('send-keys', '-t', `=${this.name}:`, ...keys);
  }

  /** What tmux says of the pane's process once that has ended: the wrapper's own exit code. */
  async wrapperCode(session = this.name): Promise<number> {
    const pid = this.#stage.panePid(session);
    await waitFor(`the end of the wrapper (${pid})`, () => !look(pid));
    const status = await waitFor(`${this.name}: the end of the pane's process`, async () => {
      // tmux 3.3a at times leaves a pane's process a zombie, its code unknown, until another child of the server ends.
      await this.tmux('run-shell', 'true');
      const line = await this.tmux('display-message', '-p', '-t', `=${session}:`, '#{pane_dead} #{pane_dead_status}');
      return /^1 (\d+)/.exec(line)?.[1];
    });
    return Number(status);
  }
}

/** One test's temporary state directory and private tmux server. */
export class Stage {
  readonly dir = mkdtempSync(join(tmpdir(), 'agent-wrapper-'));
  readonly stateDir = join(this.dir, 'state');
  readonly #socket = join(this.dir, 'sock');
  readonly #agents: Agent[] = [];
  readonly #panes = new Map<string, number>();
  #closed = false;
  readonly #mine = new Set<string>();
  readonly #undo: (() => Promise<unknown>)[] = [];

  constructor() {
    this.furnish();
  }

  furnish(): void {
    mkdirSync(join(this.stateDir, 'agents'), { recursive: true });
    mkdirSync(join(this.stateDir, 'archive'), { recursive: true });
    writeFileSync(join(this.stateDir, 'bell'), '');
  }

  async tmux(...command: string[]): Promise<string> {
    const { stdout } = await run('tmux', ['-f', '/dev/null', '-S', this.#socket, ...command]);
    return stdout;
  }

  async agent(shell: Shell, options: AgentOptions = {}): Promise<Agent> {
    const agent = new Agent(this, options);
    this.#agents.push(agent);
    if (options.start !== false) await this.pane(shell, agent, options.env);
    return agent;
  }

  /** Starts the wrapper in a pane, captured from its first byte: one client call, as the product does it. */
  async pane(
    shell: Shell,
    agent: Agent,
    env: Readonly<Record<string, string>> = {},
    session = agent.name,
  ): Promise<void> {
    // A test that has run out of time runs on; it must not start what nobody would end.
    if (this.#closed) throw new Error('the stage is closed');
    mustBeInstalled(shell.argv[0]);
    mustBeInstalled('tmux');
    const pane = [...shell.argv, WRAPPER, `agents/${agent.name}`];
    const { stdout } = await run(
      'tmux',
      [
        ...['-f', '/dev/null', '-S', this.#socket, 'set-option', '-g', 'remain-on-exit', 'on', ';'],
        ...['new-session', '-d', '-P', '-F', '#{pane_pid}', '-s', session, '-c', this.stateDir, ...pane, ';'],
        ...['pipe-pane', `exec cat >>'${agent.dir}/output.log'`],
      ],
      { env: { PATH: process.env.PATH, LANG: 'C.UTF-8', ...env } },
    );
    this.#panes.set(session, Number(stdout));
  }

  panePid(session: string): number {
    return this.#panes.get(session) ?? Number.NaN;
  }

  /** What the test itself leaves behind on purpose; ended at the end without complaint. */
  expectLeft(pid: number): void {
    const process = look(pid);
    if (process) this.#mine.add(key(process));
  }

  onClose(undo: () => Promise<unknown>): void {
    this.#undo.push(undo);
  }

  /** What the stage's agents left: carriers of a cookie, and members of a wrapper's session. */
  leftovers(): Process[] {
    const sessions = new Set(this.#panes.values());
    const cookies = this.#agents.map((agent) => `\0AGENTCTL_RUN_ID=${agent.runId}\0`);
    return allProcesses().filter(
      (process) =>
        !this.#mine.has(key(process)) &&
        (sessions.has(process.session) || cookies.some((cookie) => environ(process.pid).includes(cookie))),
    );
  }

  /** Ends what is left, and fails if that was anything that the wrapper should have seen off. */
  async close(): Promise<void> {
    this.#closed = true;
    let left: Process[] = [];
    let next = 0;
    try {
      await waitFor(
        'an empty stage',
        () => {
          if (Date.now() < next) return false;
          left = this.leftovers();
          next = Date.now() + 100; // a scan costs; other tests need the processor
          return left.length === 0;
        },
        10_000,
      ).catch(() => undefined);
      this.#mine.clear();
      for (let scans = 0; scans < 100; scans++) {
        const found = this.leftovers();
        if (found.length === 0) break;
        for (const { pid, startTime } of found) if (isAlive({ pid, startTime })) kill(pid, 'SIGKILL');
      }
      await this.tmux('kill-server').catch(() => undefined); // its own socket; gone already in many tests
      for (const undo of this.#undo.reverse()) await undo();
    } finally {
      rmSync(this.dir, { recursive: true, force: true });
    }
    if (left.length > 0) throw new Error(`left behind: ${left.map((it) => `${it.pid} (${it.comm})`).join(', ')}`);
  }
}

export const test = base.extend<{ stage: Stage }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the fixtures that are wanted off this pattern
  stage: async ({}, use) => {
    const stage = new Stage();
    await use(stage);
    await stage.close();
  },
});

export interface Process extends Identity {
  readonly comm: string;
  readonly state: string;
  readonly parent: number;
  readonly session: number;
}

/** A process that lives (a zombie does not), or nothing. */
export function look(pid: number): Process | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  const close = stat.lastIndexOf(')');
  const fields = stat.slice(close + 2).split(' ');
  const [state = '', parent, , session] = fields;
  if (state === 'Z' || state === 'X') return undefined;
  const comm = stat.slice(stat.indexOf('(') + 1, close);
  return { pid, comm, state, parent: Number(parent), session: Number(session), startTime: fields[19] ?? '' };
}

export function isAlive({ pid, startTime }: Identity): boolean {
  return look(pid)?.startTime === startTime;
}

export async function gone(what: string, identity: Identity): Promise<void> {
  await waitFor(`the end of ${what} (${identity.pid})`, () => !isAlive(identity));
}

/** Waits for `count` more beats of the agent's watchdog. */
export async function beats(agent: Agent, count: number): Promise<void> {
  for (let seen = 0; seen < count; seen++) {
    const last = statSync(agent.path('heartbeat'), { bigint: true }).mtimeNs;
    await waitFor('a beat', () => statSync(agent.path('heartbeat'), { bigint: true }).mtimeNs > last);
  }
}

export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Waits for the pid that a script wrote into `file`. */
export async function pidIn(file: string): Promise<Process> {
  const pid = await waitFor(
    `a pid in ${file}`,
    () => existsSync(file) && /^(\d+)\n/.exec(readFileSync(file, 'utf8'))?.[1],
  );
  const found = look(Number(pid));
  if (!found) throw new Error(`process ${pid} of ${file} has already ended`);
  return found;
}

export function environ(pid: number): string {
  try {
    return `\0${readFileSync(`/proc/${pid}/environ`, 'latin1')}`;
  } catch {
    return '';
  }
}

function pendingExit(runId: string): string {
  const cause = '"natural"'.padEnd(13);
  const head = `{"schemaVersion":1,"runId":"${runId}","code":null,"how":"pending" ,"cause":${cause}`;
  return `${head},"uptimeSeconds":${'0.00'.padStart(12)}}\n`;
}

/** Appends zeros to a file on a small file system until it is full to the last byte. */
export function fill(file: string): void {
  for (const size of [65_536, 4_096, 512, 1]) {
    try {
      for (;;) appendFileSync(file, Buffer.alloc(size));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
}

/** The wrapper's PATH is the server's: there its first `mv exit.tmp`, the one that publishes, notes its pid and waits. */
export function slowMv(stage: Stage, wait: string): { bin: string; env: { PATH: string } } {
  const bin = join(stage.dir, 'bin');
  mkdirSync(bin);
  // Without a process of its own, which the watchdog would kill, in the wrapper's session and no child of it.
  const first = `set -C; { echo $$ >'${bin}/pid'; } 2>/dev/null && { set +C; ${wait}; }`;
  writeFileSync(join(bin, 'mv'), `#!/bin/sh\ncase $* in *exit.tmp*) ${first} ;; esac\nexec /bin/mv "$@"\n`, {
    mode: 0o755,
  });
  return { bin, env: { PATH: `${bin}:${process.env.PATH}` } };
}

function launchScript(runId: string, cwd: string, before: string, act: string): string {
  return `${before}
read -r line <"/proc/$$/stat"
set -- "$@" \${line##*") "}
printf '{"schemaVersion":1,"runId":"%s","agent":{"pid":%s,"startTime":"%s"},"wrapper":{"pid":%s,"startTime":"%s"},' \
  '${runId}' "$$" "\${24}" "$1" "$2" >started.tmp
printf '"watchdog":{"pid":%s,"startTime":"%s"}}\\n' "$3" "$4" >>started.tmp
mv started.tmp started.json
export AGENTCTL_RUN_ID='${runId}' DIR="$PWD"
umask 022
cd '${cwd}'
${act}
`;
}

const INSTALL: Readonly<Record<string, string>> = { sh: 'dash', tmux: 'tmux' };

// A shell that is not there is a failure, not a skip: what was not run under it is not known to work.
function mustBeInstalled(program: string): void {
  if (!isInstalled(program)) throw new Error(howToInstall(program));
}

function howToInstall(program: string): string {
  return `${program} is not installed: apt-get install ${INSTALL[program] ?? program}`;
}

function allProcesses(): Process[] {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return pids.map((pid) => look(Number(pid))).filter((process) => process !== undefined);
}

function key({ pid, startTime }: Identity): string {
  return `${pid} ${startTime}`;
}

const { Ajv2020 } = createRequire(import.meta.url)('ajv/dist/2020.js') as { Ajv2020: typeof Ajv2020Class };
const isExit = new Ajv2020().compile(JSON.parse(readFileSync(join(ROOT, 'schemas', 'exit.schema.json'), 'utf8')));
