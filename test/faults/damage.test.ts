// Scenario 7, the reading side: every record damaged in every way. Nobody crashes, nothing becomes a success, nobody else is
// hidden or told of otherwise.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AgentctlError } from '../../src/errors.ts';
import { describe } from '../../src/lifecycle/describe.ts';
import { inspect } from '../../src/lifecycle/inspect.ts';
import { list } from '../../src/lifecycle/list.ts';
import { logs } from '../../src/lifecycle/logs.ts';
import { managerStatus } from '../../src/lifecycle/manager-status.ts';
import { observeAll } from '../../src/lifecycle/observe.ts';
import { stats } from '../../src/lifecycle/stats.ts';
import { sweep } from '../../src/lifecycle/sweep.ts';
import { wait } from '../../src/lifecycle/wait.ts';
import type { Agent } from '../../src/store/generated/types.ts';
import * as validators from '../../src/store/generated/validators.js';
import { readText } from '../../src/store/read-text.ts';
import { misfits } from '../e2e/schemas.ts';
import { copyOfAgents } from '../fixtures/copy-of-agents.ts';
import { damage, standIns, whileDamaged } from '../fixtures/damages.ts';
import { Workbench } from '../fixtures/workbench.ts';

/** A case costs some milliseconds. */
const CASES = process.env.AGENTCTL_FULL ? 5000 : 120;

const closers: (() => Promise<void>)[] = [];
let bench: Workbench;
/** A copy of the state directory: what is damaged there harms no real agent, and its pids are those of real ones. */
let copy: { path: string; reason: string };
/** What is told of each agent as long as nothing is damaged. */
let untouched: Map<string, string>;

beforeAll(async () => {
  bench = new Workbench((close) => closers.push(close));
  copy = await copyOfAgents(bench, (close) => closers.push(close));
  untouched = told(seen());
});

afterAll(async () => {
  for (const close of closers) await close();
});

/** What `ps` shows, but for what was left running: that would be a look at all of /proc for each case. */
function seen(): Agent[] {
  return observeAll(copy.path).map((agent) => describe(agent));
}

/** By name, without what a moment changes. */
function told(agents: Agent[]): Map<string, string> {
  return new Map(
    agents.map((agent) => [
      agent.name,
      JSON.stringify({ ...agent, evidence: { ...agent.evidence, heartbeat: '' } }, null, 1),
    ]),
  );
}

/** What else reads, as the commands do: it costs calls of tmux, and looks at all of /proc. */
async function readEverything(damaged: string): Promise<void> {
  JSON.stringify([list(copy, { all: true }), stats(copy), await managerStatus(copy), await inspect(copy, damaged)]);
  for await (const { agent, decision } of sweep(copy, { dryRun: true })) JSON.stringify([agent, decision]);
  for await (const ended of wait(copy, [{ name: damaged }], { timeoutMs: 0 })) JSON.stringify(ended);
}

/** Whoever refuses, does so in a sentence of its own. */
async function readLog(damaged: string): Promise<void> {
  try {
    for await (const block of logs(copy, { name: damaged }, { sinceMs: 1000, tail: 5 })) expect(block).toBeDefined();
  } catch (error) {
    if (!(error instanceof AgentctlError)) throw error;
  }
}

/** What must hold whatever was damaged. No `expect` of its own for each: they would take most of the time. */
function judge(agents: Agent[], damaged: string, what: string): void {
  const now = told(agents);
  for (const [name, before] of untouched)
    if (name !== damaged && now.get(name) !== before)
      expect(now.get(name), `${name}, after ${damaged}'s ${what}`).toBe(before);
  if (damaged === 'nobody') return;
  const itself = agents.find(({ name }) => name === damaged);
  if (itself === undefined) throw new Error(`${damaged} is not listed, after ${what}`);
  const wrong = misfits('agent', JSON.parse(JSON.stringify(itself)));
  if (wrong.length > 0) throw new Error(`${damaged}, after ${what}: ${wrong}`);
  const isTrue = damaged === 'live' ? itself.phase !== 'ended' : itself.result !== 'succeeded';
  if (!isTrue) throw new Error(`${damaged} is ${itself.phase} (${itself.result}: ${itself.reason}), after ${what}`);
}

/** Not a damage that anybody could see: the record is one of this run, and says how it ended. */
function isSentinel(path: string, name: string): boolean {
  try {
    const record: unknown = JSON.parse(readText(path));
    return validators.exit(record) && (name === 'live' || record.code === 0);
  } catch {
    return false;
  }
}

const AGENTS_FILES = [
  'exit.json',
  'exit.tmp',
  'started.json',
  'spec.json',
  'limits',
  'orders.json',
  'verdict.json',
  'activity.json',
  'heartbeat',
  'wrapper.pid',
  'times',
  'output.log',
  'output.times',
  'launch.sh',
  'REPORT',
];

/** `REPORT` stands for the first file in reports/. */
function fileOf(name: string, file: string): string {
  const directory = join(copy.path, 'agents', name);
  if (file !== 'REPORT') return join(directory, file);
  const [first = '000000000000001-2.json'] = readdirSync(join(directory, 'reports'));
  return join(directory, 'reports', first);
}

test('a record of an agent, damaged at random', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('failed', 'live', 'stopped'),
      fc.constantFrom('exit.json', 'started.json', 'spec.json', ...AGENTS_FILES),
      damage,
      async (name, file, one) => {
        const path = fileOf(name, file);
        await whileDamaged(path, one, async () => {
          if (!(file.startsWith('exit') && isSentinel(path, name))) judge(seen(), name, `${file}: ${one.what}`);
        });
      },
    ),
    { numRuns: CASES, endOnFailure: true },
  );
});

