// The live view, in a real tmux pane, driven by keys and judged by its screen.
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { done } from '../../src/lifecycle/done.ts';
import { spawn } from '../../src/lifecycle/spawn.ts';
import { stop } from '../../src/lifecycle/stop.ts';
import { argumentsOf, processTable } from '../../src/system/processes.ts';
import { ReportingBench } from '../fixtures/reporting-bench.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';
import { Terminal } from './terminal.ts';

const ENV = { LANG: 'C.UTF-8', TERM: 'screen-256color' };
const SLEEPS = ['sleep', '1000'];

type Options = Omit<Parameters<typeof spawn>[1], 'cwd' | 'noManager'>;

function spawnHere(bench: Workbench, options: Options): Promise<{ runId: string | null; directory: string }> {
  return spawn(stateOf(bench), { limits: { graceMs: 600_000 }, ...options, cwd: bench.dir, noManager: true });
}

function stateOf(bench: Workbench) {
  return { path: bench.state, reason: 'of a test' };
}

/** The rows of agents on a screen. */
function rows(terminal: Terminal): string[] {
  const lines = terminal.screen().split('\n').slice(2);
  return lines.filter((line) => /^[> ] /.test(line)).map((line) => line.slice(2));
}

function names(terminal: Terminal): string[] {
  return rows(terminal).map((row) => row.split(' ')[0] ?? '');
}

function row(terminal: Terminal, name: string): string {
  return rows(terminal).find((line) => line.startsWith(`${name} `)) ?? '';
}

const CAP_SECONDS = 600;

/** By what is put down of it; its watchdog knows better. */
async function startedBefore(bench: Workbench, name: string, seconds: number): Promise<void> {
  const agent = await bench.agent(name);
  const started = bench.record(agent, 'started.json') as { startedAt: string; uptimeSeconds: number };
  const startedAt = new Date(Date.parse(started.startedAt) - seconds * 1000).toISOString();
  const text = JSON.stringify({ ...started, startedAt, uptimeSeconds: started.uptimeSeconds - seconds });
  writeFileSync(join(agent.directory, 'started.json'), `${text}\n`);
}

/** Thirty agents in every phase that lasts. */
async function fleet(bench: ReportingBench): Promise<void> {
  await bench.ok('spawn', '-n', 'asks', '--agent', 'claude', '--prompt', 'do it');
  bench.says('asks', 'UserPromptSubmit', { prompt: 'x' });
  bench.says('asks', 'PermissionRequest', { tool_name: 'Bash', tool_input: {} });
  const all: Options[] = [
    { name: 'capped', command: SLEEPS, limits: { graceMs: 600_000, maxRuntimeMs: CAP_SECONDS * 1000 } },
    { name: 'idles', command: ['sh', '-c', 'echo once; exec sleep 1000'], limits: { maxIdleMs: 8000 } },
    { name: 'finished', command: SLEEPS },
    { name: 'failed', command: ['sh', '-c', 'exit 3'] },
    { name: 'good', command: ['true'] },
    { name: 'stopped', command: SLEEPS },
    { name: 'damaged', command: SLEEPS },
  ];
  while (all.length < 29) all.push({ name: `works-${all.length}`, command: SLEEPS, labels: { job: 'many' } });
  for (const options of all) await spawnHere(bench, options);
  await startedBefore(bench, 'capped', CAP_SECONDS * 0.95);
  await done(stateOf(bench), { name: 'finished' }, { message: 'all is well', noManager: true });
  await stop(stateOf(bench), [{ name: 'stopped' }], { by: 'a test', noManager: true });
  writeFileSync(join((await bench.agent('damaged')).directory, 'exit.json'), '{"schemaVersion":1');
  await bench.inPhase('asks', 'waiting');
  await bench.inPhase('good', 'ended');
  await bench.inPhase('failed', 'ended');
}

