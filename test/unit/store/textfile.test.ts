import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ownerOfTextfile, writeTextfile } from '../../../src/store/textfile.ts';
import { asNobody, folder } from './state.ts';

describe('the textfile', () => {
  test('is replaced whole, and can be read by everyone, whatever the umask', () => {
    const path = join(folder(), 'agentctl.prom');
    const before = process.umask(0o077);
    for (const text of ['one\n', 'two\n']) writeTextfile(path, text);
    process.umask(before);
    expect(readFileSync(path, 'utf8')).toBe('two\n');
    expect(statSync(path).mode & 0o777).toBe(0o644);
    expect(readdirSync(join(path, '..'))).toEqual(['agentctl.prom']);
  });

  test('takes the place of a link, and does not follow it, nor one where its draft is made', () => {
    const dir = folder();
    writeFileSync(join(dir, 'target'), 'mine');
    for (const name of ['agentctl.prom', `agentctl.prom.${process.pid}`])
      symlinkSync(join(dir, 'target'), join(dir, name));
    writeTextfile(join(dir, 'agentctl.prom'), 'metrics\n');
    expect(readFileSync(join(dir, 'target'), 'utf8')).toBe('mine');
    expect(readdirSync(dir).toSorted()).toEqual(['agentctl.prom', 'target']);
  });

  test.each([
    [
      'one that ends otherwise',
      'agentctl.txt',
      /agentctl.txt" does not end in .prom, and node_exporter reads nothing else/,
    ],
    [
      'a folder that is missing',
      'none/agentctl.prom',
      /none\/agentctl.prom cannot be written \(no such file or directory\)/,
    ],
    ['a file for a folder', 'file/agentctl.prom', /cannot be written \(a part of the path is not a directory\)/],
    [
      'a directory',
      'directory.prom',
      /directory.prom cannot be written \(it is a directory\): give a file in a folder/,
    ],
    ['a name that is too long', `${'a'.repeat(250)}.prom`, /cannot be written \(the path is too long\)/],
  ])('refuses %s with one sentence, and leaves nothing', (_, name, sentence) => {
    const dir = folder();
    writeFileSync(join(dir, 'file'), '');
    mkdirSync(join(dir, 'directory.prom'));
    expect(() => writeTextfile(join(dir, name), 'metrics\n')).toThrow(sentence);
    expect(readdirSync(dir).toSorted()).toEqual(['directory.prom', 'file']);
  });

  test('refuses a folder that may not be written to', () => {
    const dir = folder();
    asNobody(() =>
      expect(() => writeTextfile(join(dir, 'agentctl.prom'), 'metrics\n')).toThrow(
        /cannot be written \(permission denied\)/,
      ),
    );
  });

  test.each([
    ['# HELP agentctl_agents A.\nagentctl_agents{phase="done",state_dir="/a/b"} 0\n', '/a/b'],
    ['agentctl_manager_up{state_dir="/a \\"b\\"\\\\x0a"} 0\n', '/a "b"\\x0a'],
    ['node_boot{state_dir="/a/b"} 0\n', undefined],
    ['', undefined],
  ])('tells whose metrics it holds', (text, owner) => {
    const path = join(folder(), 'agentctl.prom');
    writeFileSync(path, text);
    expect(ownerOfTextfile(path)).toBe(owner);
    expect(ownerOfTextfile(`${path}.none`)).toBeUndefined();
  });
});
