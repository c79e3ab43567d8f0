// What is done or idle is ended, and nothing else is: real agents, real work and a real person's terminal, with limits
// of seconds. An agent that must not be ended is compared with one that is silent, and was started after it.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Terminal } from '../e2e/terminal.ts';
import { LOAD_SECONDS, waitFor } from '../fixtures/wait-for.ts';
import { AGENTCTL, type Listed, Workbench } from '../fixtures/workbench.ts';

// Several agents in a row, each idle for some seconds.

const SH = [process.execPath, AGENTCTL].join(' ');
const IDLE = 3;

/** Uses so many milliseconds of CPU every so often, and says nothing. */
const burns = (ms: number, everyMs: number) => [
  process.execPath,
  '-e',
  `const burn = () => {
    const { user, system } = process.cpuUsage();
    for (;;) {
      const used = process.cpuUsage();
      if (used.user + used.system - user - system > ${ms * 1000}) return;
    }
  };
  setInterval(burn, ${everyMs})`,
];
const silent = ['sleep', '1000'];
const says = ['sh', '-c', 'while :; do echo working; sleep 1; done'];
/** A full-screen program: paints all of its screen again every second. */
const paints = 'while :; do printf "\\033[H\\033[2Jat %s\\n" "$(date)"; sleep 1; done';

interface Step {
  step: string;
  uptimeSeconds: number;
}

class Bench extends Workbench {
  async spawn(name: string, options: string[], command: readonly string[]): Promise<Listed> {
    return JSON.parse(await this.ok('spawn', '--json', '-n', name, ...options, '--', ...command)) as Listed;
  }

  /** Its processes are over, by its sentinel. */
  async ended({ name, runId }: Listed): Promise<Listed> {
    const places = ['agents/NAME', 'archive/NAME.RUN'].map((place) =>
      join(this.state, place.replace('NAME', name).replace('RUN', runId), 'exit.json'),
    );
    await waitFor(`the end of ${name}`, () => places.some(existsSync), 45_000);
    return this.agent(name);
  }

  isTornDown({ name, runId }: Listed): boolean {
    return existsSync(join(this.state, 'archive', `${name}.${runId}`));
  }

  async tornDown(agent: Listed): Promise<Listed> {
    await waitFor(`the teardown of ${agent.name}`, () => this.isTornDown(agent), 45_000);
    return this.agent(agent.name);
  }

  async phases(): Promise<Record<string, string>> {
    return Object.fromEntries((await this.ps()).map(({ name, phase }) => [name, phase]));
  }

  steps(agent: Listed): Record<string, number> {
    const { steps } = this.record(agent, 'verdict.json') as { steps: Step[] };
    return Object.fromEntries(steps.map(({ step, uptimeSeconds }) => [step, uptimeSeconds]));
  }

  /** When it said, first, that it is done. */
  saidAt(agent: Listed): number {
    const [first = ''] = readdirSync(join(agent.directory, 'reports')).sort();
    return this.record(agent, `reports/${first}`).uptimeSeconds as number;
  }

  /** What the manager has done, as `teardown NAME`. */
  deeds(): string[] {
    return this.managerLog().flatMap((line) => (line.do === undefined ? [] : [`${line.do} ${line.agent}`]));
  }

  /** What a sweep would find in the way of ending it. */
  async against(name: string): Promise<string> {
    const says = await this.ok('sweep', '--dry-run', '--explain');
    const paragraph = says.split(/^(?=\S)/m).find((one) => one.startsWith(`${name}\n`)) ?? '';
    return [...paragraph.matchAll(/^ {2}against +(.*)$/gm)].map(([, reason]) => reason).join('; ');
  }

  fifo(name: string): () => void {
    const path = join(this.dir, name);
    spawnSync('mkfifo', [path]);
    return () => writeFileSync(path, 'go\n');
  }
}

const maxIdle = ['--max-idle', `${IDLE}s`, '--grace', '0'];