describe.concurrent('top', () => {
  test('shows thirty agents in all phases, whoever needs a person first, and does what its keys say', async ({
    onTestFinished,
  }) => {
    const bench = new ReportingBench(onTestFinished);
    await fleet(bench);
    const terminal = new Terminal(bench, onTestFinished, ['top'], { columns: 80, rows: 40, env: ENV });
    await waitFor(
      'all of them, by what they need',
      () => names(terminal).length === 30 && names(terminal)[2] === 'idles',
    );
    expect(names(terminal).slice(0, 4)).toEqual(['asks', 'capped', 'idles', 'damaged']);
    expect(names(terminal)[26]).toBe('finished');
    expect(names(terminal).slice(27).sort()).toEqual(['failed', 'good', 'stopped']);
    expect(row(terminal, 'asks')).toMatch(/^asks +waits: permission +░+ +59m .* now: to use/);
    expect(row(terminal, 'capped')).toMatch(/^capped +running +█{4}[█-▏░] +\d+s /);
    expect(row(terminal, 'idles')).toMatch(/^idles +idle \d+s /);
    expect(row(terminal, 'damaged')).toMatch(/^damaged +unknown: /);
    expect(row(terminal, 'finished')).toMatch(/^finished +done +[▏▎▍▌░]+ +9m .* now: all is/);
    expect(row(terminal, 'failed')).toMatch(/^failed +failed \(3\) +[▏▎▍▌░]+ +9m /);
    expect(terminal.screen()).toMatch(/^no manager runs; 1 waiting, 1 near the cap, 1 idle, 1 unknown, 22 working, /);

    // The size that people have.
    terminal.resize(80, 24);
    await waitFor('what fits', () => names(terminal).length === 20);
    expect(terminal.screen().split('\n')[22]).toContain('q quit');
    terminal.press('End');
    await waitFor('the last', () => /^> (failed|good|stopped)/m.test(terminal.screen()));
    terminal.press('Home', 'o');
    await waitFor(
      'the order by name',
      () => /order: name|o name/.test(terminal.screen()) && names(terminal)[0] === 'asks',
    );
    expect(names(terminal)).toEqual(names(terminal).toSorted());
    terminal.press('/', 'WORKS-1', 'Enter');
    await waitFor('the filter', () => names(terminal).every((name) => name.startsWith('works-1')));
    terminal.press('Escape');
    await waitFor('no filter', () => names(terminal).includes('asks'));
    terminal.press('q');
    await waitFor('its end', () => terminal.screen().includes('ended with 0'));
    expect(terminal.screen().trim()).toBe('ended with 0');
  });

  test('extends, keeps, stops and attaches, and shows logs', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await spawnHere(bench, { name: 'first', command: ['sh', '-c', 'seq 100; exec sleep 1000'] });
    await spawnHere(bench, {
      name: 'second',
      command: ['sh', '-c', 'while read -r line; do echo "heard $line"; done'],
    });
    const terminal = new Terminal(bench, onTestFinished, ['top'], { columns: 80, rows: 24, env: ENV });
    const says = (words: string | RegExp) =>
      waitFor(String(words), () => terminal.screen().search(words) >= 0).catch((error: unknown) => {
        throw new Error(`${error}: ${terminal.screen()}`);
      });
    await says('> second');
    const before = await bench.agent('second');

    terminal.press('e');
    await says('extend second by: 30m_');
    terminal.press('BSpace', 'BSpace', 'BSpace', '2h', 'Enter');
    await says('second: deadline 20');
    const { deadline } = await bench.agent('second');
    expect(Date.parse(String(deadline)) - Date.parse(String(before.deadline))).toBe(7_200_000);
    terminal.press('e', 'x', 'Enter');
    await says('extend: "30mx" is no');
    expect((await bench.agent('second')).deadline).toBe(deadline);

    terminal.press('k');
    await says('second is kept');
    expect(await bench.agent('second')).toMatchObject({ kept: true });
    await says(/^> second +running, kept .* 2h5\dm /m);
    terminal.press('k');
    await says('second is kept no more');

    terminal.press('a');
    await says(/\[second\]/);
    terminal.press('hello', 'Enter');
    await says('heard hello');
    terminal.press('C-q');
    await says('> second');

    terminal.press('Down', 'l');
    await says(/^100$/m);
    expect(terminal.screen()).toMatch(/^81$/m);
    expect(terminal.screen()).not.toMatch(/^80$/m);
    terminal.press('PPage');
    await says(/^80$/m);
    terminal.press('q');
    await says('> first');

    terminal.press('s');
    await says(/stop first with everything it started\?/);
    terminal.press('n');
    await says('not stopped');
    expect(await bench.agent('first')).toMatchObject({ phase: 'running' });
    // What was pasted is no answer.
    terminal.press('sy');
    await says(/stop first with everything it started\?/);
    terminal.press('y');
    await says(/^> first +stopped/m);
    expect(await bench.agent('first')).toMatchObject({ result: 'stopped' });
    terminal.press('C-c');
    await says('ended with 0');
  });

  test.for(['SIGTERM', 'SIGHUP', 'SIGKILL'] as const)(
    'leaves the terminal as it was, also with %s',
    async (signal, { onTestFinished }) => {
      const bench = new Workbench(onTestFinished);
      const terminal = new Terminal(bench, onTestFinished, ['top'], { env: ENV });
      await waitFor('its screen', () => terminal.screen().includes('no agents here: agentctl spawn starts one'));
      expect(terminal.is('#{alternate_on} #{cursor_flag}')).toBe('1 0');
      const modes = () => execFileSync('stty', ['-a', '-F', terminal.is('#{pane_tty}')], { encoding: 'utf8' });
      expect(modes()).toContain(' -icanon ');
      const shell = Number(terminal.is('#{pane_pid}'));
      const top = processTable().find(({ pid, parentPid }) => parentPid === shell && argumentsOf(pid).includes('top'));
      process.kill(top?.pid ?? 0, signal);
      // Of one that was killed its shell may say so before the terminal is given back: then it says so on the screen that goes.
      if (signal === 'SIGKILL') await waitFor('the end', () => terminal.is('#{pane_current_command}') === 'sleep');
      else await waitFor('the end', () => /^ended with 1\d\d$/m.test(terminal.screen()));
      await waitFor('its own screen', () => terminal.is('#{alternate_on} #{cursor_flag}') === '0 1');
      await waitFor('its modes', () => /(?<!-)icanon/.test(modes()) && /(?<!-)echo\b/.test(modes()));
    },
  );

  test('is in colour where that is wanted, and says everything without', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await spawnHere(bench, { name: 'fails', command: ['sh', '-c', 'exit 7'] });
    const colourful = new Terminal(bench, onTestFinished, ['top'], { env: { ...ENV, CI: 'true' } });
    const plain = new Terminal(bench, onTestFinished, ['top'], { env: { TERM: ENV.TERM, LC_ALL: 'C', NO_COLOR: '1' } });
    for (const terminal of [colourful, plain])
      await waitFor('the agent', () => /^> fails +failed \(7\)/m.test(terminal.screen()));
    expect(colourful.colours()).toMatch(/\[[0-9;]*7m.*fails/);
    expect(plain.colours()).not.toContain('\x1b[');
    expect(plain.screen()).toMatch(/failed \(7\) +[#.]{5} /);
  });

  test('says what it needs, and makes nothing', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const dumb = new Terminal(bench, onTestFinished, ['top'], { columns: 200, env: { TERM: 'dumb' } });
    await waitFor('its word', () => dumb.screen().includes('ended with 1'));
    expect(dumb.screen()).toContain(
      'agentctl: top needs a terminal that can move its cursor (TERM is "dumb"): use "agentctl ps --watch"',
    );
    expect(await bench.many([['top'], ['top', 'x']])).toEqual([
      {
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(/^agentctl: top needs a terminal .*"agentctl ps --watch"\n$/),
      },
      { code: 2, stdout: '', stderr: 'agentctl: top takes no words: / filters as it runs\n' },
    ]);
    expect(existsSync(bench.state)).toBe(false);
  });
});
