import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';

export interface Figure {
  what: string;
  /** What it must be; undefined where it is only to be known. */
  goal?: string;
  measured: string;
}

export interface Results {
  title: string;
  /** How it was done and how to do it again. */
  method: string;
  figures: readonly Figure[];
  /** What was wrong, one sentence each. */
  problems: readonly string[];
}

const FILE = 'bench/RESULTS.md';
const busyAtFirst = loadavg();
/** An agent is twenty files, and what one costs is anything from 0.02 to 0.9 ms, on the same disk. */
const fileMs = costOfAFile();

/**
 * Prints a table in Markdown, and each thing that was wrong in a line of its own; any of these makes the exit code 1.
 *
 * @param record - the name of the section in bench/RESULTS.md that the table is put into.
 */
export function tell(results: Results, record: string | undefined): void {
  const text = markdown(results);
  process.stdout.write(`${text}\n`);
  for (const problem of results.problems) process.stderr.write(`WRONG: ${problem}\n`);
  if (results.problems.length > 0) process.exitCode = 1;
  if (record !== undefined) put(record, text);
}

function markdown({ title, method, figures, problems }: Results): string {
  const rows = figures.map(({ what, goal, measured }) => `| ${what} | ${goal ?? ''} | ${measured} |`);
  const loads = (averages: readonly number[]): string => averages.map((one) => one.toFixed(1)).join(', ');
  return [
    `## ${title}`,
    '',
    method,
    '',
    `- Machine: ${cpus().length} x ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, node ${process.version}${moreOfNode()}, ${versionOf('tmux', '-V')}`,
    `- Commit: ${commit()}, ${new Date().toISOString().slice(0, 10)}`,
    `- Load averages: ${loads(busyAtFirst)} before, ${loads(loadavg())} after; a file is made in ${fileMs.toFixed(3)} ms`,
    '',
    '| figure | goal | measured |',
    '|---|---|---|',
    ...rows,
    `| things that were wrong | 0 | ${problems.length} |`,
    '',
  ].join('\n');
}

/** `-dirty` where more than the results has changed since. */
function commit(): string {
  const changed = spawnSync('git', ['status', '--porcelain', '--', '.', `:!${FILE}`], { encoding: 'utf8' }).stdout;
  return `${versionOf('git', 'describe', '--always')}${changed === '' ? '' : '-dirty'}`;
}

/** With these certificates every start of node, `node -e 0` too, takes about twice as long. */
function moreOfNode(): string {
  return process.env.NODE_EXTRA_CA_CERTS ? ' with NODE_EXTRA_CA_CERTS' : '';
}

function versionOf(program: string, ...args: string[]): string {
  return spawnSync(program, args, { encoding: 'utf8' }).stdout?.trim() || `no ${program}`;
}

/** In milliseconds, where the agents of a measurement live. */
function costOfAFile(): number {
  const count = 200;
  const dir = mkdtempSync(join(tmpdir(), 'agentctl-bench-'));
  const begun = performance.now();
  for (let at = 0; at < count; at++) writeFileSync(join(dir, String(at)), 'x');
  const passed = performance.now() - begun;
  rmSync(dir, { recursive: true });
  return passed / count;
}

/** Between the two comments that name the section. */
function put(section: string, text: string): void {
  const before = readFileSync(FILE, 'utf8');
  const between = new RegExp(`(<!-- ${section} -->\\n)[^]*?(<!-- /${section} -->)`);
  if (!between.test(before)) throw new Error(`${FILE} has no section ${section}`);
  writeFileSync(
    FILE,
    before.replace(between, (_all, open: string, close: string) => `${open}\n${text}\n${close}`),
  );
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

export function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5);
}

export function quantile(numbers: readonly number[], part: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN;
}