describe('idleness', () => {
  test('ends one at 0.3 % of a core, and none that works at 5 % or says something each second', async () => {
    const bench = new Bench().withManager() as Bench;
    const busy = await bench.spawn('busy', maxIdle, burns(10, 200));
    const talks = await bench.spawn('talks', maxIdle, says);
    const idles = await bench.spawn('idles', maxIdle, burns(3, 1000));
    const ended = await bench.tornDown(idles);
    expect(ended).toMatchObject({ phase: 'ended', result: 'idled-out', exitCode: 143 });
    const [, percent] = /idle for 3s: ([\d.]+) % of a core and no output in \d+ s/.exec(ended.reason) ?? [];
    expect(Number(percent)).toBeGreaterThan(0.1);
    expect(Number(percent)).toBeLessThanOrEqual(1);
    expect((await bench.run('wait', 'idles')).code).toBe(143);
    // Neither of them is kept by chance: a second one, begun now, is ended as well.
    await bench.ended(await bench.spawn('silent', maxIdle, silent));
    expect(await bench.phases()).toMatchObject({ busy: 'running', talks: 'running' });
    for (const { name } of [busy, talks]) expect(await bench.against(name)).toMatch(/^not idle for 3s: /);
  });

  test('is not held against one that waits for agents or has spawned one, while that lives', async () => {
    const bench = new Bench().withManager() as Bench;
    const endOther = bench.fifo('end-other');
    const endChild = bench.fifo('end-child');
    await bench.spawn('other', ['--max-idle', 'none'], ['sh', '-c', 'read -r _ <end-other']);
    const waits = `${SH} wait other; echo >waited; exec sleep 1000`;
    const waiter = await bench.spawn('waiter', maxIdle, ['sh', '-c', waits]);
    const spawnsChild = `${SH} spawn -n child --max-idle none sh -c "read -r _ <end-child"; exec sleep 1000`;
    const parent = await bench.spawn('parent', maxIdle, ['sh', '-c', spawnsChild]);
    await waitFor('the child', async () => (await bench.phases()).child === 'running');
    await bench.ended(await bench.spawn('silent', maxIdle, silent));
    // By that alone, not since they worked.
    await waitFor('both to be found idle', () =>
      ['begin-anew waiter', 'begin-anew parent'].every((deed) => bench.deeds().includes(deed)),
    );
    expect(await bench.phases()).toMatchObject({ waiter: 'running', parent: 'running' });
    endOther();
    endChild();
    await bench.written('waited');
    expect(await bench.tornDown(waiter)).toMatchObject({ result: 'idled-out' });
    expect(await bench.tornDown(parent)).toMatchObject({ result: 'idled-out' });
  });

  test('is not held against one at which a person is attached', async () => {
    const bench = new Bench().withManager() as Bench;
    const watched = await bench.spawn('watched', maxIdle, silent);
    const terminal = new Terminal(bench, onTestFinished, ['attach', 'watched']);
    await waitFor('its screen', () => terminal.screen().includes('[watched]'));
    await bench.ended(await bench.spawn('silent', maxIdle, silent));
    await waitFor('it to be found idle', () => bench.deeds().includes('begin-anew watched'));
    expect(await bench.phases()).toMatchObject({ watched: 'running' });
    terminal.press('C-q');
    await waitFor('the detach', () => terminal.screen().includes('ended with 0'));
    expect(await bench.tornDown(watched)).toMatchObject({ result: 'idled-out' });
  });

  test('is found by sweeps alone, which remember in activity.json', async () => {
    const bench = new Bench();
    const agent = await bench.spawn('idles', maxIdle, burns(3, 1000));
    const busy = await bench.spawn('busy', maxIdle, burns(10, 200));
    const memory = (file = 'activity.json') => bench.record(agent, file) as { samples: { awakeSeconds: number }[] };
    const now = () => Number(process.hrtime.bigint()) / 1e9;
    const begun = now();
    // However long it has idled: what nobody saw is not known.
    await waitFor('max idle to pass unseen', () => now() > begun + IDLE + 1);
    const seenFirst = now();
    await bench.ok('sweep');
    expect(await bench.phases()).toMatchObject({ idles: 'running' });
    expect(memory().samples).toHaveLength(1);
    let sweeps = 1;
    await waitFor('its end', async () => {
      sweeps++;
      await bench.ok('sweep');
      const { phase } = await bench.agent('idles');
      if (phase === 'running') expect(memory().samples[0]?.awakeSeconds).toBeGreaterThanOrEqual(seenFirst);
      return phase === 'ended';
    });
    expect(now() - seenFirst).toBeGreaterThanOrEqual(IDLE);
    expect(sweeps).toBeGreaterThan(1);
    expect(await bench.agent('idles')).toMatchObject({ result: 'idled-out', archived: true });
    expect(await bench.agent(busy.name)).toMatchObject({ phase: 'running' });
  });
});

