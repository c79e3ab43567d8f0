// npm run bench:manager [AGENTS [SECONDS]]: what a manager costs that looks after agents which need nothing, by default 500
// of them for 240 s. Prints the figures; exit code 1 where it used 1 % of a core or 120 MB.
import { spawn as startProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Library } from './masses.ts';

const [agents = 500, seconds = 240] = process.argv.slice(2).map(Number);
const MOST_CPU = 0.01;
const MOST_BYTES = 120_000_000;
const PARALLEL = 8;
/** The manager has looked at all of them, has measured them once, and has slept. */
const SETTLE_MS = 75_000;

const library = (await import(pathToFileURL(resolve('dist/index.js')).href)) as Library;
const dir = mkdtempSync(join(tmpdir(), 'agentctl-bench-'));
const state = { path: join(dir, 'state'), reason: 'of this measurement' };
try {
  const left = Array.from({ length: agents }, (_, index) => `a${index}`).values();
  const command = ['sh', '-c', 'while :; do sleep 100000; done'];
  const worker = async (): Promise<void> => {
    for (const name of left) await library.spawn(state, { name, command, limits: { maxRuntimeMs: null } });
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  const { pid } = JSON.parse(readFileSync(join(state.path, 'manager.json'), 'utf8')) as { pid: number };
  await pause(SETTLE_MS);

  const before = usageOf(pid);
  let mostBytes = before.bytes;
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    await pause(1000);
    mostBytes = Math.max(mostBytes, usageOf(pid).bytes);
  }
  const after = usageOf(pid);
  const cpu = (after.cpuSeconds - before.cpuSeconds) / (after.atSeconds - before.atSeconds);
  const figures = {
    agents,
    stillRunning: library.list(state, { filter: ['phase=running'] }).length,
    seconds: after.atSeconds - before.atSeconds,
    cpuPercentOfACore: Math.round(cpu * 100_000) / 1000,
    mostMemoryMB: Math.round(mostBytes / 1e5) / 10,
    method: `utime + stime and rss of /proc/${pid}/stat, ${SETTLE_MS / 1000} s after the last agent had started`,
    machine: `${cpus().length} x ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, node ${process.version}`,
    loadAverages: loadavg().map((load) => Math.round(load * 10) / 10),
  };
  process.stdout.write(`${JSON.stringify(figures, null, 1)}\n`);
  const kept = figures.stillRunning === agents;
  process.exitCode = kept && cpu < MOST_CPU && mostBytes < MOST_BYTES ? 0 : 1;
} finally {
  for (const args of [
    ['manager', 'stop'],
    ['kill', '--all'],
    ['tmux', 'kill-server'],
  ])
    await agentctl(args);
  rmSync(dir, { recursive: true, force: true });
}

/** What a process has used up, and when that was read. */
function usageOf(pid: number): { cpuSeconds: number; bytes: number; atSeconds: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // In clock ticks, of which Linux shows 100 a second, and pages of 4 KiB.
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100,
    bytes: Number(fields[21]) * 4096,
    atSeconds: performance.now() / 1000,
  };
}

function agentctl(args: readonly string[]): Promise<number | null> {
  return new Promise((done) => {
    startProcess(process.execPath, [resolve('bin/agentctl'), '--state-dir', state.path, ...args], {
      stdio: 'ignore',
    }).on('exit', done);
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
