import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import Module from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const checkout = join(import.meta.dirname, '..', '..');
/** CPU time of a command in that of `node -e 0`, 1.2 where nothing else runs: only to see that nothing went wrong altogether. */
const BOUND = 3;
/** What takes long to load, and neither `--version` nor `ps` has a use for. */
const SLOW = ['assert', 'child_process', 'crypto', 'dns', 'http', 'readline', 'worker_threads', 'zlib'];
/** Tells at its end what was loaded. */
const LOADED = "process.on('exit', () => console.error(process.moduleLoadList.join()));\n";

let dir: string;
let agentctl: string;
let compiled: string;
let env: NodeJS.ProcessEnv;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'agentctl-start-up-'));
  for (const part of ['bin', 'dist', 'package.json', 'build-compiled.mjs'])
    cpSync(join(checkout, part), join(dir, part), { recursive: true });
  agentctl = join(dir, 'bin', 'agentctl');
  compiled = join(dir, 'dist', 'compiled', process.versions.v8);
  env = { PATH: process.env.PATH, HOME: dir, AGENTCTL_STATE_DIR: join(dir, 'state'), LANG: 'C.UTF-8' };
  build();
}, 60_000);

afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** With the node that runs this test, which need not be the one that built dist/. */
function build(): void {
  execFileSync(process.execPath, [join(dir, 'build-compiled.mjs')]);
}

function call(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [agentctl, ...words], { env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

/** The modules of node's own that a call loads. */
function loadedBy(...words: string[]): string[] {
  const tells = join(dir, 'tells.cjs');
  writeFileSync(tells, LOADED);
  const { status, stderr } = spawnSync(process.execPath, ['--require', tells, agentctl, ...words], {
    env,
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  return stderr.split(',').map((name) => name.trim().replace('NativeModule ', ''));
}

/** Seconds of CPU, the least of nine: what others on this machine took from it makes it only longer. */
function cpuSeconds(commands: string[][]): number[] {
  const script = `TIMEFORMAT='%U %S'; for i in 1 2 3 4 5 6 7 8 9; do for c in "$@"; do time $c >/dev/null 2>&1; done; done`;
  const words = commands.map((command) => command.join(' '));
  const { stderr } = spawnSync('bash', ['-c', script, 'bash', ...words], { env, encoding: 'utf8' });
  const taken = stderr
    .trim()
    .split('\n')
    .map((line) => line.split(' ').reduce((sum, one) => sum + Number(one), 0));
  return commands.map((_, at) => Math.min(...taken.filter((_, index) => index % commands.length === at)));
}

describe('start-up', () => {
  test('takes what was compiled when it was built, for each command that is called often and for all others', () => {
    expect(readdirSync(compiled).sort()).toEqual(['other', 'ps', 'spawn', 'stop', 'wait']);
    const main = join(dir, 'dist', 'main.cjs');
    const source = Module.wrap(readFileSync(main, 'latin1'));
    for (const file of readdirSync(compiled)) {
      const cachedData = readFileSync(join(compiled, file));
      expect([file, new Script(source, { filename: main, cachedData }).cachedDataRejected]).toEqual([file, false]);
    }
  });

  test('loads the packages that stand apart, with what was compiled and without', () => {
    const help = call('ps', '--help');
    expect(help).toMatchObject({ status: 0, stdout: expect.stringContaining('Examples:') });
    const metrics = call('metrics');
    expect(metrics).toMatchObject({ status: 0, stdout: expect.stringContaining('# HELP agentctl_agents ') });
    rmSync(compiled, { recursive: true });
    expect(call('ps', '--help')).toEqual(help);
    expect(call('metrics')).toMatchObject({ status: 0 });
    build();
  });

  test.each([
    ['is empty', (file: string) => truncateSync(file)],
    ['was cut short', (file: string) => truncateSync(file, 100_000)],
    ['is of another V8', (file: string) => writeFileSync(file, 'x'.repeat(300_000))],
  ])('goes on without what was compiled, where it %s', (_, damage) => {
    damage(join(compiled, 'other'));
    const { version } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
    expect(call('--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
    build();
  });

  test.each(['--version', 'ps'])('loads for "%s" nothing slow that it does not need', (word) => {
    const loaded = loadedBy(word);
    expect(loaded).toContain('fs');
    expect(SLOW.filter((name) => loaded.includes(name))).toEqual([]);
  });

  test('loads for a spawn nothing of what only locks, and the end of an agent, take', () => {
    env = { ...env, AGENTCTL_MANAGER: 'off' };
    const loaded = loadedBy('spawn', '--', 'true');
    expect(call('tmux', 'kill-server')).toMatchObject({ status: 0 });
    expect(loaded).toContain('child_process');
    expect(loaded).not.toContain('assert'); // graceful-fs, below proper-lockfile, and signal-exit, below write-file-atomic
  });

  test('takes no multiple of the CPU that node takes', () => {
    const [floor = 0, ...taken] = cpuSeconds([
      [process.execPath, '-e', '0'],
      [process.execPath, agentctl, '--version'],
      [process.execPath, agentctl, 'ps'],
    ]);
    for (const seconds of taken) expect(seconds / floor).toBeLessThan(BOUND);
  });
});
