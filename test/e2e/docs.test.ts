import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { DROPPED_VARIABLES } from '../../src/lifecycle/agent-environment.ts';
import { Workbench } from '../fixtures/workbench.ts';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));
const PAGES = [
  'README.md',
  'CHANGELOG.md',
  'state/README.md',
  ...readdirSync(join(CHECKOUT, 'docs')).map((file) => join('docs', file)),
].filter((page) => page.endsWith('.md'));

/** What runs a block, by its language: the first failing line of a shell fails it. */
const RUNNERS: Record<string, readonly string[]> = {
  sh: ['sh', '-eu', 'example.sh'],
  bash: ['bash', '-eu', 'example.bash'],
  python: ['python3', 'example.python'],
  js: [process.execPath, 'example.js'],
};
/** Pictures, and what a block printed. */
const SHOWN = ['text'];

/** A fenced block of a page, with the comment on the line before it. */
interface Block {
  page: string;
  line: number;
  language: string;
  code: string;
  /** From `<!-- not run: REASON -->`. */
  notRun: string | undefined;
  /** What it is to print: the next block, where that is marked `<!-- output -->`. */
  output: string | undefined;
}

/** A newcomer's machine may lack python3, which skips its examples; the gate (CI) has it, and fails on a skip. */
const WITHOUT_PYTHON =
  process.env.CI === undefined && spawnSync('python3', ['--version']).status !== 0
    ? 'the Python examples need python3: install it (Debian: apt-get install python3) and run this again'
    : undefined;

const blocks = PAGES.flatMap(blocksOf);
const runnable = blocks.filter(({ language, notRun }) => language in RUNNERS && notRun === undefined);

describe.concurrent('every example of the documentation runs', () => {
  for (const block of runnable) {
    test(`${block.page}:${block.line}`, async ({ onTestFinished, expect, skip }) => {
      if (block.language === 'python' && WITHOUT_PYTHON) skip(WITHOUT_PYTHON);
      const bench = new Workbench(onTestFinished);
      // Who waits in line is started by a manager.
      if (block.code.includes('--max-parallel')) bench.withManager();
      const { code, stdout, stderr } = await runBlock(bench, block);
      expect(code, stderr).toBe(0);
      if (block.output !== undefined) expect(stdout.replaceAll('\r', '').trimEnd()).toBe(block.output);
    });
  }
});

describe('the documentation', () => {
  test('has examples for each language', () => {
    for (const language of Object.keys(RUNNERS))
      expect(
        runnable.map((block) => block.language),
        language,
      ).toContain(language);
  });

  test('marks what no test can run, and says why', () => {
    const unknown = blocks.filter(
      ({ language, notRun }) => !notRun && !(language in RUNNERS || SHOWN.includes(language)),
    );
    expect(unknown.map(({ page, line, language }) => `${page}:${line} ${language}`)).toEqual([]);
    for (const page of PAGES) {
      const lines = read(page).split('\n');
      for (const [at, line] of lines.entries()) {
        if (!line.startsWith('<!--')) continue;
        expect(line, `${page}:${at + 1}`).toMatch(/^<!-- (not run: \w.{9,}|output) -->$/);
        expect(lines[at + 1], `${page}:${at + 2} must begin the block that the mark is for`).toMatch(/^```\w/);
        if (line === '<!-- output -->') expect(lines[at - 1], `${page}:${at} must end what prints it`).toBe('```');
      }
    }
  });

  test('links only to what is there', () => {
    const dead = PAGES.flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, link = '']) => link)
        .filter((link) => !/^https?:/.test(link))
        .filter((link) => !isThere(page, link))
        .map((link) => `${page}: ${link}`),
    );
    expect(dead).toEqual([]);
  });

  test('names no path of the machine that it was written on', () => {
    for (const page of PAGES) expect(read(page), page).not.toMatch(/\/(work|root|tmp)\//);
  });
});

describe('README', () => {
  test('has the two commands as they are', () => {
    for (const command of [
      "sh bin/setup && bin/agentctl run --name hello -- sh -c 'echo working; sleep 2; echo done'",
      'sh bin/setup && npm test',
    ])
      expect(read('README.md').split('\n')).toContain(command);
  });

  test('lists exactly the commands of --help', async () => {
    const help = await new Workbench().ok('--help');
    const section = /^Commands:\n((?: {2}.+\n)+)/m.exec(help)?.[1] ?? '';
    const commands = [...section.matchAll(/^ {2}(\S+)/gm)].map(([, name]) => name);
    expect(commands.length).toBeGreaterThan(0);
    expect(tableIn('README.md', '## Commands')).toEqual(commands);
  });

  test('leads to every page', () => {
    for (const page of PAGES.filter((one) => one.startsWith('docs/')))
      expect(read('README.md')).toContain(`](${page})`);
  });
});

