// What tmux pipes a pane to, under every shell that may be sh and with the tools of busybox: that each byte is in the
// pieces, in order, whatever happens meanwhile. The pipe is the test's own: nothing of src/ is in between.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test as everywhere, expect, type TestContext } from 'vitest';
import { isInstalled } from '../fixtures/installed.ts';
import { canMount } from '../fixtures/own-disk.ts';
import { piecesOf, wholeLog } from '../fixtures/pieces-of-log.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { fill, look, type Shell, underEachShell } from '../wrapper/harness.ts';

const SCRIPT = new URL('../../bin/agent-log', import.meta.url).pathname;
const MIB = 1024 ** 2;
/** Bytes of every kind, of which no two pieces are alike. */
const BYTES = Buffer.from(Array.from({ length: 150_000 }, (_, at) => (at * 31 + (at >> 8) * 7 + (at >> 13)) % 256));

type OnFinished = TestContext['onTestFinished'];

class Capture {
  readonly parent = mkdtempSync(join(tmpdir(), 'agentctl-agent-log-'));
  readonly directory = join(this.parent, 'a');
  #child: ChildProcess | undefined;

  constructor(onFinished: OnFinished) {
    mkdirSync(this.directory);
    onFinished(async () => {
      this.#child?.stdin?.destroy();
      await this.ended();
      rmSync(this.parent, { recursive: true, force: true, maxRetries: 5 });
    });
  }

