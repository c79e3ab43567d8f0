import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cronLine, type ServiceFacts, unitText } from '../../../src/lifecycle/service-lines.ts';

const PLAIN: ServiceFacts = {
  node: '/usr/bin/node',
  packageRoot: '/usr/lib/node_modules/@agentctl/cli',
  stateDir: '/home/me/.local/state/agentctl',
  env: { PATH: '/usr/bin:/bin', AGENTCTL_RUN_ID: '' },
};
const ODD: ServiceFacts = {
  node: '/opt/node 24/bin/node',
  packageRoot: '/home/me/50% $HOME',
  stateDir: '/srv/it\'s "here"\\%',
  env: { PATH: '/usr/bin:/my bin' },
};

/** The command that cron hands to the shell: what cron's own do_command.c takes away, taken away. */
function asCronHasIt(line: string): string {
  const command = line.replace(/^(\S+ ){5}/, '');
  return command.replace(/\\([%\\])|%.*$/g, (_, sign: string | undefined) => sign ?? '');
}

describe('the unit', () => {
  test('runs the manager of one state directory for good, and takes over', () => {
    const lines = unitText('agentctl.service', PLAIN).split('\n');
    expect(lines).toContain(
      'ExecStart=/usr/bin/node --max-semi-space-size=1 /usr/lib/node_modules/@agentctl/cli/bin/agentctl --state-dir /home/me/.local/state/agentctl manager run --leave-after none --take-over',
    );
    expect(lines).toContain('Environment=PATH=/usr/bin:/bin');
    expect(lines).toContain('Environment=AGENTCTL_RUN_ID=');
    expect(lines).toContain('WantedBy=default.target');
  });

  test('comes back after a crash and after a TERM that is not systemds own, not while it is held, and takes nobody along', () => {
    const lines = unitText('agentctl.service', PLAIN).split('\n');
    for (const line of [
      'Restart=on-failure',
      'RestartForceExitStatus=SIGTERM',
      'SuccessExitStatus=75',
      'KillMode=process',
      'ConditionPathExists=!/home/me/.local/state/agentctl/manager.off',
    ])
      expect(lines).toContain(line);
    expect(lines.filter((line) => /^(NoNewPrivileges|Protect|Private|Restrict)/.test(line))).toEqual([]);
  });

  test('escapes what systemd would read in paths', () => {
    const lines = unitText('agentctl-1.service', ODD).split('\n');
    expect(lines).toContain(
      'ExecStart="/opt/node 24/bin/node" --max-semi-space-size=1 "/home/me/50%% $$HOME/bin/agentctl" --state-dir "/srv/it\'s \\"here\\"\\\\%%" manager run --leave-after none --take-over',
    );
    expect(lines).toContain('ConditionPathExists=!/srv/it\'s "here"\\%%/manager.off');
    expect(lines).toContain('Environment="PATH=/usr/bin:/my bin"');
    // A line that ends in a backslash goes on in the next one.
    expect(lines.filter((line) => line.endsWith('\\'))).toEqual([]);
  });
});

describe("cron's line", () => {
  test('sweeps every 15 minutes, in words that need no quotes where that can be', () => {
    expect(cronLine(PLAIN)).toBe(
      "*/15 * * * * PATH=/usr/bin:/bin AGENTCTL_RUN_ID='' /usr/bin/node /usr/lib/node_modules/@agentctl/cli/bin/agentctl --state-dir /home/me/.local/state/agentctl sweep >/dev/null 2>&1",
    );
  });

  test.each([
    ['/a%b', String.raw`/a\%b`],
    [String.raw`/a\b`, String.raw`'/a\b'`],
    [String.raw`/a\%b`, String.raw`'/a\\\%b'`],
    [String.raw`/a\\b`, String.raw`'/a\\\b'`],
  ])('%s stands there as %s', (stateDir, written) => {
    expect(cronLine({ ...PLAIN, stateDir })).toContain(` --state-dir ${written} sweep`);
  });

  test('comes to the same words through cron and a shell', () => {
    const path = fc.string({ unit: fc.constantFrom(...'ab /%\\\'"$`*~#!') }).map((text) => `/${text}`);
    const lines = fc.sample(path, { numRuns: 300, seed: 1 }).map((stateDir) => ({
      stateDir,
      command: asCronHasIt(cronLine({ ...ODD, stateDir })).replace(/ >\/dev\/null 2>&1$/, ''),
    }));
    const script = lines.map(({ command }) => command.replace(/^PATH='[^']*' /, "printf '%s\\n' ")).join('\n');
    const { stdout } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
    const words = [ODD.node, `${ODD.packageRoot}/bin/agentctl`, '--state-dir'];
    expect(stdout).toBe(lines.map(({ stateDir }) => `${[...words, stateDir, 'sweep'].join('\n')}\n`).join(''));
  });
});
