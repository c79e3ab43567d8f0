import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import type { Retention } from '../../src/agent/retention.ts';
import { UnknownAgentError } from '../../src/errors.ts';
import { events } from '../../src/lifecycle/events.ts';
import { inspect } from '../../src/lifecycle/inspect.ts';
import { list } from '../../src/lifecycle/list.ts';
import { logs } from '../../src/lifecycle/logs.ts';
import { postmortem } from '../../src/lifecycle/postmortem.ts';
import { type Pruned, prune } from '../../src/lifecycle/prune.ts';
import { wait } from '../../src/lifecycle/wait.ts';
import { appendEvent, eventPieces } from '../../src/store/events-file.ts';
import type { StateDir } from '../../src/store/state-dir.ts';
import { now } from '../../src/system/clock.ts';
import { archivedAgent } from '../fixtures/archive.ts';
import { Workbench } from '../fixtures/workbench.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const PASS_HOURS = 12;

/** In memory where that can be had: to make and remove thousands of directories takes a disk minutes. */
function quickStateDir(): StateDir {
  const path = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'agentctl-test-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  for (const folder of ['agents', 'archive']) mkdirSync(join(path, folder));
  return { path, reason: 'of a test' };
}

async function all(lines: AsyncGenerator<Pruned>): Promise<Pruned[]> {
  const found: Pruned[] = [];
  for await (const line of lines) found.push(line);
  return found;
}

const LIFE = ['spawned', 'started', 'ended', 'torn-down'] as const;
/** As events.ndjson is bounded, but for the size: 64 KiB in place of 8 MiB. */
const EVENTS = { pieceBytes: 64 * 1024, pieces: 4 };

function eventBytes({ path }: StateDir): number {
  return eventPieces(path).reduce((sum, piece) => sum + (statSync(piece, { throwIfNoEntry: false })?.size ?? 0), 0);
}

/** Agents come and go for 30 days, a pass twice a day; returns how full the archive was after each, and who went. */
async function month(stateDir: StateDir, retention: Retention, perDay: number) {
  const begun = now();
  const after: number[] = [];
  const gone: string[] = [];
  let made = 0;
  let most = 0;
  for (let hours = PASS_HOURS; hours <= 30 * 24; hours += PASS_HOURS) {
    const at = { wallMs: begun.wallMs + hours * HOUR, uptimeMs: begun.uptimeMs + hours * HOUR };
    for (; made < Math.round((perDay * hours) / 24); made++) {
      const endedAtMs = at.wallMs - (made % 60) * 60_000;
      archivedAgent(stateDir.path, { name: `a${made}`, endedAtMs });
      for (const event of LIFE)
        appendEvent(
          stateDir.path,
          {
            at: new Date(endedAtMs).toISOString(),
            event,
            name: `a${made}`,
            runId: 'run00001',
            cause: null,
            reason: 'r',
          },
          EVENTS,
        );
    }
    most = Math.max(most, eventBytes(stateDir));
    for (const { name, problem } of await all(prune(stateDir, retention, { at }))) {
      expect(problem).toBe(undefined);
      gone.push(name);
    }
    after.push(readdirSync(join(stateDir.path, 'archive')).length);
  }
  return { made, after, gone, mostEventBytes: most };
}

test('a month in which 3,000 agents come and go keeps a week of them, and bounded events', async () => {
  const bench = new Workbench();
  await bench.run('run', '-n', 'real', 'false');
  const { directory } = await bench.agent('real');
  const stateDir = quickStateDir();
  cpSync(directory, join(stateDir.path, 'archive', basename(directory)), { recursive: true });
  const { made, after, gone, mostEventBytes } = await month(stateDir, { olderThanMs: 7 * DAY, keep: null }, 100);
  expect(made).toBe(3000);
  // A week's, and those of the hours between two passes.
  expect(Math.max(...after)).toBeLessThanOrEqual(700 + 50);
  expect(after.at(-1)).toBeGreaterThanOrEqual(700);
  // Each once, the oldest first, the real one before all others.
  expect(gone[0]).toBe('real');
  expect(new Set(gone).size).toBe(gone.length);
  expect(gone.length).toBe(made + 1 - (after.at(-1) ?? 0));

  // Of what happened the newest is kept, whole and in order, in so many bytes and never more but for a line.
  expect(mostEventBytes).toBeLessThan((EVENTS.pieces + 1) * EVENTS.pieceBytes + 1000);
  const told: string[] = [];
  for await (const { name, event } of events(stateDir)) told.push(`${name} ${event}`);
  const all = Array.from({ length: made }, (_, at) => LIFE.map((event) => `a${at} ${event}`)).flat();
  expect(told).toEqual(all.slice(-told.length));
  expect(told.length).toBeGreaterThan(1000);
  expect(told.length).toBeLessThan(all.length);
});

test('a month of a retention by number keeps that many, the newest', async () => {
  const stateDir = quickStateDir();
  const { made, after } = await month(stateDir, { olderThanMs: null, keep: 20 }, 10);
  expect(Math.max(...after)).toBe(20);
  const left = list(stateDir, { all: true }).map(({ name }) => Number(name.slice(1)));
  expect(left.length).toBe(20);
  expect(Math.min(...left)).toBeGreaterThanOrEqual(made - 30);
});

const INDEX = new URL('../../dist/index.js', import.meta.url);
/** Prunes all that is there as soon as it is told to, after a pause of its own each time. */
const PRUNES = `
  const { workerData: { index, stateDir, turn } } = require('node:worker_threads');
  import(index).then(async ({ prune }) => {
    const state = new Int32Array(turn);
    for (let round = 1; ; round++) {
      Atomics.wait(state, 0, round - 1);
      for (let spin = 0; spin < (round * 7919) % 60000; spin++);
      for await (const { problem } of prune(stateDir, { olderThanMs: 0, keep: null })) if (problem) throw new Error(problem);
      Atomics.store(state, 1, round);
    }
  });`;
