import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type Sources, violations } from '../fixtures/layering.ts';

const src = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'src');

const SOUND: Sources = {
  'main.ts': "import { run } from './cli.ts';\nprocess.exitCode = await run();",
  'cli.ts': "const load = () => import('./commands/ps.ts');",
  'commands/ps.ts': "import { observe } from '../lifecycle/observe.ts';\nimport { table } from '../view/table.ts';",
  'index.ts': "export { observe } from './lifecycle/observe.ts';",
  'lifecycle/observe.ts': "import '../store/records.ts';\nimport '../system/tmux.ts';\nimport '../agent/status.ts';",
  'store/records.ts': "import fs from 'node:fs';\nimport { Refused } from '../errors.ts';",
  'system/tmux.ts': "import { execa } from 'execa';\nprocess.kill(1, 0);\nDate.now();",
  'view/table.ts': "import type { Status } from '../agent/status.ts';",
  'agent/status.ts': "// Not Date.now(): the time comes in.\nimport { parse } from './duration.ts';\nnew Date(0);",
  'agent/duration.ts': 'export const parse = 1;',
  'errors.ts': "import type { Status } from './agent/status.ts';",
};

// Each row breaks one rule of design.md or style.md.
const BROKEN: [string, string, string, RegExp][] = [
  ['the store importing the lifecycle', 'store/a.ts', "import '../lifecycle/observe.ts'", /on no floor below/],
  ['the store importing system', 'store/a.ts', "import '../system/tmux.ts'", /on no floor below/],
  ['a type imported from above', 'view/a.ts', "import type { A } from '../commands/ps.ts'", /on no floor below/],
  ['a command importing main', 'commands/a.ts', "await import('../main.ts')", /on no floor below/],
  ['agent importing node', 'agent/a.ts', "import { join } from 'node:path'", /nothing outside itself/],
  ['agent importing errors', 'agent/a.ts', "export { codeOf } from '../errors.ts'", /nothing outside itself/],
  ['agent asking the time', 'agent/a.ts', 'const end = Date.now() + 1', /only src\/system asks the time/],
  ['agent asking the date', 'agent/a.ts', 'const end = new Date()', /only src\/system asks the time/],
  ['agent reading the environment', 'agent/a.ts', 'process.env.HOME', /gets what it knows as data/],
  ['async code in agent', 'agent/a.ts', 'export async function f() {}', /waits for nothing/],
  ['errors importing the store', 'errors.ts', "import './store/paths.ts'", /on no floor below/],
  ['errors importing node', 'errors.ts', "import 'node:fs'", /stand at the bottom/],
  ['execa in a command', 'commands/a.ts', "import { execa } from 'execa'", /only src\/system starts processes/],
  ['child_process in the lifecycle', 'lifecycle/a.ts', "require('child_process')", /only src\/system starts processes/],
  ['a signal from the lifecycle', 'lifecycle/a.ts', 'process.kill(pid)', /only src\/system sends signals/],
  ['a command that exits', 'commands/a.ts', 'process.exit(1)', /only src\/main.ts sets the exit code/],
  ['an exit code set in the cli', 'cli.ts', 'process.exitCode = 1', /only src\/main.ts sets the exit code/],
  ['a circle in one room', 'agent/duration.ts', "import './status.ts'", /a circle: .*agent\/status.ts/],
  ['a file called utils', 'store/utils.ts', '', /says nothing/],
  ['a file called test-helpers', 'store/test-helpers.ts', '', /says nothing/],
  ['a folder without a floor', 'services/a.ts', '', /stands on no floor/],
];

describe('layering', () => {
  test('src keeps to its floors', () => {
    expect(violations(ourSources())).toEqual([]);
  });

  test('finds nothing in a sound tree', () => {
    expect(violations(SOUND)).toEqual([]);
  });

  test.each(BROKEN)('finds %s', (_, file, code, sentence) => {
    const found = violations({ ...SOUND, [file]: code });
    expect(found).toEqual([expect.stringMatching(sentence)]);
    expect(found[0]).toContain(file);
  });
});

function ourSources(): Sources {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
    (file) => /\.[cm]?[jt]sx?$/.test(file) && !file.startsWith('store/generated/'),
  );
  expect(files.length).toBeGreaterThan(0);
  return Object.fromEntries(files.map((file) => [file, readFileSync(join(src, file), 'utf8')]));
}