describe('done', () => {
  test('ends after the grace one that paints on, with the result that it gave itself', async () => {
    const bench = new Bench().withManager() as Bench;
    const agents: Listed[] = [];
    for (const status of ['success', 'failure']) {
      const script = `${SH} done --status ${status} -m "as told"; ${paints}`;
      agents.push(await bench.spawn(status, ['--grace', '2s'], ['sh', '-c', script]));
    }
    for (const agent of agents) {
      const torn = await bench.tornDown(agent);
      const [result, code] = agent.name === 'success' ? ['succeeded', 0] : ['failed', 1];
      const reason = expect.stringContaining(`said that it is done (${agent.name}): as told`);
      expect(torn).toMatchObject({ result, exitCode: code, signal: null, reason });
      expect((await bench.run('wait', agent.name)).code).toBe(code);
      const { term = 0 } = bench.steps(torn);
      expect(term - bench.saidAt(torn)).toBeGreaterThanOrEqual(2);
      expect(term - bench.saidAt(torn)).toBeLessThan(2 + LOAD_SECONDS);
      // It had painted until then.
      expect(readFileSync(join(torn.directory, 'output.log'), 'latin1').split('\x1b[2J').length).toBeGreaterThan(2);
      expect(readFileSync(join(torn.directory, 'screen.txt'), 'utf8')).toMatch(/^at /);
    }
  });

  test('leaves its own code to one that ends by itself within the grace', async () => {
    const bench = new Bench().withManager() as Bench;
    const script = `${SH} done; read -r _ <leave; exit 7`;
    const leave = bench.fifo('leave');
    const agent = await bench.spawn('agent', ['--grace', '60s'], ['sh', '-c', script]);
    await waitFor('it to be done', async () => (await bench.agent('agent')).phase === 'done');
    leave();
    expect(await bench.ended(agent)).toMatchObject({ result: 'failed', exitCode: 7 });
    expect((await bench.run('wait', 'agent')).code).toBe(7);
  });

  test('is taken back by what is sent to it, not by its output', async () => {
    const bench = new Bench().withManager() as Bench;
    const agent = await bench.spawn('agent', ['--grace', '60s'], ['sh', '-c', paints]);
    await bench.ok('done', 'agent');
    const painted = () => readFileSync(join(agent.directory, 'output.log'), 'latin1').split('\x1b[2J').length;
    const before = painted();
    await waitFor('it to paint on', () => painted() > before + 2);
    await bench.ok('sweep');
    expect(await bench.agent('agent')).toMatchObject({ phase: 'done' });
    await bench.ok('send', 'agent', 'go on');
    expect(await bench.agent('agent')).toMatchObject({ phase: 'running' });
    // What was to end it does not: a later one of the same grace is over, and it runs.
    await bench.ok('done', 'agent');
    expect(await bench.agent('agent')).toMatchObject({ phase: 'done' });
    await bench.ok('send', 'agent', '--keys', 'Enter');
    expect(await bench.agent('agent')).toMatchObject({ phase: 'running' });
  });

  test('once taken back does not end it at the end of the grace', async () => {
    const bench = new Bench().withManager() as Bench;
    const agent = await bench.spawn('agent', ['--grace', '4s'], silent);
    await bench.ok('done', 'agent');
    await bench.ok('send', 'agent', '--keys', 'Enter');
    expect(await bench.agent('agent')).toMatchObject({ phase: 'running' });
    const later = await bench.spawn('later', ['--grace', '4s'], silent);
    await bench.ok('done', 'later');
    await bench.ended(later);
    expect(await bench.agent(agent.name)).toMatchObject({ phase: 'running' });
  });

  test('is taken back by a person’s keys', async () => {
    const bench = new Bench().withManager() as Bench;
    await bench.spawn('agent', ['--grace', '1s', '--max-idle', '1h'], ['sh', '-c', 'stty -echo; exec cat >heard']);
    const terminal = new Terminal(bench, onTestFinished, ['attach', 'agent']);
    await waitFor('its screen', () => terminal.screen().includes('[agent]'));
    await bench.ok('done', 'agent');
    const other = await bench.spawn('other', ['--grace', '1s'], silent);
    await bench.ok('done', 'other');
    await bench.ended(other);
    // That somebody looks holds it, and is no more than that.
    expect(await bench.agent('agent')).toMatchObject({ phase: 'done' });
    expect(await bench.against('agent')).toMatch(/^a person is attached; not idle for 1h/);
    await waitFor('its return to work', async () => {
      terminal.press('x', 'Enter');
      await bench.ok('sweep');
      return (await bench.agent('agent')).phase === 'running';
    });
    expect(await bench.written('heard')).toMatch(/^x/);
    terminal.press('C-q');
    await waitFor('the detach', () => terminal.screen().includes('ended with 0'));
    // Once a person has typed, the grace is max idle.
    const after = await bench.spawn('after', ['--grace', '1s'], silent);
    await bench.ok('done', 'after');
    await bench.ended(after);
    await bench.ok('sweep');
    expect(await bench.agent('agent')).toMatchObject({ phase: 'running' });
  });
});

