// What reaches whoever installs us, or works on us: packages that are known to the byte, and no code of theirs at install.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const read = (path: string): string => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');
const manifest = JSON.parse(read('package.json'));
const lock = JSON.parse(read('package-lock.json'));

describe('dependencies', () => {
  test('the package has none: what it needs is bundled', () => {
    const kinds = Object.keys(manifest).filter((key) => /dependencies/i.test(key));
    expect(kinds).toEqual(['devDependencies']);
  });

  test('each that we work with is locked, by its content', () => {
    const locked = Object.entries<{ integrity?: string; resolved?: string; link?: boolean }>(lock.packages).slice(1);
    expect(locked.length).toBeGreaterThan(Object.keys(manifest.devDependencies).length);
    const loose = locked.filter(([, one]) => !/^sha512-[\w+/]{86}==$/.test(one.integrity ?? ''));
    expect(loose).toEqual([]);
    // From the registry that is set, none from a place of its own.
    const elsewhere = locked.filter(
      ([, { resolved, link }]) => link || !/^(https:\/\/registry\.npmjs\.org\/.*)?$/.test(resolved ?? ''),
    );
    expect(elsewhere).toEqual([]);
    expect(lock.packages[''].devDependencies).toEqual(manifest.devDependencies);
  });

  test('nothing is run when it is installed: neither of ours nor of others', () => {
    const atInstall = /^(pre|post)?(install|prepare|pack|publish|publishOnly|version)$|^prepublish|^dependencies$/;
    expect(Object.keys(manifest.scripts).filter((name) => atInstall.test(name))).toEqual([]);
    expect(existsSync(fileURLToPath(new URL('../../binding.gyp', import.meta.url)))).toBe(false);
    expect(read('.npmrc').split('\n')).toContain('ignore-scripts=true');
    // A variable of the caller's would outdo .npmrc.
    for (const script of ['bin/setup', '.ci/run'])
      for (const [install] of read(script).matchAll(/^[^#\n]*npm (ci|install) -.*$/gm))
        expect(install).toContain('--ignore-scripts');
  });
});
