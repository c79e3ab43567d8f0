import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const setup = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'bin', 'setup');

// A checkout with nothing in it but bin/setup, and a PATH on which every tool that it starts is a stand-in that records
// its call: no test here needs root or a network, or can change this machine.
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'agentctl-setup-'));
  for (const folder of ['bin', 'checkout/bin', 'checkout/src', 'checkout/node_modules', 'checkout/dist/types']) {
    mkdirSync(join(dir, folder), { recursive: true });
  }
  for (const tool of ['sh', 'dirname', 'find', 'cat', 'rm', 'env', 'mkdir', 'chmod']) link(tool);
  copyFileSync(setup, join(dir, 'checkout', 'bin', 'setup'));
  fake('id', 'echo 1000');
  fake('node', 'echo v20.19.0');
  fake('tmux', 'echo tmux 3.3a');
  fake(
    'npm',
    `record npm "$@"
    case $1 in
    ci) mkdir -p node_modules; echo {} > node_modules/.package-lock.json ;;
    run) mkdir -p dist/types; echo > dist/main.cjs; echo > dist/types/index.d.ts ;;
    esac`,
  );
  const sources = [
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'build.mjs',
    'build-compiled.mjs',
    'src/main.ts',
  ];
  for (const file of sources) write(file, 2);
  write('node_modules/.package-lock.json', 1);
  for (const file of ['dist/main.cjs', 'dist/types/index.d.ts']) write(file, 1);
  age('src', 2);
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('bin/setup', () => {
  test('starts neither npm nor a package manager when nothing is missing, so it takes no time', () => {
    fake('apt-get', 'record apt-get "$@"');
    expect(run()).toEqual({ code: 0, stdout: 'bin/setup: nothing was missing\n', stderr: '', calls: [] });
  });

  test('works from any directory, by any path', () => {
    // A relative "cd" would follow CDPATH into this one.
    mkdirSync(join(dir, 'decoy/checkout/bin'), { recursive: true });
    const options = {
      cwd: dir,
      encoding: 'utf8',
      env: { PATH: join(dir, 'bin'), CDPATH: join(dir, 'decoy') },
    } as const;
    const { stdout, stderr } = spawnSync('sh', ['checkout/bin/setup'], options);
    expect({ stdout, stderr }).toEqual({ stdout: 'bin/setup: nothing was missing\n', stderr: '' });
  });

  test('shows its help', () => {
    const { code, stdout, calls } = run('--help');
    expect({ code, calls }).toEqual({ code: 0, calls: [] });
    expect(stdout).toMatch(/^Usage: sh bin\/setup/);
  });

  test('refuses an unknown argument before it does anything', () => {
    rmSync(join(dir, 'checkout/dist'), { recursive: true });
    const { code, stderr, calls } = run('--yse');
    expect({ code, calls }).toEqual({ code: 2, calls: [] });
    expect(stderr).toBe('bin/setup: unknown argument "--yse": see "sh bin/setup --help"\n');
  });

  test.each([
    ['are missing', () => rmSync(join(dir, 'checkout/node_modules'), { recursive: true })],
    ['were left half installed', () => rmSync(join(dir, 'checkout/node_modules/.package-lock.json'))],
    ['are older than the lock file', () => age('package-lock.json', 0)],
  ])('installs node_modules when they %s, and builds after that', (_, arrange) => {
    arrange();
    age('package-lock.json', 0);
    const { code, stdout, calls } = run();
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'bin/setup: installed node_modules, built dist\n' });
    expect(calls).toEqual([expect.stringMatching(/^npm ci --include=dev /), 'npm run --silent build']);
  });

  test.each([
    ['dist is missing', () => rmSync(join(dir, 'checkout/dist'), { recursive: true })],
    ['half of dist is missing', () => rmSync(join(dir, 'checkout/dist/main.cjs'))],
    ['a source is newer', () => age('src/main.ts', 0)],
    ['a source was deleted', () => rmSync(join(dir, 'checkout/src/main.ts'))],
  ])('builds when %s', (_, arrange) => {
    arrange();
    expect(run()).toMatchObject({ code: 0, stdout: 'bin/setup: built dist\n', calls: ['npm run --silent build'] });
    expect(run().calls).toEqual([]);
  });

  test('keeps nothing of a build that failed', () => {
    fake('npm', 'mkdir -p dist/types; echo > dist/main.cjs; echo > dist/types/index.d.ts; exit 1');
    age('src/main.ts', 0);
    expect(run()).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('"npm run build" failed') });
    expect(existsSync(join(dir, 'checkout/dist'))).toBe(false);
  });

  test('says what to do about an old Node, and about none', () => {
    fake('node', 'echo v18.20.4');
    expect(run()).toMatchObject({
      code: 1,
      calls: [],
      stderr: expect.stringMatching(/is v18\.20\.4: install a newer/),
    });
    rmSync(join(dir, 'bin/node'));
    expect(run()).toMatchObject({ code: 1, calls: [], stderr: expect.stringMatching(/no "node" is on PATH/) });
  });

  test.each(['v20.19.0', 'v21.0.0', 'v26.10.0'])('takes Node %s', (version) => {
    fake('node', `echo ${version}`);
    expect(run().code).toBe(0);
  });

  test.each(['tmux 3.2', 'tmux 3.3a', 'tmux next-3.4', 'tmux master', 'tmux openbsd-7.0'])('takes %s', (version) => {
    fake('tmux', `echo ${version}`);
    expect(run().code).toBe(0);
  });

  test.each([
    [
      'apt-get',
      'sudo apt-get update; sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends tmux',
    ],
    ['dnf', 'sudo dnf install -y tmux'],
    ['yum', 'sudo yum install -y tmux'],
    ['apk', 'sudo apk add tmux'],
    ['pacman', 'sudo pacman -Sy --noconfirm tmux'],
    ['zypper', 'sudo zypper --non-interactive install tmux'],
    ['brew', 'brew install tmux'],
  ])('prints the exact %s command for a missing tmux when it is not root, and stops', (manager, command) => {
    rmSync(join(dir, 'bin/tmux'));
    fake(manager, 'record called');
    const { code, stdout, stderr, calls } = run();
    expect({ code, stdout, calls }).toEqual({ code: 1, stdout: '', calls: [] });
    expect(stderr).toMatch(/^bin\/setup: tmux is missing\. Run this, .*\n$/);
    expect(stderr.endsWith(`: ${command}\n`)).toBe(true);
  });

  test('says so when it knows no package manager', () => {
    rmSync(join(dir, 'bin/tmux'));
    expect(run('--yes')).toMatchObject({ code: 1, stderr: expect.stringMatching(/no package manager was found/) });
  });

  test('installs tmux by itself as root without a terminal', () => {
    rmSync(join(dir, 'bin/tmux'));
    fake('id', 'echo 0');
    fake('apt-get', installsTmux('tmux 3.3a'));
    const { code, stdout, calls } = run();
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'bin/setup: installed tmux 3.3a\n' });
    expect(calls).toEqual(['apt-get update', 'apt-get install -y --no-install-recommends tmux']);
  });

  test('asks before it installs anything for root at a terminal', () => {
    rmSync(join(dir, 'bin/tmux'));
    fake('id', 'echo 0');
    fake('apk', installsTmux('tmux 3.3a'));
    link('script');
    const { stdout } = spawnSync('script', ['-qec', `sh '${join(dir, 'checkout/bin/setup')}'`, '/dev/null'], {
      encoding: 'utf8',
      env: { PATH: join(dir, 'bin'), SHELL: '/bin/sh' },
    });
    expect(stdout).toContain(': apk add tmux');
    expect(existsSync(join(dir, 'calls'))).toBe(false);
  });

  test('installs tmux through sudo with --yes', () => {
    rmSync(join(dir, 'bin/tmux'));
    fake('sudo', 'record sudo; exec "$@"');
    fake('dnf', installsTmux('tmux 3.3a'));
    expect(run('--yes')).toMatchObject({ code: 0, calls: ['sudo', 'dnf install -y tmux'] });
  });

  test('does not pass over a tmux that is too old after the installation', () => {
    fake('tmux', 'echo tmux 2.8');
    fake('id', 'echo 0');
    fake('yum', installsTmux('tmux 3.1c'));
    const { code, stderr } = run();
    expect(code).toBe(1);
    expect(stderr).toMatch(/tmux 2\.8 at .*\/tmux is older than 3\.2, and the package manager's is no newer/);
  });
});

