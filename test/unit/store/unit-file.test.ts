import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { marked, readUnit, removeUnit, unitFolder, unitName, writeUnit } from '../../../src/store/unit-file.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'agentctl-unit-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

describe('a unit', () => {
  test('stands where the user has units', () => {
    expect(unitFolder({ HOME: '/home/me' })).toBe('/home/me/.config/systemd/user');
    expect(unitFolder({ HOME: '/home/me', XDG_CONFIG_HOME: '/cfg' })).toBe('/cfg/systemd/user');
    expect(unitFolder({ HOME: '/home/me', XDG_CONFIG_HOME: 'cfg' })).toBe('/home/me/.config/systemd/user');
  });

  test('has a name of its own for each state directory, the plain one for the default', () => {
    const env = { HOME: '/home/me' };
    expect(unitName('/home/me/.local/state/agentctl', env)).toBe('agentctl.service');
    expect(unitName('/s/agentctl', { ...env, XDG_STATE_HOME: '/s' })).toBe('agentctl.service');
    expect(unitName('/srv/one', env)).toMatch(/^agentctl-[0-9a-f]{8}\.service$/);
    expect(unitName('/srv/one', env)).not.toBe(unitName('/srv/two', env));
  });

  test('is known as it was written, as changed, as foreign, as absent', () => {
    const file = join(folder(), 'deep', 'agentctl.service');
    const text = marked('[Unit]\nDescription=one\n');
    expect(readUnit(file)).toEqual({ state: 'absent' });
    writeUnit(file, text);
    expect(readUnit(file)).toEqual({ state: 'ours', text });
    for (const changed of [
      text.replace('one', 'two'),
      `${text}\n`,
      `# mine\n${text}`,
      text.replace(/[0-9a-f]\n/, '\n'),
    ]) {
      writeFileSync(file, changed);
      expect(readUnit(file).state, changed).toBe('changed');
    }
    writeFileSync(file, '[Unit]\nDescription=one\n');
    expect(readUnit(file).state).toBe('foreign');
    rmSync(file);
    symlinkSync('/dev/null', file); // as systemctl mask does
    expect(readUnit(file)).toEqual({ state: 'foreign', text: '' });
    rmSync(file);
    mkdirSync(file);
    expect(() => readUnit(file)).toThrow(`${file} cannot be read (it is a directory): mend or remove it`);
    expect(() => writeUnit(join(file, 'x', 'y'), text)).not.toThrow();
    expect(() => writeUnit(join(file, 'x', 'y', 'z'), text)).toThrow(/cannot be written .*--print/);
  });

  test('is removed with the link that enables it, and without what else is there', () => {
    const units = folder();
    const file = join(units, 'agentctl.service');
    const wanted = join(units, 'default.target.wants');
    mkdirSync(wanted);
    writeUnit(file, marked('one'));
    symlinkSync(file, join(wanted, 'agentctl.service'));
    symlinkSync('/elsewhere', join(wanted, 'other.service'));
    removeUnit(file);
    expect(existsSync(file)).toBe(false);
    expect(() => readFileSync(join(wanted, 'agentctl.service'))).toThrow();
    removeUnit(file);
  });
});
