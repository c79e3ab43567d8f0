import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';

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
    `- Machine: ${cpus().length} x ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, node ${process.version}, ${versionOf('tmux', '-V')}`,
    `- Commit: ${versionOf('git', 'describe', '--always', '--dirty')}, ${new Date().toISOString().slice(0, 10)}`,
    `- Load averages: ${loads(busyAtFirst)} before, ${loads(loadavg())} after`,
    '',
    '| figure | goal | measured |',
    '|---|---|---|',
    ...rows,
    `| things that were wrong | 0 | ${problems.length} |`,
    '',
  ].join('\n');
}

function versionOf(program: string, ...args: string[]): string {
  return spawnSync(program, args, { encoding: 'utf8' }).stdout?.trim() || `no ${program}`;
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