function run(...args: string[]): { code: number | null; stdout: string; stderr: string; calls: string[] } {
  rmSync(join(dir, 'calls'), { force: true });
  const options = { encoding: 'utf8', env: { PATH: join(dir, 'bin') }, cwd: '/' } as const;
  const { status, stdout, stderr } = spawnSync('sh', [join(dir, 'checkout/bin/setup'), ...args], options);
  const calls = existsSync(join(dir, 'calls')) ? readFileSync(join(dir, 'calls'), 'utf8').trim().split('\n') : [];
  return { code: status, stdout, stderr, calls };
}

function fake(tool: string, script: string): void {
  const path = join(dir, 'bin', tool);
  rmSync(path, { force: true });
  writeFileSync(path, `#!/bin/sh\nrecord() { echo "$*" >> '${dir}/calls'; }\n${script}\n`);
  chmodSync(path, 0o755);
}

function installsTmux(version: string): string {
  const tmux = join(dir, 'bin', 'tmux');
  return `record "\${0##*/}" "$@"\n[ "$1" = update ] || { printf '#!/bin/sh\\necho ${version}\\n' > ${tmux}; chmod +x ${tmux}; }`;
}

function link(tool: string): void {
  const found = ['/bin', '/usr/bin'].map((folder) => join(folder, tool)).find((path) => existsSync(path));
  if (!found) throw new Error(`this test needs ${tool} in /bin or /usr/bin`);
  symlinkSync(found, join(dir, 'bin', tool));
}

function write(path: string, hoursAgo: number): void {
  writeFileSync(join(dir, 'checkout', path), '{}');
  age(path, hoursAgo);
}

function age(path: string, hoursAgo: number): void {
  const at = new Date(Date.now() - hoursAgo * 3_600_000);
  utimesSync(join(dir, 'checkout', path), at, at);
}