const ROUNDS = 60;

test('who reads an agent that is pruned meanwhile reads all of it, or that it is gone', async () => {
  const bench = new Workbench();
  await bench.run('run', '-n', 'model', '--', 'sh', '-c', 'echo whole; exit 3');
  const { directory } = await bench.agent('model');
  const stateDir = quickStateDir();
  const to = join(stateDir.path, 'archive', basename(directory));
  const turn = new SharedArrayBuffer(8);
  const shared = new Int32Array(turn);
  const worker = new Worker(PRUNES, { eval: true, workerData: { index: INDEX.href, stateDir, turn } });
  const readers: Record<string, () => unknown> = {
    inspect: async () => {
      const { result, verdict, lastOutputAt, command } = await inspect(stateDir, 'model');
      return [result, verdict?.cause, lastOutputAt !== null, command.length];
    },
    postmortem: async () => {
      const { postmortem: made } = await postmortem(stateDir, 'model');
      return [made.result, made.log?.text, made.screen];
    },
    ps: () => list(stateDir, { all: true }).map(({ result, lastOutputAt }) => [result, lastOutputAt !== null]),
    wait: async () => {
      for await (const one of wait(stateDir, [{ name: 'model' }])) return 'removed' in one ? 'removed' : one.exitCode;
      return 'nothing';
    },
    logs: async () => {
      const read: Buffer[] = [];
      for await (const bytes of logs(stateDir, { name: 'model' }, { sinceMs: HOUR })) read.push(bytes);
      return Buffer.concat(read).toString();
    },
  };
  const seen = new Map(Object.keys(readers).map((name) => [name, new Set<string>()]));
  for (let round = 1; round <= ROUNDS; round++) {
    cpSync(directory, to, { recursive: true });
    Atomics.store(shared, 0, round);
    Atomics.notify(shared, 0);
    while (Atomics.load(shared, 1) < round) {
      for (const [name, read] of Object.entries(readers)) {
        const said = await (async () => JSON.stringify(await read()))().catch(sentenceOf);
        seen.get(name)?.add(said);
      }
    }
    expect(readdirSync(join(stateDir.path, 'archive'))).toEqual([]);
  }
  await worker.terminate();
  const gone = ['there is no agent', 'was removed'];
  expect([...(seen.get('inspect') ?? [])].toSorted()).toEqual(expect.arrayContaining(['["failed","natural",true,3]']));
  const whole: Record<string, string[]> = {
    inspect: ['["failed","natural",true,3]'],
    postmortem: ['["failed","whole","whole"]'],
    ps: ['[]', '[["failed",true]]'],
    wait: ['3', '"removed"'],
    logs: ['"whole\\r\\n"'],
  };
  for (const [name, said] of seen)
    expect([...(whole[name] ?? []), ...gone], name).toEqual(expect.arrayContaining([...said]));
});

/** Which of the two sentences it is; any other error as it is. */
function sentenceOf(error: unknown): string {
  const words = error instanceof UnknownAgentError ? error.message : String(error);
  return /there is no agent|was removed/.exec(words)?.[0] ?? words;
}

test('of two who prune at the same time each agent is removed by one', async () => {
  const stateDir = quickStateDir();
  for (let number = 0; number < 50; number++)
    archivedAgent(stateDir.path, { name: `a${number}`, endedAtMs: now().wallMs - (number + 1) * HOUR });
  const limits = { olderThanMs: HOUR, keep: null };
  const both = await Promise.all([all(prune(stateDir, limits)), all(prune(stateDir, limits))]);
  const names = both.flat().map(({ name, problem }) => `${name} ${problem}`);
  expect(names.length).toBe(50);
  expect(new Set(names).size).toBe(50);
  expect(both.flat().every(({ problem }) => problem === undefined)).toBe(true);
  expect(readdirSync(join(stateDir.path, 'archive'))).toEqual([]);
});

const DIES = fileURLToPath(new URL('../fixtures/dies-at-step.mjs', import.meta.url));

test('a prune that is killed leaves each agent whole or out of sight, and the next finishes', async () => {
  const bench = new Workbench();
  // Steps of the first agent: its rename, three files, its directory; then the second's.
  for (const at of ['0', '1', '3', '5', '6']) {
    rmSync(bench.state, { recursive: true, force: true });
    for (const folder of ['agents', 'archive']) mkdirSync(join(bench.state, folder), { recursive: true, mode: 0o700 });
    for (const name of ['one', 'two', 'three'])
      archivedAgent(bench.state, { name, endedAtMs: now().wallMs - DAY + ['one', 'two', 'three'].indexOf(name) });
    const env = { NODE_OPTIONS: `--import=${DIES}`, DIES_AT: at, COUNTED_FROM: 'renameSync' };
    expect((await bench.runWith({ env }, 'prune', '--older-than', '1h')).code, at).toBe(null);
    const stateDir = { path: bench.state, reason: 'of a test' };
    const left = list(stateDir, { all: true });
    expect(left.map(({ result, lastOutputAt }) => [result, lastOutputAt !== null])).toEqual(
      left.map(() => ['succeeded', true]),
    );
    const rest = await all(prune(stateDir, { olderThanMs: HOUR, keep: null }));
    expect(rest.map(({ name, problem }) => [name, problem])).toEqual(
      ['one', 'two', 'three'].slice(3 - left.length).map((name) => [name, undefined]),
    );
    expect(readdirSync(join(bench.state, 'archive')), at).toEqual([]);
  }
});
