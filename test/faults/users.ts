import { type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { chownSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import type { Ran } from '../fixtures/workbench.ts';

/** A user's number, and a group of the same. */
export const ANNE = 65534;
export const BERT = 54321;
export const ROOT = 0;
/** Of this test run alone: what counts a user's processes counts no others then. */
export const CAROL = 55_000 + (process.pid % 5000);

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));

/** Only root can be other users; where nobody is, CI must not think that this was tested. */
export const canBeOthers = process.getuid?.() === 0 || process.env.CI !== undefined;

/** A place that all users reach, with agentctl in it, and a home for each of two. */
export class SharedMachine {
  readonly dir = mkdtempSync(join(tmpdir(), 'agentctl-users-'));
  readonly command = join(this.dir, 'package', 'bin', 'agentctl');
  readonly library = join(this.dir, 'package', 'dist', 'index.js');
  /** Anne's state directory, if a test makes no other. */
  readonly state = join(this.home(ANNE), 'state');

  /** @param more - who have a home there beside them. */
  constructor(...more: readonly number[]) {
    onTestFinished(() => this.#close());
    spawnSync('chmod', ['755', this.dir]);
    for (const part of ['bin', 'dist', 'schemas', 'package.json'])
      cpSync(join(PACKAGE, part), join(this.dir, 'package', part), { recursive: true });
    spawnSync('chmod', ['-R', 'a+rX', join(this.dir, 'package')]);
    for (const user of [ANNE, BERT, ...more]) this.folder(user, this.home(user), 0o755);
  }

  home(user: number): string {
    return join(this.dir, `home-${user}`);
  }

  /** Makes a directory that belongs to a user. */
  folder(user: number, path: string, mode: number): string {
    mkdirSync(path, { recursive: true });
    spawnSync('chmod', [mode.toString(8), path]);
    chownSync(path, user, user);
    return path;
  }

  /** agentctl as a user, on Anne's state directory unless told otherwise. */
  agentctl(user: number, ...args: string[]): Promise<Ran> {
    return this.agentctlAt(this.state, user, ...args);
  }

  agentctlAt(state: string, user: number, ...args: string[]): Promise<Ran> {
    return this.node(user, [this.command, '--state-dir', state, ...args]);
  }

  /** Node as a user. */
  node(user: number, args: readonly string[], input = '', env: NodeJS.ProcessEnv = {}): Promise<Ran> {
    return this.program(user, process.execPath, args, input, env);
  }

  program(user: number, file: string, args: readonly string[], input = '', env: NodeJS.ProcessEnv = {}): Promise<Ran> {
    const options: SpawnOptions = {
      uid: user,
      gid: user,
      cwd: user === ROOT ? this.dir : this.home(user),
      env: { PATH: process.env.PATH, HOME: this.home(user), AGENTCTL_MANAGER: 'off', ...env },
      stdio: 'pipe',
    };
    return new Promise((resolve, reject) => {
      const child = spawn(file, args, options);
      const said = { stdout: '', stderr: '' };
      child.stdout?.on('data', (text: Buffer) => (said.stdout += text.toString('latin1')));
      child.stderr?.on('data', (text: Buffer) => (said.stderr += text.toString('latin1')));
      child.stdin?.on('error', () => {});
      child.stdin?.end(input);
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, ...said }));
    });
  }

  async #close(): Promise<void> {
    await this.agentctl(ANNE, 'kill', '--all');
    await this.agentctl(ANNE, 'tmux', 'kill-server');
    // A wrapper outlives its agent for a second, to keep the end of its log, and writes meanwhile.
    await waitFor('whatever ends to write no more', () => this.#isRemoved());
  }

  #isRemoved(): boolean {
    try {
      rmSync(this.dir, { recursive: true, force: true });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOTEMPTY') return false;
      throw error;
    }
  }
}
