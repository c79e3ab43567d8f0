import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Workbench } from '../fixtures/workbench.ts';
import { shell } from './processes.ts';
import { misfits } from './schemas.ts';

const INDEX = new URL('../../dist/index.js', import.meta.url);

/** Runs a script that uses the built library, and returns what it printed as JSON. */
async function script(bench: Workbench, body: string): Promise<unknown> {
  const file = bench.file(
    'script.mjs',
    `import * as agentctl from ${JSON.stringify(INDEX.href)};
const { openStateDir, spawn, spawnBatch, list, inspect, wait, stop, logs } = agentctl;
const state = openStateDir();
const say = (data) => console.log(JSON.stringify(data));
${body}
`,
  );
  const { code, stdout, stderr } = await shell(bench, `"$NODE" ${file}`);
  if (code !== 0) throw new Error(stderr);
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

describe.concurrent('the library', () => {
  test('spawns, waits, lists, inspects and reads logs', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const said = (await script(
      bench,
      `const agent = await spawn(state, {
  command: ['sh', '-c', 'echo "$A $0"; cat; exit 3', 'zero'], name: 'lib', env: { A: 'b' }, labels: { job: '7' },
  limits: { maxRuntimeMs: 60000 }, columns: 90, rows: 20, stdin: Buffer.from('typed\\n'),
});
const ended = [];
for await (const one of wait(state, [agent], { timeoutMs: 30000 })) ended.push(one);
const chunks = [];
for await (const bytes of logs(state, agent, { follow: true })) chunks.push(bytes);
say({ agent, ended, text: Buffer.concat(chunks).toString(), listed: list(state, { filter: ['label=job=7'] }), inspected: await inspect(state, 'lib') });`,
    )) as { agent: object; ended: object[]; text: string; listed: object[]; inspected: object };
    expect(said).toMatchObject({
      agent: {
        name: 'lib',
        phase: expect.stringMatching(/running|stopping|ended/),
        labels: { job: '7' },
        limits: { maxRuntimeSeconds: 60 },
      },
      ended: [{ name: 'lib', result: 'failed', exitCode: 3 }],
      text: 'b zero\r\ntyped\r\n',
      listed: [{ name: 'lib', phase: 'ended' }],
      inspected: { name: 'lib', exitCode: 3, evidence: { tmux: expect.stringContaining('is there') } },
    });
    for (const agent of [said.agent, ...said.ended, ...said.listed, said.inspected])
      expect(misfits('agent', agent)).toEqual([]);
    // The very same agent as the commands see.
    expect(await bench.agent('lib')).toMatchObject({ exitCode: 3 });
  });

  test('stops agents, and gives up waiting when it is told to', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const said = await script(
      bench,
      `const agent = await spawn(state, { command: ['sleep', '1000'], name: 'one' });
const count = async (options) => { let ended = 0; for await (const _ of wait(state, [agent], options)) ended++; return ended; };
const timedOut = await count({ timeoutMs: 100 });
const aborted = await count({ signal: AbortSignal.timeout(100) });
const already = await count({ signal: AbortSignal.abort() });
const [stopped] = await stop(state, [{ name: 'one' }], { by: 'my script', killAfterMs: 1000 });
const [again] = await stop(state, [agent], { by: 'my script' });
say({ timedOut, aborted, already, stopped, again });`,
    );
    expect(said).toMatchObject({
      timedOut: 0,
      aborted: 0,
      already: 0,
      stopped: { result: 'stopped', exitCode: 143, reason: expect.stringContaining('stopped by my script') },
      again: { result: 'stopped' },
    });
  });

  test('throws typed errors with sentences', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'taken', 'sleep', '1000');
    const said = await script(
      bench,
      `const thrown = async (work) => { try { await work(); } catch (error) {
  const type = ['InvalidInput', 'UsageError', 'BusyError', 'UnknownAgentError', 'AgentctlError'].find((name) => error instanceof agentctl[name]);
  return [type, error.name, error.message];
} };
say([
  await thrown(() => spawn(state, { command: ['no-such-command'] })),
  await thrown(() => spawn(state, { command: ['true'], name: 'a.b' })),
  await thrown(() => spawn(state, { command: ['true'], queue: { label: 'job', value: '7', max: 1.5 } })),
  await thrown(async () => { for await (const _ of spawnBatch(state, [{ command: ['true'] }], { maxParallel: 0 })); }),
  await thrown(() => spawn(state, { command: ['true'], name: 'taken' })),
  await thrown(() => inspect(state, 'takne')),
  await thrown(async () => { for await (const _ of wait(state, [{ name: 'nobody' }])); }),
  await thrown(async () => { for await (const _ of logs(state, { name: 'nobody' })); }),
  await thrown(() => stop(state, [{ name: 'nobody' }], { by: 'me' })),
  await thrown(() => list(state, { filter: ['x=y'] })),
  await thrown(() => openStateDir('')),
]);`,
    );
    const unknown = ['UnknownAgentError', 'UnknownAgentError', expect.stringContaining('there is no agent')];
    expect(said).toEqual([
      ['InvalidInput', 'InvalidInput', expect.stringContaining('no-such-command')],
      ['InvalidInput', 'InvalidInput', expect.stringContaining('a.b')],
      ['InvalidInput', 'InvalidInput', expect.stringContaining('1.5')],
      ['InvalidInput', 'InvalidInput', expect.stringContaining('from 1 on')],
      ['BusyError', 'BusyError', expect.stringContaining('taken')],
      unknown,
      unknown,
      unknown,
      unknown,
      ['InvalidInput', 'InvalidInput', expect.stringContaining('x=y')],
      ['UsageError', 'UsageError', expect.stringContaining('--state-dir')],
    ]);
  });

  test('has types, and leaves a script that imports it free to end', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    expect(existsSync(new URL('types/index.d.ts', INDEX))).toBe(true);
    expect(await script(bench, 'say(Object.keys(agentctl).toSorted())')).toEqual(
      expect.arrayContaining(['DEFAULT_LIMITS', 'inspect', 'list', 'logs', 'openStateDir', 'spawn', 'stop', 'wait']),
    );
    expect(existsSync(bench.state)).toBe(false);
  });
});