  start({ argv }: Pick<Shell, 'argv'>, piece: number, keep: number, env: NodeJS.ProcessEnv = {}): this {
    const [program, ...options] = argv;
    const args = [...options, SCRIPT, this.directory, String(piece), String(keep)];
    this.#child = spawn(program, args, {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    return this;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Resolves when it has been read: a pipe holds 64 KiB, of which this waits for nothing. */
  write(bytes: Buffer | string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#child?.stdin?.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  ended(): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null)
      return Promise.resolve(child?.exitCode ?? null);
    return new Promise((resolve) => child.on('close', resolve));
  }

  async end(bytes: Buffer | string = ''): Promise<number | null> {
    const ended = this.ended();
    this.#child?.stdin?.end(bytes);
    return ended;
  }

  sizes(): Record<string, number> {
    return Object.fromEntries(
      piecesOf(this.directory).map((file) => [file, statSync(join(this.directory, file)).size]),
    );
  }

  has(text: string): boolean {
    try {
      return wholeLog(this.directory).includes(text);
    } catch {
      return false; // it was just renamed
    }
  }
}

/** A PATH where all that it calls is busybox'. */
function busyboxTools(parent: string): NodeJS.ProcessEnv {
  const bin = join(parent, 'bin');
  mkdirSync(bin);
  const busybox = execFileSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim();
  for (const tool of ['dd', 'ls', 'mv', 'rm', 'cat', 'printf', 'sleep']) symlinkSync(busybox, join(bin, tool));
  return { PATH: [bin, process.env.PATH].join(delimiter) };
}

underEachShell('agent-log', (shell) => {
  everywhere.runIf(isInstalled('busybox')).for(['coreutils', 'busybox'])(
    'with the tools of %s loses no byte, and no piece is longer than it may be',
    async (tools, { onTestFinished }) => {
      const capture = new Capture(onTestFinished);
      const env = tools === 'busybox' ? busyboxTools(capture.parent) : {};
      capture.start(shell, 20_000, 0, env);
      // Not a multiple of anything, and some of them small.
      let at = 0;
      for (const length of [1, 7000, 1, 20_000, 12_999, 77_777]) {
        await capture.write(BYTES.subarray(at, at + length));
        at += length;
      }
      expect(await capture.end(BYTES.subarray(at))).toBe(0);
      expect(wholeLog(capture.directory).equals(BYTES)).toBe(true);
      const full = Array.from({ length: 7 }, (_, piece) => [
        `output.log.${String(piece * 20_000).padStart(15, '0')}`,
        20_000,
      ]);
      expect(capture.sizes()).toEqual(Object.fromEntries([...full, ['output.log', 10_000]]));
      for (const file of piecesOf(capture.directory))
        expect(statSync(join(capture.directory, file)).mode & 0o777).toBe(0o600);
    },
  );

  everywhere('keeps the last pieces, and goes on in a directory that is moved', async ({ onTestFinished }) => {
    const capture = new Capture(onTestFinished).start(shell, 20_000, 3);
    await capture.write(BYTES.subarray(0, 70_000));
    await waitFor('three pieces', () => existsSync(join(capture.directory, 'output.log.000000000040000')));
    const archived = join(capture.parent, 'archived');
    renameSync(capture.directory, archived);
    mkdirSync(capture.directory);
    expect(await capture.end(BYTES.subarray(70_000, 130_000))).toBe(0);
    expect(readdirSync(capture.directory)).toEqual([]);
    const names = ['output.log.000000000080000', 'output.log.000000000100000', 'output.log'];
    expect(piecesOf(archived)).toEqual(names);
    expect(wholeLog(archived).equals(BYTES.subarray(80_000, 130_000))).toBe(true);
  });

  everywhere('counts on after 4 GB of log, and brings them under the cap', async ({ onTestFinished }) => {
    const capture = new Capture(onTestFinished);
    const sparse = (name: string, size: number): void => {
      const file = openSync(join(capture.directory, name), 'w', 0o600);
      ftruncateSync(file, size);
      closeSync(file);
    };
    const start = (piece: number): string => `output.log.${String(piece * 64 * MIB).padStart(15, '0')}`;
    for (let piece = 0; piece < 64; piece++) sparse(start(piece), 64 * MIB);
    sparse('output.log', 64 * MIB - 3);
    capture.start(shell, 64 * MIB, 16);
    expect(await capture.end('abcdef')).toBe(0);
    const kept = Array.from({ length: 15 }, (_, piece) => [start(50 + piece), 64 * MIB]);
    expect(capture.sizes()).toEqual(Object.fromEntries([...kept, ['output.log', 3]]));
    expect(start(64)).toBe('output.log.000004294967296');
    expect(readFileSync(join(capture.directory, 'output.log'), 'latin1')).toBe('def');
  });

  everywhere('goes on when its dd is killed', async ({ onTestFinished }) => {
    const capture = new Capture(onTestFinished).start(shell, 20_000, 0);
    await capture.write('before');
    await waitFor('it to be written', () => capture.has('before'));
    const dd = await waitFor('its dd', () => ddOf(capture.pid));
    process.kill(dd, 'SIGKILL');
    await waitFor('another dd', () => ![undefined, dd].includes(ddOf(capture.pid)));
    expect(await capture.end('after')).toBe(0);
    expect(wholeLog(capture.directory).toString()).toBe('beforeafter');
  });

  everywhere.runIf(canMount)(
    'on a full disk reads on and begins pieces, and has what comes once there is room',
    async ({ onTestFinished }) => {
      const capture = new Capture(onTestFinished);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', capture.directory]);
      onTestFinished(() => void execFileSync('umount', ['-l', join(capture.parent, 'a')]));
      capture.start(shell, 65_536, 4);
      const ballast = join(capture.directory, 'ballast');
      await capture.write(BYTES.subarray(0, 60_000));
      await waitFor('it to be written', () => wholeLog(capture.directory).length === 60_000);
      fill(ballast);
      // A page was not full yet. Much more than a pipe holds: who does not read holds this up.
      await capture.write(BYTES);
      await capture.write(BYTES);
      rmSync(ballast);
      await capture.write('here');
      await waitFor('what came with room', () => capture.has('here'));
      expect(await capture.end('after')).toBe(0);
      const log = wholeLog(capture.directory);
      expect(log.subarray(0, 60_000).equals(BYTES.subarray(0, 60_000))).toBe(true);
      expect(log.toString('latin1')).toMatch(/hereafter$/);
      for (const size of Object.values(capture.sizes())) expect(size).toBeLessThanOrEqual(65_536);
    },
  );
});

/** A user of whom there is nobody else. */
const UID = '54321';

everywhere.runIf(canMount)(
  'without a process to be had, dash loses no byte: it goes on in one piece',
  async ({ onTestFinished }) => {
    const capture = new Capture(onTestFinished);
    const copy = join(capture.parent, 'agent-log');
    execFileSync('cp', [SCRIPT, copy]);
    execFileSync('chmod', ['-R', 'a+rwX', capture.parent]);
    const as = ['--reuid', UID, '--regid', UID, '--clear-groups'];
    capture.start(
      { argv: ['setpriv', ...as, 'prlimit', '--nproc=2:2', 'dash', copy, capture.directory, '20000', '0'] as never },
      0,
      0,
    );
    await capture.write(BYTES.subarray(0, 10_000));
    await waitFor('it to be written', () => wholeLog(capture.directory).length === 10_000);
    const other = spawn('setpriv', [...as, 'sleep', '1000'], { stdio: 'ignore' });
    onTestFinished(() => void other.kill('SIGKILL'));
    await waitFor('the other process', () => readFileSync(`/proc/${other.pid}/comm`, 'utf8') === 'sleep\n');
    expect(await capture.end(BYTES.subarray(10_000))).toBe(0);
    expect(wholeLog(capture.directory).equals(BYTES)).toBe(true);
  },
);

/** Its own child: there is no shell in between. */
function ddOf(pid: number): number | undefined {
  const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
  return pids.find((child) => look(child)?.comm === 'dd');
}
