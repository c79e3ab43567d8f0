import { spawn as startProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { StateDir } from '../src/index.ts';
import type { Library } from './masses.ts';

/** A process that has something to do with this ground. */
interface Found {
  pid: number;
  what: string;
  cwd: string;
}

/** How long whoever was killed may take to be gone. */
const GONE_MS = 30_000;
/** Who was about to start another one is done with that by then. */
const WORKING_MS = 5000;

/**
 * A state directory of the measurement's own, and agentctl as an orchestrator has it: the built library, the manager on.
 * Nothing of it is left when it is closed, nor when somebody presses Ctrl-C.
 */
export class Ground {
  readonly dir = mkdtempSync(join(tmpdir(), 'agentctl-bench-'));
  readonly state: StateDir = { path: join(this.dir, 'state'), reason: 'of this measurement' };
  readonly library: Library;
  #working = 0;
  #closing = false;

  private constructor(library: Library) {
    this.library = library;
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(name, () => {
        if (this.#closing) return;
        process.stderr.write('interrupted: tidying up\n');
        void this.close().finally(() => process.exit(1));
      });
  }

  static async open(): Promise<Ground> {
    // Run by an agent, this would be its parent, and its agents that agent's children.
    for (const name of Object.keys(process.env)) if (name.startsWith('AGENTCTL_')) delete process.env[name];
    return new Ground((await import(pathToFileURL(resolve('dist/index.js')).href)) as Library);
  }

  /** Does `work` with each, so many at a time; stops when the ground is closed. */
  async atOnce<T>(count: number, items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
    const left = items[Symbol.iterator]();
    const worker = async (): Promise<void> => {
      this.#working++;
      try {
        for (let next = left.next(); !next.done && !this.#closing; next = left.next()) await work(next.value);
      } finally {
        this.#working--;
      }
    };
    await Promise.all(Array.from({ length: count }, worker));
  }

  /** Runs `agentctl`, out of reach of a Ctrl-C that is meant for us. */
  agentctl(...args: string[]): Promise<number | null> {
    return finished(process.execPath, [resolve('bin/agentctl'), '--state-dir', this.state.path, ...args]);
  }

  /** Lets agents live that do nothing, until there are `count` of them. */
  async fill(live: number, count: number): Promise<void> {
    const batch = Array.from({ length: count - live }, (_, at) => ({
      name: `agent-${live + at}`,
      command: ['sleep', '1000000'],
      limits: { maxRuntimeMs: null, maxIdleMs: null },
    }));
    for await (const started of this.library.spawnBatch(this.state, batch)) if ('error' in started) throw started.error;
  }

  managerPid(): number {
    return (JSON.parse(readFileSync(join(this.state.path, 'manager.json'), 'utf8')) as { pid: number }).pid;
  }

  /** What is in a folder of the state directory; locks and agents in the making are told apart by their dot. */
  entries(folder: 'agents' | 'archive'): string[] {
    const path = join(this.state.path, folder);
    return existsSync(path) ? readdirSync(path) : [];
  }

  /** Every process that names this ground in its environment or command line, or works in it. */
  processes(): Found[] {
    return pids().flatMap((pid) => {
      if (pid === process.pid) return [];
      const command = textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
      const cwd = cwdOf(pid);
      const isOurs = [textOf(`/proc/${pid}/environ`), command, cwd].some((text) => text.includes(this.dir));
      return isOurs ? [{ pid, what: command, cwd }] : [];
    });
  }

  /** The processes that carry the cookie of one of these runs. */
  carriers(runIds: ReadonlySet<string>): Found[] {
    return pids().flatMap((pid) => {
      const { 1: cookie = '' } = /(?:^|\0)AGENTCTL_RUN_ID=([0-9a-z]+)/.exec(textOf(`/proc/${pid}/environ`)) ?? [];
      if (!runIds.has(cookie)) return [];
      return [{ pid, what: textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim(), cwd: cwdOf(pid) }];
    });
  }

  /** The control groups that the runs had and that are still there. */
  controlGroups(): string[] {
    return (['agents', 'archive'] as const).flatMap((folder) =>
      this.entries(folder).flatMap((entry) => {
        const started = textOf(join(this.state.path, folder, entry, 'started.json'));
        const { 1: group } = /"cgroup":"([^"]+)"/.exec(started) ?? [];
        return group !== undefined && existsSync(group) ? [group] : [];
      }),
    );
  }

  /** Ends whatever is there, by force: whoever wants to know what was left looks before. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    process.env.AGENTCTL_MANAGER = 'off'; // for what is being started just now
    if (existsSync(this.state.path)) {
      await this.agentctl('manager', 'stop');
      await this.agentctl('tmux', 'kill-server');
    }
    const begun = Date.now();
    for (let empty = 0; empty < 3 && Date.now() - begun < GONE_MS; await pause(100)) {
      const found = this.processes();
      const isWorking = this.#working > 0 && Date.now() - begun < WORKING_MS;
      empty = found.length === 0 && !isWorking ? empty + 1 : 0;
      for (const { pid } of found) killNow(pid);
    }
    for (const group of this.controlGroups()) removeIfEmpty(group);
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** Whether it came true within this time. */
export async function until(condition: () => boolean, ms: number, everyMs = 100): Promise<boolean> {
  for (const end = Date.now() + ms; Date.now() < end; await pause(everyMs)) if (condition()) return true;
  return condition();
}

function finished(file: string, args: readonly string[]): Promise<number | null> {
  return new Promise((done, failed) => {
    const child = startProcess(file, args, { stdio: 'ignore', detached: true });
    child.on('error', failed);
    child.on('exit', done);
  });
}

function pids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return ''; // gone, or another user's
  }
}

function cwdOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone meanwhile.
  }
}

function removeIfEmpty(group: string): void {
  try {
    rmdirSync(group);
  } catch {
    // Its last process is about to go, or it is gone.
  }
}