describe('a teardown', () => {
  test('waits while a person is attached, and comes when he has left', async () => {
    const bench = new Bench().withManager() as Bench;
    const leave = bench.fifo('leave');
    const watched = await bench.spawn('watched', ['--grace', '0'], ['sh', '-c', 'read -r _ <leave; echo last words']);
    const terminal = new Terminal(bench, onTestFinished, ['attach', 'watched']);
    await waitFor('its screen', () => terminal.screen().includes('[watched]'));
    leave();
    await bench.ended(watched);
    await bench.tornDown(await bench.spawn('other', ['--grace', '0'], ['true']));
    await bench.ok('sweep');
    expect(bench.isTornDown(watched)).toBe(false);
    expect(await bench.against('watched')).toBe('a person is attached');
    expect(terminal.screen()).toContain('last words');
    terminal.press('C-q');
    await waitFor('the detach', () => terminal.screen().includes('ended with 0'));
    await bench.ok('sweep');
    expect(bench.isTornDown(watched)).toBe(true);
    const { directory } = await bench.agent('watched');
    expect(readFileSync(join(directory, 'screen.txt'), 'utf8')).toContain('last words');
  });

  test('comes by the manager alone, when a person has left', async () => {
    const bench = new Bench().withManager() as Bench;
    const leave = bench.fifo('leave');
    const watched = await bench.spawn('watched', ['--grace', '0'], ['sh', '-c', 'read -r _ <leave']);
    const terminal = new Terminal(bench, onTestFinished, ['attach', 'watched']);
    await waitFor('its screen', () => terminal.screen().includes('[watched]'));
    leave();
    await bench.ended(watched);
    terminal.press('C-q');
    await bench.tornDown(watched);
  });
});

describe('keep', () => {
  test('holds what is done, idle or ended, until it is released', async () => {
    const bench = new Bench(); // no manager until they are kept
    const leave = bench.fifo('leave');
    const done = await bench.spawn('done', ['--grace', '1s'], silent);
    const idle = await bench.spawn('idle', ['--max-idle', '2s', '--grace', '0'], silent);
    const ended = await bench.spawn('ended', ['--grace', '0'], ['sh', '-c', 'read -r _ <leave']);
    await bench.ok('keep', 'done', 'idle', 'ended');
    await bench.withManager().ok('manager', 'start');
    await bench.ok('done', 'done');
    leave();
    await bench.ended(ended);
    const control = await bench.spawn('control', ['--max-idle', '2s', '--grace', '0'], silent);
    await bench.tornDown(control);
    await waitFor('the idle one to be found so', () => bench.deeds().includes('begin-anew idle'));
    await bench.ok('sweep');
    expect(await bench.phases()).toMatchObject({ done: 'done', idle: 'running', ended: 'ended' });
    expect(bench.isTornDown(ended)).toBe(false);
    for (const name of ['done', 'ended']) expect(await bench.against(name)).toContain('it is kept (agentctl keep)');

    await bench.ok('keep', 'done', 'idle', 'ended', '--release');
    expect(await bench.tornDown(ended)).toMatchObject({ result: 'succeeded' });
    expect(await bench.tornDown(done)).toMatchObject({ result: 'succeeded', exitCode: 0 });
    expect(await bench.tornDown(idle)).toMatchObject({ result: 'idled-out' });
  });

  test('does not hold a cap or a stop', async () => {
    const bench = new Bench().withManager() as Bench;
    const capped = await bench.spawn('capped', ['--max-runtime', '3s'], silent);
    const stopped = await bench.spawn('stopped', [], silent);
    await bench.ok('keep', 'capped', 'stopped');
    await bench.ok('stop', 'stopped');
    expect(await bench.ended(stopped)).toMatchObject({ result: 'stopped' });
    expect(await bench.ended(capped)).toMatchObject({ result: 'timed-out' });
  });
});
