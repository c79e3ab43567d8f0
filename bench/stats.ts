// npm run bench:stats [AGENTS [ROUNDS]]: what `agentctl stats` costs over an archive, by default of 5,000 agents and 7 times,
// beside `ps -a -q` over the same and beside a node that only reads and parses the files that stats reads. Prints the figures;
// exit code 1 where what it says is not exactly what was put there, or its fastest run took a second.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { figures, knownArchive } from '../test/fixtures/known-archive.ts';

const [agents = 5000, rounds = 7] = process.argv.slice(2).map(Number);
const MOST_SECONDS = 1;
const READ = `const fs = require('node:fs'), archive = process.argv[1];
for (const entry of fs.readdirSync(archive)) for (const file of ['spec', 'started', 'exit', 'verdict']) try {
  JSON.parse(fs.readFileSync(archive + '/' + entry + '/' + file + '.json', 'utf8'));
} catch {}`;

const dir = mkdtempSync(join(tmpdir(), 'agentctl-bench-'));
try {
  const state = join(dir, 'state');
  const meant = figures(knownArchive(state, agents));
  const agentctl = [resolve('bin/agentctl'), '--state-dir', state];
  const ways: [string, string[]][] = [
    ['stats', [...agentctl, 'stats']],
    ['psQuiet', [...agentctl, 'ps', '-a', '-q']],
    ['readOnly', ['-e', READ, join(state, 'archive')]],
    ['nothing', ['-e', '']],
  ];
  const said = spawnSync(process.execPath, [...agentctl, 'stats', '--json'], { encoding: 'utf8' });
  const { schemaVersion, since, by, groups, ...facts } = JSON.parse(said.stdout) as Record<string, unknown>;
  const exact = isDeepStrictEqual(facts, meant);
  // By turns, so that what else the machine does falls upon all of them.
  const taken = Array.from({ length: rounds }, () => ways.map(([, args]) => timed(args)));
  const cost = Object.fromEntries(
    ways.map(([name], at) => {
      const own = taken.map((round) => round[at] ?? { cpu: Number.NaN, wall: Number.NaN });
      return [
        name,
        { cpuSeconds: spread(own.map(({ cpu }) => cpu)), wallSeconds: spread(own.map(({ wall }) => wall)) },
      ];
    }),
  );
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, node ${process.version}`;
  const loadAverages = loadavg().map((load) => Math.round(load * 10) / 10);
  process.stdout.write(`${JSON.stringify({ agents, rounds, exact, cost, machine, loadAverages }, null, 1)}\n`);
  process.exitCode = exact && (cost.stats?.wallSeconds.least ?? Number.NaN) < MOST_SECONDS ? 0 : 1;
} finally {
  rmSync(dir, { recursive: true, force: true });
}

/** What a run of node costs, in seconds: CPU time by the shell's `times`, whose second line is of what it has waited for. */
function timed(args: readonly string[]): { cpu: number; wall: number } {
  const began = performance.now();
  const { stdout } = spawnSync('sh', ['-c', '"$@" >/dev/null; times', 'sh', process.execPath, ...args], {
    encoding: 'utf8',
  });
  const wall = (performance.now() - began) / 1000;
  const ofChildren = stdout.trim().split('\n')[1] ?? '';
  const cpu = [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, m, s]) => sum + Number(m) * 60 + Number(s),
    0,
  );
  return { cpu, wall };
}

function spread(values: readonly number[]): { least: number; median: number } {
  const sorted = values.toSorted((a, b) => a - b).map((value) => Math.round(value * 1000) / 1000);
  return { least: sorted[0] ?? Number.NaN, median: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN };
}
