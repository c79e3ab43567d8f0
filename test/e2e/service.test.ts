import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lives } from '../fixtures/bystanders.ts';
import { complaintsAbout, StandInSystemd } from '../fixtures/stand-in-systemd.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { AGENTCTL, Workbench } from '../fixtures/workbench.ts';
import { misfits } from './schemas.ts';
import { Terminal } from './terminal.ts';

const SPECIAL = `a b %h $HOME 'q' "qq" \\t`;

/** The one unit that is written; undefined where there is none. */
function unitOf({ unitFolder }: StandInSystemd): string | undefined {
  const [unit] = existsSync(unitFolder) ? readdirSync(unitFolder) : [];
  return unit === undefined ? undefined : join(unitFolder, unit);
}

describe.concurrent('service', () => {
  test('is shown, written, enabled and started; known by its mark; and removed again', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const systemd = new StandInSystemd(bench);
    const [installed, again] = await bench.many([
      ['service', 'install', '--yes'],
      ['service', 'install', '-y'],
    ]);
    const file = unitOf(systemd) ?? '';
    const unit = basename(file);
    expect(unit).toMatch(/^agentctl-[0-9a-f]{8}\.service$/);
    const text = readFileSync(file, 'utf8');
    expect(installed).toEqual({
      code: 0,
      stdout: `${file}:\n\n${text}wrote ${file}; ${unit} is enabled and started\n`,
      stderr: expect.stringMatching(/^(agentctl: linger is off, .*: loginctl enable-linger \S+\n)?$/),
    });
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining(`${file} (as it is there now):\n`) });
    const calls = ['daemon-reload', `enable ${unit}`, `restart ${unit}`];
    expect(systemd.asked()).toEqual([...calls, ...calls]);
    expect(complaintsAbout(file, bench.dir)).toEqual([]);

    // A person's change is a person's.
    writeFileSync(file, text.replace('RestartSec=2', 'RestartSec=60'));
    const refused = {
      code: 1,
      stdout: '',
      stderr: `agentctl: ${file} was changed since agentctl wrote it: move it away, or say --force\n`,
    };
    const [status, install, uninstall, forced, removed, nothing] = await bench.many([
      ['service', 'status'],
      ['service', 'install', '--yes'],
      ['service', 'uninstall'],
      ['service', 'install', '--yes', '--force'],
      ['service', 'uninstall'],
      ['service', 'uninstall'],
    ]);
    expect(status?.stdout).toContain(`unit      ${file}, changed since agentctl wrote it\n`);
    expect([install, uninstall]).toEqual([refused, refused]);
    expect(forced).toMatchObject({ code: 0, stdout: expect.stringContaining(' (in place of another):\n') });
    expect(removed).toMatchObject({ code: 0, stdout: expect.stringContaining(`removed ${file}; `) });
    expect(nothing).toEqual({
      code: 0,
      stdout: '',
      stderr: `agentctl: no service is installed for ${bench.state}\n`,
    });
    expect(systemd.asked()).toEqual([...calls, `disable --now ${unit}`, 'daemon-reload']);
    expect(unitOf(systemd)).toBeUndefined();
  });

  test('runs the manager: takes over, hurts no agent at a restart, is held, and begins again with manager start', async ({
    onTestFinished,
  }) => {
    const bench = new Workbench(onTestFinished).withManager();
    const systemd = new StandInSystemd(bench);
    onTestFinished(() => bench.run('service', 'uninstall').then(() => {}));
    await bench.ok('spawn', '-n', 'one', 'sleep', '1000');
    const { pid: agent } = bench.record(await bench.agent('one'), 'started.json').agent as { pid: number };
    const pids = [bench.manager().pid];
    const another = async (): Promise<void> => {
      pids.push(await waitFor('the next manager', () => !pids.includes(bench.manager().pid) && bench.manager().pid));
    };
    for (let times = 0; times < 2; times++) {
      await bench.ok('service', 'install', '--yes');
      await another();
    }
    await waitFor('it to have begun', () => bench.managerLog().at(-1)?.pid === pids.at(-1));
    for (const pid of pids.slice(0, -1)) await waitFor(`manager ${pid} to go`, () => !lives(pid));

    const status = await bench.run('service', 'status', '--json');
    const facts = JSON.parse(status.stdout) as Record<string, unknown>;
    expect(misfits('service-status', facts)).toEqual([]);
    expect(status.code).toBe(0);
    expect(facts).toMatchObject({
      installed: true,
      content: 'current',
      systemd: null,
      enabled: true,
      active: true,
      manager: { pid: pids.at(-1), isService: true },
    });

    await bench.ok('manager', 'stop');
    const held = await bench.run('service', 'install', '--yes');
    expect(held.stderr).toContain('the manager is held: the service begins with "agentctl manager start"\n');
    expect(await bench.run('service', 'status')).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('manager   does not run'),
    });
    systemd.asked();
    expect(await bench.ok('manager', 'start')).toBe(`the manager runs (pid ${bench.manager().pid})\n`);
    expect(systemd.asked()).toEqual([`start ${basename(unitOf(systemd) ?? '')}`]);
    expect(await bench.ok('service', 'status')).toMatch(/^manager {3}runs \(pid \d+, [\d.]+\), as this service$/m);
    expect(lives(agent)).toBe(true);
    expect(await bench.agent('one')).toMatchObject({ phase: 'running' });
  });

  test('does not take over from a newer manager', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished).withManager();
    await bench.ok('manager', 'start');
    const manager = { ...bench.manager(), version: '99.0.0' };
    await waitFor('it to have begun', () => existsSync(join(bench.state, 'manager.log')));
    // At once: it would mend an empty record.
    renameSync(bench.file('newer', JSON.stringify(manager)), join(bench.state, 'manager.json'));
    expect(await bench.run('manager', 'run', '--leave-after', 'none', '--take-over')).toMatchObject({
      code: 75,
      stderr: expect.stringContaining(`runs already (pid ${manager.pid})`),
    });
    expect(bench.manager()).toEqual(manager);
  });

  test('asks first, and writes nothing without a yes', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const systemd = new StandInSystemd(bench);
    expect(await bench.run('service', 'install')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('\nExecStart='),
      stderr: 'agentctl: nobody can be asked here, and nothing was written: say --yes to write this unit\n',
    });
    const terminal = new Terminal(bench, onTestFinished, ['service', 'install']);
    await waitFor('the question', () => terminal.screen().includes('[y/N]'));
    expect(terminal.screen()).toContain('WantedBy=default.target');
    terminal.press('n', 'Enter');
    await waitFor('the answer to be heard', () => terminal.screen().includes('ended with 1'));
    expect(terminal.screen()).toContain('agentctl: nothing was written');
    expect(unitOf(systemd)).toBeUndefined();
    const second = new Terminal(bench, onTestFinished, ['service', 'install']);
    await waitFor('the question', () => second.screen().includes('[y/N]'));
    second.press('y', 'Enter');
    await waitFor('it to be written', () => second.screen().includes('ended with 0'));
    expect(unitOf(systemd)).toBeDefined();
    await bench.ok('service', 'uninstall');
  });

  test('says the line for cron where there is no systemd of this user', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const systemd = new StandInSystemd(bench);
    await bench.ok('service', 'install', '--yes');
    const file = unitOf(systemd) ?? '';
    mkdirSync(join(systemd.unitFolder, 'default.target.wants'));
    systemd.refuse('show');
    systemd.asked();
    const [install, print, status, json, uninstall] = await bench.many([
      ['service', 'install', '--yes'],
      ['service', 'install', '--print'],
      ['service', 'status'],
      ['service', 'status', '--json'],
      ['service', 'uninstall'],
    ]);
    expect(install).toEqual({
      code: 1,
      stdout: expect.stringMatching(
        /^\*\/15 \* \* \* \* PATH=\S+ .* \/\S+ \S+\/bin\/agentctl --state-dir \S+ sweep >\/dev\/null 2>&1\n$/,
      ),
      stderr:
        'agentctl: no service can be installed, because systemctl --user says "Failed to show: No medium found": put the line below into your crontab (crontab -e)\n',
    });
    expect(install?.stdout).toContain(` ${process.execPath} ${AGENTCTL} --state-dir ${bench.state} sweep `);
    expect(print).toMatchObject({ code: 0, stderr: '' });
    expect(status).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('systemd   none that answers: systemctl --user says'),
    });
    const facts = JSON.parse(json?.stdout ?? '') as object;
    expect(misfits('service-status', facts)).toEqual([]);
    expect(facts).toMatchObject({ installed: true, active: null, enabled: null, state: null });
    expect(uninstall).toMatchObject({ code: 0, stdout: expect.stringContaining(`removed ${file}; `) });
    expect(systemd.asked()).toEqual([]);

    bench.env.PATH = '/nowhere';
    expect(await bench.run('service', 'install')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('tmux is not installed'),
    });
  });

  test("has systemd's own words where it refuses", async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const systemd = new StandInSystemd(bench);
    systemd.refuse('enable');
    const { code, stderr } = await bench.run('service', 'install', '--yes');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^agentctl: "systemctl --user enable agentctl-\w+\.service" failed \(Failed to enable: No medium found\): see "agentctl service status"\n$/,
    );
  });

  test('has a unit that systemd takes, whatever the paths are', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    new StandInSystemd(bench);
    const [plain, special] = await bench.many([
      ['service', 'install', '--print'],
      ['--state-dir', join(bench.dir, SPECIAL), 'service', 'install', '--print'],
    ]);
    expect(special?.stdout).not.toBe(plain?.stdout);
    for (const [name, ran] of [
      ['plain', plain],
      ['special', special],
    ] as const) {
      expect(ran).toMatchObject({ code: 0, stderr: '' });
      expect(complaintsAbout(bench.file(`${name}.service`, ran?.stdout ?? ''), bench.dir)).toEqual([]);
    }
    expect(existsSync(join(bench.dir, SPECIAL))).toBe(false);
    expect(complaintsAbout(bench.file('bad.service', '[Service]\nExecStart=relative\n'), bench.dir)).not.toEqual([]);
  });

  test('refuses what it does not know', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    for (const { code, stdout, stderr } of await bench.many([
      ['service'],
      ['service', 'nonsense'],
      ['service', 'install', 'nginx'],
      ['service', 'install', '--prnit'],
    ])) {
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(
        /^agentctl: (service needs one of install, uninstall, status: .*|.*did you mean --print.*)\n$/,
      );
    }
  });
});
