import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { bash } from '../../../reference/bash.ts';
import { type Described, type DescribedOption, described, globalOptions } from '../../../reference/described.ts';
import { fish } from '../../../reference/fish.ts';
import { manPage } from '../../../reference/man-page.ts';
import { reference } from '../../../reference/reference.ts';
import { zsh } from '../../../reference/zsh.ts';
import { effectiveSettings } from '../../../src/agent/settings.ts';
import { isInstalled } from '../../fixtures/installed.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PAGE = join(ROOT, 'man', 'agentctl.1');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const texts = await reference(version);
const commands = await described();
const of = (name: string): Described | undefined => commands.find((command) => command.name === name);

/** Whatever a description may hold that roff or a shell would act on. */
const HARD: DescribedOption = {
  name: 'kill-after',
  short: 'k',
  takesValue: true,
  values: undefined,
  meaning: `.it's "a \\back" \`tick\` $(touch x): ~5% …`,
};
const HARD_COMMAND: Described = {
  name: 'stop',
  summary: HARD.meaning,
  usages: ['stop NAME…'],
  description: HARD.meaning,
  examples: [['agentctl stop "a b"', "'quoted'"]],
  options: [HARD],
  words: [],
  names: 'live',
  takesCommand: false,
};

describe('what is made from the commands', () => {
  test.each(Object.keys(texts))('%s is as it would be made now', (file) => {
    expect(readFileSync(join(ROOT, file), 'utf8')).toBe(texts[file]);
  });

  test('knows every command, with each of its options', () => {
    const page = texts['man/agentctl.1'] ?? '';
    for (const { name, options } of commands) {
      expect(page).toContain(`\n.SS ${name}\n`);
      for (const text of Object.values(texts)) expect(text).toContain(name);
      for (const option of options) {
        expect(page).toContain(`\\-\\-${option.name.replaceAll('-', '\\-')}\\fR`);
        expect(texts['completions/agentctl.bash']).toContain(`--${option.name} `);
        expect(texts['completions/_agentctl']).toContain(`'--${option.name}:`);
        expect(texts['completions/agentctl.fish']).toContain(` -l ${option.name} `);
      }
    }
  });

  test('tells from usage and description what a command takes', () => {
    expect(of('manager')?.words).toEqual(['run', 'start', 'stop', 'status']);
    expect(of('completion')?.words).toEqual(['bash', 'zsh', 'fish']);
    expect(of('config')?.words).toEqual(['path', 'validate']);
    expect(of('send')?.usages).toEqual(['send NAME TEXT', 'send NAME -', 'send --keys NAME KEY…']);
    expect([of('stop')?.names, of('logs')?.names, of('ps')?.names]).toEqual(['live', 'all', 'none']);
    expect([of('run')?.takesCommand, of('stop')?.takesCommand]).toEqual([true, false]);
    const values = (command: string, name: string) =>
      of(command)?.options.find((option) => option.name === name)?.values;
    expect(values('wait', 'for')).toEqual(['done', 'waiting', 'ended']);
    expect(values('ps', 'sort')).toContain('name');
    expect(values('spawn', 'agent')).toContain('claude');
    expect(values('logs', 'tail')).toBeUndefined();
    expect(values('service', 'force')).toBeUndefined();
  });

  test('tells every variable that sets something', () => {
    const { effective } = effectiveSettings(new Map(), {}, String);
    for (const { variable } of effective) expect(texts['man/agentctl.1']).toContain(variable ?? '');
  });
});

describe('the man page', () => {
  test('has what no command says of itself', () => {
    for (const title of [
      'NAME',
      'SYNOPSIS',
      'DESCRIPTION',
      'OPTIONS',
      'COMMANDS',
      '"EXIT STATUS"',
      'ENVIRONMENT',
      'FILES',
    ])
      expect(texts['man/agentctl.1']).toContain(`\n.SH ${title}\n`);
  });

  test('lets roff act on nothing that a description holds', () => {
    const page = manPage([HARD_COMMAND], globalOptions(), '1.2.3');
    expect(page).toContain('\n\\&.it\\(aqs "a \\eback" \\(gatick\\(ga $(touch x): \\(ti5% ...\n');
    expect(page).toContain('\n.B "agentctl stop \\(dqa b\\(dq"\n');
    expect(page).toContain('.TH AGENTCTL 1 "" "agentctl 1.2.3" "User Commands"');
  });

  test('is what mandoc takes without a warning, but that it has no date', ({ skip }) => {
    if (process.env.CI === undefined && !isInstalled('mandoc')) skip('needs mandoc');
    const { stdout, stderr } = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning', PAGE], { encoding: 'utf8' });
    const complaints = `${stdout}${stderr}`.trim().split('\n').filter(Boolean);
    expect(complaints).toEqual([expect.stringContaining('missing date')]);
  });
});

describe('completions', () => {
  test.each([
    ['bash', bash],
    ['zsh', zsh],
    ['fish', fish],
  ])('%s takes whatever a description holds for a text', (program, script) => {
    const text = script([HARD_COMMAND], globalOptions());
    // Where that shell is not installed, its words can only be looked at.
    if (!isInstalled(program)) expect(text).toContain('kill-after');
    else
      expect(spawnSync('sh', ['-c', 'cat | "$0" -n', program], { input: text, encoding: 'utf8' })).toMatchObject({
        status: 0,
        stderr: '',
      });
  });
});