test('each thing that can stand in the place of each file', async () => {
  for (const one of standIns(join(copy.path, '../specials'))) {
    for (const name of ['failed', 'live'])
      for (const file of [...AGENTS_FILES, 'reports'])
        await whileDamaged(fileOf(name, file), one, async () => judge(seen(), name, `${file}: ${one.what}`));
    for (const file of ['output.log', 'output.times'])
      await whileDamaged(fileOf('failed', file), one, () => readLog('failed'));
  }
});

test('two records that name its processes, both damaged: whoever lives is not given up', async () => {
  const nonsense = { what: 'nonsense', apply: (path: string) => writeFileSync(path, 'nonsense\n') };
  const absent = { what: 'nothing', apply: (path: string) => rmSync(path) };
  for (const started of [nonsense, absent])
    await whileDamaged(fileOf('live', 'wrapper.pid'), nonsense, () =>
      whileDamaged(fileOf('live', 'started.json'), started, async () => {
        const what = `started.json: ${started.what}, wrapper.pid: nonsense`;
        judge(seen(), 'live', what);
        for await (const agent of wait(copy, [{ name: 'live' }], { timeoutMs: 0 }))
          throw new Error(`${what}: ${agent}`);
      }),
    );
});

test('a boot that only one of two records names gives nobody up', async () => {
  const flipped = {
    what: 'another boot',
    apply: (path: string) =>
      writeFileSync(
        path,
        readText(path).replace(/("bootId":")(.)/, (_, key, sign) => `${key}${sign === '0' ? '1' : '0'}`),
      ),
  };
  for (const file of ['spec.json', 'started.json'])
    await whileDamaged(fileOf('live', file), flipped, async () => {
      judge(seen(), 'live', `${file}: ${flipped.what}`);
      expect(seen().find(({ name }) => name === 'live')).toMatchObject({
        phase: 'unknown',
        reason: 'started.json is damaged: it tells of another boot than spec.json',
      });
    });
});

test('times of files that no date can hold hide nobody', async () => {
  for (const seconds of [1e14, -1e14, 1e17, 253_402_300_800, -62_167_219_201])
    for (const file of ['output.log', 'heartbeat', 'exit.tmp']) {
      const touch = { what: `touched at ${seconds}`, apply: (path: string) => utimesSync(path, seconds, seconds) };
      await whileDamaged(fileOf('live', file), touch, async () => {
        judge(seen(), 'live', `${file}: ${touch.what}`);
        if (seconds === 1e14 && file === 'output.log') await readEverything('live');
      });
    }
});

const COMMON_FILES = ['manager.json', 'manager.log', 'events.ndjson', 'bell', 'manager.lock'];

test('the files that are everybody’s', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...COMMON_FILES), damage, async (file, one) => {
      await whileDamaged(join(copy.path, file), one, async () => judge(seen(), 'nobody', `${file}: ${one.what}`));
    }),
    { numRuns: CASES / 10, endOnFailure: true },
  );
});

const COMMANDS = [
  ['ps', '-a', '--json'],
  ['ps', '-a'],
  ['status', 'failed'],
  ['inspect', 'failed'],
  ['wait', '--timeout', '0', 'failed'],
  ['logs', 'failed'],
  ['screen', 'failed'],
  ['sweep', '--dry-run', '--explain'],
  ['stats', '--json'],
  ['doctor', '--json'],
  ['manager', 'status', '--json'],
  ['agents'],
];

test('every command that reads, with every file damaged at once', async () => {
  const all = standIns(mkdtempSync(join(copy.path, '../specials/again-')));
  const damages = all.filter(({ what }) => what !== 'nothing' && what !== 'an empty file');
  const paths = [
    ...AGENTS_FILES.map((file) => fileOf('failed', file)),
    ...COMMON_FILES.map((file) => join(copy.path, file)),
  ];
  for (const [at, path] of paths.entries()) damages[at % damages.length]?.apply(path);
  const config = join(bench.dir, 'config', 'agentctl', 'config.json');
  mkdirSync(join(bench.dir, 'config', 'agentctl'), { recursive: true });
  writeFileSync(config, '{"profiles": {');
  const env = { XDG_CONFIG_HOME: join(bench.dir, 'config') };
  const ran = await Promise.all(
    COMMANDS.map(async (args) => ({ args, ...(await bench.runWith({ env }, '--state-dir', copy.path, ...args)) })),
  );
  for (const { args, code, stdout, stderr } of ran) {
    const words = `${args.join(' ')} (${code}): ${stderr}`;
    expect(code, words).not.toBe(null);
    expect(stderr, words).not.toMatch(/\n\s+at |(Type|Range|Syntax)Error|node:internal/);
    const [command = ''] = args;
    if (command === 'ps') for (const name of untouched.keys()) expect(stdout, words).toContain(name);
    if (args.join() === 'ps,-a,--json')
      judge((JSON.parse(stdout) as { agents: Agent[] }).agents.map(asSeen), 'failed', 'all');
    if (['ps', 'stats'].includes(command)) expect(code, words).toBe(0);
    if (['status', 'wait', 'logs', 'agents'].includes(command)) expect(code, words).not.toBe(0);
  }
});

/** `ps` also tells what was left running. */
function asSeen({ leftRunning: _left, ...agent }: Agent): Agent {
  return agent;
}
