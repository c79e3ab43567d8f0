// The mutation check: takes each safeguard out of a copy of this checkout, one at a time, and runs the test that must then
// fail. `npm run test:mutations [-- NAME…]`; exit code 1 where a safeguard can go and nobody notices.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MUTATIONS } from './mutations.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COPIED = [
  'bin',
  'bench',
  'docs',
  'schemas',
  'src',
  'test',
  'package.json',
  'build.mjs',
  'README.md',
  'CHANGELOG.md',
];
const CONFIGS = ['tsconfig.json', 'tsconfig.build.json', 'vitest.config.ts', 'vitest.faults.config.ts'];

const wanted = process.argv.slice(2);
const copy = mkdtempSync(join(tmpdir(), 'agentctl-mutations-'));
let unnoticed = 0;
try {
  for (const entry of [...COPIED, ...CONFIGS]) cpSync(join(ROOT, entry), join(copy, entry), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  for (const mutation of MUTATIONS) {
    if (wanted.length > 0 && !wanted.includes(mutation.name)) continue;
    const { ok, words } = check(mutation);
    if (!ok) unnoticed += 1;
    console.log(`${ok ? 'noticed  ' : 'UNNOTICED'} ${mutation.name}: ${words}`);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
process.exitCode = unnoticed === 0 ? 0 : 1;

/** Whether the named test fails once the safeguard is out; it passes before, or its failure would say nothing. */
function check({ file, from, to, test, title }) {
  const path = join(copy, file);
  const whole = readFileSync(path, 'utf8');
  if (whole.split(from).length !== 2) return { ok: false, words: `${file} does not hold this once: ${from}` };
  const before = run(test, title);
  if (before.passed.length === 0 || before.failed.length > 0)
    return { ok: false, words: `without the mutation ${test} "${title}" does not pass` };
  writeFileSync(
    path,
    whole.replace(from, () => to),
  );
  try {
    const { failed } = run(test, title);
    return {
      ok: failed.length > 0,
      words: failed.length > 0 ? `${test} "${failed[0]}" fails` : `${test} "${title}" passes`,
    };
  } finally {
    writeFileSync(path, whole);
  }
}

function run(test, title) {
  const report = join(copy, 'report.json');
  rmSync(report, { force: true });
  spawnSync('npm', ['run', '--silent', 'build'], { cwd: copy, stdio: 'ignore' });
  const config = test.startsWith('test/faults/') ? 'vitest.faults.config.ts' : 'vitest.config.ts';
  const args = ['run', '--config', config, '--reporter=json', `--outputFile=${report}`, test, '-t', title];
  spawnSync(join(copy, 'node_modules/.bin/vitest'), args, { cwd: copy, stdio: 'ignore' });
  const tests = JSON.parse(readFileSync(report, 'utf8')).testResults.flatMap(
    ({ assertionResults }) => assertionResults,
  );
  const named = (status) => tests.filter((one) => one.status === status).map(({ fullName }) => fullName);
  return { passed: named('passed'), failed: named('failed') };
}
