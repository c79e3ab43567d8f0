import { copyFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { InvalidBatch, type Spawned, spawnBatch } from '../../src/index.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { type Listed, Workbench } from '../fixtures/workbench.ts';
import { misfits } from './schemas.ts';

/** A file with a line for each; what is text stands in it as it is. */
function batchOf(bench: Workbench, lines: readonly (object | string)[]): string {
  const path = join(bench.dir, 'batch.ndjson');
  writeFileSync(path, lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));
  return path;
}

describe.concurrent('spawn --batch', () => {
  test('starts all of its lines, each by its own options, and prints their names', async ({
    onTestFinished,
    expect,
  }) => {
    const bench = new Workbench(onTestFinished);
    const script = 'echo "$WHO in $PWD"; exec sleep 1000';
    const file = batchOf(bench, [
      {
        name: 'one',
        command: ['sh', '-c', script],
        env: { WHO: "it's; one" },
        labels: { job: '7' },
        maxRuntime: '20m',
      },
      '',
      { name: 'two', command: ['sh', '-c', script], env: { WHO: 'two' }, cwd: '/', maxIdle: 'none', killAfter: 3 },
      { command: ['sleep', '1000'], size: '100x40', grace: 0 },
    ]);
    const said = await bench.ok('spawn', '--batch', file);
    const names = said.trim().split('\n').sort();
    expect(names).toEqual(['one', expect.stringMatching(/^sleep-[0-9a-z]{4,}$/), 'two']);
    const agents = await bench.ps();
    expect(agents.map(({ name, phase }) => [name, phase]).sort()).toEqual(names.map((name) => [name, 'running']));
    expect(await bench.agent('one')).toMatchObject({
      labels: { job: '7' },
      limits: { maxRuntimeSeconds: 1200 },
      cwd: bench.dir,
    });
    expect(await bench.agent('two')).toMatchObject({ cwd: '/', limits: { maxIdleSeconds: null, killAfterSeconds: 3 } });
    await waitFor('what they print', async () => (await bench.ok('logs', 'two')) !== '');
    expect(await bench.ok('logs', 'one')).toContain("it's; one in ");
    expect(await bench.ok('logs', 'two')).toContain('two in /');
  });

  test('starts the server first where none runs, and tells of each in JSON', async ({ onTestFinished, expect }) => {
    const bench = new Workbench(onTestFinished);
    const lines = Array.from({ length: 30 }, (_, at) => ({ name: `n${at}`, command: ['sh', '-c', `exit ${at}`] }));
    const ran = await bench.runWith(
      { input: lines.map((line) => JSON.stringify(line)).join('\n') },
      'spawn',
      '--batch',
      '-',
      '--json',
    );
    expect(ran.code, ran.stderr).toBe(0);
    const told = ran.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { line: number; name: string; agent: Listed; error: null });
    for (const line of told) expect(misfits('batch-result', line)).toEqual([]);
    expect(told.map(({ line }) => line).sort((a, b) => a - b)).toEqual(lines.map((_, at) => at + 1));
    for (const { line, name, agent, error } of told)
      expect({ name, own: agent.name, error }).toEqual({ name: `n${line - 1}`, own: name, error: null });
    for (const [at] of lines.entries()) expect((await bench.run('wait', `n${at}`)).code).toBe(at);
  });

  test('starts nothing where a line does not fit, and says of each why', async ({ onTestFinished, expect }) => {
    const bench = new Workbench(onTestFinished);
    const good = { name: 'good', command: ['true'] };
    const file = batchOf(bench, [
      good,
      { ...good, nmae: 'x' },
      '{',
      { command: 'true' },
      { ...good, env: { 'A=B': 'c' } },
    ]);
    expect(await bench.run('spawn', '--batch', file)).toEqual({
      code: 2,
      stdout: '',
      stderr: [
        `agentctl: ${file}:2: "nmae" is no option of an agent: did you mean name?\n`,
        `agentctl: ${file}:3: it is not JSON: write {"command": ["make", "test"]}, say\n`,
        `agentctl: ${file}:4: command must be array: see schemas/batch.schema.json\n`,
        `agentctl: ${file}:5: env must match pattern "^[^=]+$": see schemas/batch.schema.json; nothing was started\n`,
      ].join(''),
    });
    batchOf(bench, [good, good, { command: ['nowhere'] }, { ...good, name: 'b', maxRuntime: 'x' }, { command: [] }]);
    const later = await bench.run('spawn', '--batch', file);
    expect(later.stderr).toMatch(/:4: --max-runtime: "x" is not a duration.*nothing was started\n$/);
    batchOf(bench, [
      good,
      good,
      { command: ['nowhere'] },
      { command: [] },
      { agent: 'nobody' },
      { ...good, cwd: '/none' },
    ]);
    const last = await bench.run('spawn', '--batch', file);
    expect(last).toMatchObject({ code: 2, stdout: '' });
    expect(last.stderr.split('\n')).toEqual([
      expect.stringMatching(/:2: the name good is given twice: choose another$/),
      expect.stringMatching(/:3: the command "nowhere" was not found/),
      expect.stringMatching(/:4: the command is missing/),
      expect.stringMatching(/:5: .*nobody/),
      expect.stringMatching(/:6: the working directory \/none .*; nothing was started$/),
      '',
    ]);
    expect(await bench.ps()).toEqual([]);
    expect(readdirSync(bench.dir).sort()).toEqual(['batch.ndjson']);
  });

  test('refuses what is no batch, and options that belong into its lines', async ({ onTestFinished, expect }) => {
    const bench = new Workbench(onTestFinished);
    const file = batchOf(bench, ['']);
    const refused: [string[], RegExp][] = [
      [['--batch', file], /is empty: write a line/],
      [['--batch', join(bench.dir, 'none')], /cannot be read \(no such file or directory\)/],
      [['--batch', file, 'true'], /takes no command/],
      [['--batch', file, '-n', 'x'], /--name is not for --batch/],
      [['--batch', file, '--attach'], /--attach is not for --batch/],
      [['--batch'], /batch/],
    ];
    for (const [words, why] of refused) {
      const { code, stdout, stderr } = await bench.run('spawn', ...words);
      expect({ code: code === 1 || code === 2, stdout }, words.join(' ')).toEqual({ code: true, stdout: '' });
      expect(stderr).toMatch(why);
      expect(stderr).toMatch(/^agentctl: [^\n]+\n$/);
    }
  });

  test('is busy where a name is taken, unless that one is to be replaced', async ({ onTestFinished, expect }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'taken', 'sleep', '1000');
    const { runId } = await bench.agent('taken');
    const sleeper = { command: ['sleep', '1000'] };
    const file = batchOf(bench, [
      { ...sleeper, name: 'free' },
      { ...sleeper, name: 'taken' },
    ]);
    expect(await bench.run('spawn', '--batch', file)).toMatchObject({ code: 75, stdout: '' });
    expect((await bench.ps()).map(({ name }) => name)).toEqual(['taken']);
    batchOf(bench, [
      { ...sleeper, name: 'free' },
      { ...sleeper, name: 'taken', replace: true },
    ]);
    expect((await bench.ok('spawn', '--batch', file)).trim().split('\n').sort()).toEqual(['free', 'taken']);
    const now = await bench.agent('taken');
    expect([now.phase, now.runId === runId]).toEqual(['running', false]);
  });

  test('by the library: refuses what does not fit, starts the rest of a session that was in the way too', async ({
    onTestFinished,
    expect,
  }) => {
    const bench = new Workbench(onTestFinished);
    const state = { path: bench.state, reason: 'of a test' };
    const wish = { noManager: true };
    const batch = ['a', 'b', 'c'].map((name) => ({ command: ['sleep', '1000'], name }));
    await expect(spawnBatch(state, [...batch, { command: [] }], wish).next()).rejects.toThrow(InvalidBatch);
    await expect(spawnBatch(state, [...batch, { command: [] }], wish).next()).rejects.toThrow(
      /^1 of 4 agents cannot be started, so none was: number 4: the command is missing/,
    );
    expect(await spawnBatch(state, [], wish).next()).toEqual({ done: true, value: undefined });
    await bench.ok('spawn', '-n', 'first', 'sleep', '1000');
    await bench.ok('tmux', 'new-session', '-d', '-s', 'b', 'sleep', '1000');
    expect(await startedBy(spawnBatch(state, batch, wish))).toEqual({ started: ['a', 'b', 'c'], refused: [] });
    expect((await bench.ok('tmux', 'list-sessions', '-F', '#S')).trim().split('\n')).toEqual(['a', 'b', 'c', 'first']);
  });

  test('leaves nothing half made of those that cannot be started, nor of whoever hears no more', async ({
    onTestFinished,
    expect,
  }) => {
    const bench = new Workbench(onTestFinished);
    const state = { path: bench.state, reason: 'of a test' };
    const wish = { noManager: true };
    // The file of a program that runs looks as if it could be written, and cannot.
    const program = join(bench.dir, 'program');
    copyFileSync('/bin/sleep', program);
    await bench.ok('spawn', '-n', 'runs', program, '1000');
    const own = (name: string) => ({ command: ['sleep', '1000'], name });
    const bad = { ...own('bad'), stdout: program };
    expect(await startedBy(spawnBatch(state, [own('one'), bad, own('two')], wish))).toEqual({
      started: ['one', 'two'],
      refused: [expect.stringContaining('ETXTBSY')],
    });
    expect(await oneOf(spawnBatch(state, [{ ...bad, name: 'worse' }, own('never')], wish))).toMatchObject({ index: 0 });
    expect(readdirSync(join(bench.state, 'agents')).sort()).toEqual(['one', 'runs', 'two']);
    expect((await bench.ps()).map(({ name }) => name).sort()).toEqual(['one', 'runs', 'two']);
  });

  test('of two at once with the same names each starts what the other has not', async ({ onTestFinished, expect }) => {
    const bench = new Workbench(onTestFinished);
    const state = { path: bench.state, reason: 'of a test' };
    await bench.ok('spawn', '-n', 'first', 'sleep', '1000');
    const batch = ['a', 'b', 'c'].map((name) => ({ command: ['sleep', '1000'], name }));
    const own = (name: string) => ({ command: ['sleep', '1000'], name });
    const [one, other] = await Promise.all([
      startedBy(spawnBatch(state, [...batch, own('one')], { noManager: true })),
      startedBy(spawnBatch(state, [...batch, own('other')], { noManager: true })),
    ]);
    expect([...one.started, ...other.started].sort()).toEqual(['a', 'b', 'c', 'one', 'other']);
    const refused = [...one.refused, ...other.refused];
    expect(refused).toHaveLength(3);
    for (const sentence of refused) expect(sentence).toMatch(/^the name [abc] is taken by an agent that is /);
    const names = ['a', 'b', 'c', 'first', 'one', 'other'];
    expect((await bench.ps()).map(({ name, phase }) => `${name} ${phase}`).sort()).toEqual(
      names.map((name) => `${name} running`),
    );
    expect(readdirSync(join(bench.state, 'agents')).sort()).toEqual(names);
  });
});

/** As somebody who has heard enough after the first. */
async function oneOf(batch: AsyncGenerator<Spawned>): Promise<Spawned | undefined> {
  for await (const one of batch) return one;
  return undefined;
}

async function startedBy(batch: AsyncGenerator<Spawned>): Promise<{ started: string[]; refused: string[] }> {
  const started: string[] = [];
  const refused: string[] = [];
  for await (const one of batch) {
    if ('error' in one) refused.push(one.error.message);
    else started.push(one.agent.name);
  }
  return { started: started.sort(), refused };
}
