import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { Workbench } from '../fixtures/workbench.ts';
import { misfits } from './schemas.ts';

const TREE = fileURLToPath(new URL('../fixtures/audit', import.meta.url));

interface Audit {
  files: number;
  findings: { file: string; line: number; hazard: string; text: string; instead: string }[];
  skipped: { file: string; reason: string }[];
}

function parsed(stdout: string): Audit {
  const report = JSON.parse(stdout) as Audit;
  expect(misfits('audit', report)).toEqual([]);
  return report;
}

/** A tree of files in a directory of the test's own. */
function tree(bench: Workbench, files: Record<string, string>, name = 'tree'): string {
  const root = join(bench.dir, name);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return root;
}

const KILL = 'tmux kill-session -t fix\n';

describe.concurrent('audit', () => {
  test('finds every hazard of a made tree in each language, and none of as many look-alikes', async ({
    onTestFinished,
  }) => {
    const bench = new Workbench(onTestFinished);
    const root = join(bench.dir, 'made');
    cpSync(TREE, root, { recursive: true });
    const [found, none, text] = await bench.many([
      ['audit', root, '--json'],
      ['audit', join(root, 'lookalikes')],
      ['audit', join(root, 'hazards', 'fleet.ts')],
    ]);
    const { findings, files, skipped } = parsed(found?.stdout ?? '');
    const lines = findings.map(({ file, line, hazard }) => `${file.slice(root.length + 1)}:${line} ${hazard}`);
    expect(lines).toEqual(readFileSync(join(TREE, 'expected.txt'), 'utf8').trim().split('\n'));
    expect(found?.code).toBe(1);
    expect({ files, skipped }).toEqual({ files: 13, skipped: [] });
    expect(new Set(findings.map(({ hazard }) => hazard)).size).toBe(7);
    expect(findings.find(({ text }) => text.includes('-s fix "claude -p x"'))?.instead).toBe(
      "agentctl spawn -n fix -- sh -c 'claude -p x'",
    );
    expect(none).toMatchObject({ code: 0, stdout: 'nothing found: looked at 6 files\n', stderr: '' });
    expect(text?.code).toBe(1);
    expect(text?.stdout).toMatch(
      /fleet\.ts:39: tmux-kill: .+\.\n {4}exec\('tmux kill-session.+\n -> agentctl stop \$\{name\}\n/,
    );
    expect(text?.stdout).toMatch(/\n\d+ findings in 1 of 1 file\n$/);
  });

  test('leaves out what git ignores, in each folder and without a repository, and never follows a link', async ({
    onTestFinished,
  }) => {
    const bench = new Workbench(onTestFinished);
    const root = tree(bench, {
      '.gitignore': 'ignored/\n*.tmp.sh\n/top.sh\n',
      'seen.sh': KILL,
      'top.sh': KILL,
      'a.tmp.sh': KILL,
      'ignored/a.sh': KILL,
      'node_modules/a/a.sh': KILL,
      '.git/hooks/a.sh': KILL,
      'sub/.gitignore': '*.sh\n!kept.sh\n!b.tmp.sh\n',
      'sub/kept.sh': KILL,
      'sub/lost.sh': KILL,
      'sub/b.tmp.sh': KILL,
      'sub/top.py': 'import os\n',
      'binary.sh': `${KILL}\0`,
      'huge.sh': `${KILL}${'#'.repeat(1024 * 1024)}`,
      'notes.txt': KILL,
      script: `#!/bin/sh\n${KILL}`,
      words: KILL,
      program: `\x7fELF${' '.repeat(1024 * 1024)}`,
      'sub/bom': `\ufeff#!/bin/sh\n${KILL}`,
      'pipe/a.sh': KILL,
    });
    execFileSync('mkfifo', [join(root, 'pipe', '.gitignore'), join(root, 'pipe', 'b.sh')]);
    symlinkSync(bench.dir, join(root, 'link'));
    symlinkSync(join(root, 'ignored', 'a.sh'), join(root, 'link.sh'));
    const plain = tree(bench, { '.gitignore': 'a.sh\n', 'a.sh': KILL, 'b.sh': KILL }, 'plain');
    const [all, sub, named, outside, ignored] = await bench.many([
      ['audit', root, root, '--json'],
      ['audit', join(root, 'sub'), '--json'],
      ['audit', join(root, 'ignored', 'a.sh'), '--json'],
      ['audit', plain, '--json'],
      ['audit', join(root, 'ignored'), join(root, 'pipe', 'b.sh'), '--json'],
    ]);
    const files = (ran: { stdout: string } | undefined) =>
      parsed(ran?.stdout ?? '').findings.map(({ file }) => file.slice(root.length + 1));
    expect(files(all)).toEqual(['script', 'seen.sh', 'pipe/a.sh', 'sub/b.tmp.sh', 'sub/bom', 'sub/kept.sh']);
    expect(parsed(all?.stdout ?? '').skipped).toEqual([
      { file: join(root, 'huge.sh'), reason: 'it is longer than 1 MiB' },
    ]);
    // The rules of the repository above hold in a part of it as well.
    expect(files(sub)).toEqual(['sub/b.tmp.sh', 'sub/bom', 'sub/kept.sh']);
    // What is named is meant, and read; but not what is no file.
    expect(files(named)).toEqual(['ignored/a.sh']);
    expect(files(ignored)).toEqual(['ignored/a.sh']);
    expect(parsed(ignored?.stdout ?? '').skipped).toEqual([
      { file: join(root, 'pipe', 'b.sh'), reason: 'it is not a plain file' },
    ]);
    expect(parsed(outside?.stdout ?? '').findings.map(({ file }) => file)).toEqual([join(plain, 'b.sh')]);
  });

  test('looks at the current directory, shows what is in a line, and says what it cannot look at', async ({
    onTestFinished,
  }) => {
    const bench = new Workbench(onTestFinished);
    const root = tree(bench, { 'a.sh': 'tmux kill-session -t fix # \x1b[2J\n' });
    const here = await bench.runWith({ cwd: root }, 'audit');
    expect(here).toMatchObject({ code: 1, stderr: '' });
    expect(here.stdout).toContain('a.sh:1: tmux-kill: ');
    expect(here.stdout).toContain('fix # \\x1b[2J\n -> agentctl stop fix\n');
    const [missing, flag] = await bench.many([
      ['audit', join(root, 'nowhere')],
      ['audit', '--jsno'],
    ]);
    expect(missing).toMatchObject({ code: 2, stdout: '' });
    expect(missing?.stderr).toMatch(/^agentctl: audit cannot look at ".*nowhere": no such file or directory; .+\n$/);
    expect(flag).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean --json?') });
  });
});