test('docs/agents.md lists exactly the variables that are dropped', () => {
  const listed = [...section('docs/agents.md', '### Dropped variables').matchAll(/^(?:`[A-Z_]+`[ \n]?)+/gm)]
    .flatMap(([line]) => [...line.matchAll(/`([A-Z_]+)`/g)])
    .map(([, name]) => name);
  expect(listed.toSorted()).toEqual([...DROPPED_VARIABLES].sort());
});

test("state/README.md and docs/state-directory.md name every file of an agent's life", async () => {
  const bench = new Workbench();
  await bench.ok('spawn', '-n', 'whole', '--stdin', '-', 'sh', '-c', 'echo hello; exec sleep 100');
  const files = new Set(readdirSync(join(bench.state, 'agents', 'whole')));
  await bench.ok('stop', 'whole');
  for (const file of readdirSync(join(bench.state, 'agents', 'whole'))) files.add(file);
  await bench.ok('spawn', '-n', 'whole', 'true');
  const [archived = ''] = readdirSync(join(bench.state, 'archive'));
  for (const file of readdirSync(join(bench.state, 'archive', archived))) files.add(file);
  files.delete('started.tmp');
  for (const page of ['state/README.md', 'docs/state-directory.md'])
    for (const file of files)
      expect(read(page), `${page}: ${file}`).toMatch(new RegExp(`\`${file.replace('.', '\\.')}/?\``));
});

/** Runs one block as its reader would: in a directory of its own, with the checkout's agentctl on PATH. */
async function runBlock(bench: Workbench, { language, code }: Block) {
  const [program = '', ...args] = RUNNERS[language] ?? [];
  bench.env.PATH = `${join(CHECKOUT, 'bin')}:${dirname(process.execPath)}:${bench.env.PATH}`;
  // Examples that call tmux themselves have a default server of their own.
  bench.env.TMUX_TMPDIR = bench.dir;
  delete bench.env.TMUX;
  const socket = join(bench.dir, `tmux-${process.getuid?.()}`, 'default');
  bench.whenEnded(() => {
    if (existsSync(socket)) spawnSync('tmux', ['-N', '-S', socket, 'kill-server'], { timeout: 5000 });
  });
  mkdirSync(join(bench.dir, 'node_modules', '@agentctl'), { recursive: true });
  symlinkSync(CHECKOUT, join(bench.dir, 'node_modules', '@agentctl', 'cli'));
  writeFileSync(join(bench.dir, 'package.json'), '{"type":"module"}');
  writeFileSync(join(bench.dir, args.at(-1) ?? ''), code);
  return bench.program([program, ...args]);
}

function blocksOf(page: string): Block[] {
  const lines = read(page).split('\n');
  const found: Block[] = [];
  for (let at = 0; at < lines.length; at++) {
    const language = /^```(\S*)/.exec(lines[at] ?? '')?.[1];
    if (language === undefined) continue;
    const end = lines.indexOf('```', at + 1);
    if (end < 0) throw new Error(`${page}:${at + 1}: the block never ends`);
    const mark = lines[at - 1] ?? '';
    const code = lines.slice(at + 1, end).join('\n');
    const last = found.at(-1);
    if (mark === '<!-- output -->' && last) last.output = code;
    const notRun = /^<!-- not run: (.+) -->$/.exec(mark)?.[1];
    found.push({ page, line: at + 1, language, code: `${code}\n`, notRun, output: undefined });
    at = end;
  }
  return found;
}

/** The first cells of the table in a section, without their backticks. */
function tableIn(page: string, heading: string): string[] {
  return [...section(page, heading).matchAll(/^\| `([^`]+)` \|/gm)].map(([, cell = '']) => cell);
}

/** From a heading to the next one. */
function section(page: string, heading: string): string {
  const [, after] = read(page).split(`${heading}\n`);
  if (after === undefined) throw new Error(`${page} has no "${heading}"`);
  return after.split(/^#+ /m)[0] ?? '';
}

function isThere(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : relative(CHECKOUT, resolve(CHECKOUT, dirname(page), path));
  if (!existsSync(join(CHECKOUT, target))) return false;
  return anchor === undefined || headings(target).includes(anchor);
}

/** The anchors of a page's headings, as GitHub makes them. */
function headings(page: string): string[] {
  return [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

function read(page: string): string {
  return readFileSync(join(CHECKOUT, page), 'utf8');
}
