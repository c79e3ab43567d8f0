import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { type Listed, Workbench } from '../fixtures/workbench.ts';
import { AGENTCTL_VARIABLES } from './processes.ts';
import { misfits } from './schemas.ts';

/** Says that it is done and works on, as programs with a prompt do; $1 are the words of `done`. */
const SAYS = '"$NODE" "$AGENTCTL" done $1; echo $? >said; while :; do sleep 0.2; done';

interface Report {
  status: string | null;
  message: string | null;
  resultFile: string | null;
}

const reportOf = (agent: Listed): Report => agent.report as Report;

describe.concurrent('done', { timeout: 120_000 }, () => {
  test.for([
    ['success', 0, { result: 'succeeded', exitCode: 0 }],
    ['failure', 1, { result: 'failed', exitCode: 1 }],
  ] as const)(
    'begins the grace, and %s is its result, not TERM’s 143',
    async ([status, code, how], { onTestFinished }) => {
      const bench = new Workbench(onTestFinished).withManager();
      bench.file('report.md', 'all is well\n');
      await bench.runWith(
        { env: AGENTCTL_VARIABLES },
        ...['spawn', '-n', 'one', '--grace', '1s', '--', 'sh', '-c', SAYS, 'sh'],
        `--status ${status} --message as-told --result report.md`,
      );
      expect(await bench.written('said')).toBe('0');
      expect((await bench.run('wait', '--timeout', '30s', 'one')).code).toBe(code);
      await waitFor('its teardown', async () => (await bench.agent('one')).archived);
      const agent = await bench.agent('one');
      expect(misfits('agent', agent)).toEqual([]);
      expect(agent).toMatchObject({ phase: 'ended', ...how, signal: null, report: { status, message: 'as-told' } });
      expect(agent.reason).toContain('as-told');
      const { resultFile } = reportOf(agent);
      expect(resultFile?.startsWith(join(agent.directory, 'reports'))).toBe(true);
      expect(readFileSync(resultFile ?? '', 'utf8')).toBe('all is well\n');
      expect(bench.record(agent, 'verdict.json')).toMatchObject({ cause: 'done', said: status });
      expect(bench.record(agent, 'exit.json')).toMatchObject({ code: 143, how: 'observed' });
      expect(bench.cookieHolders(agent.runId)).toEqual([]);
    },
  );

  test.for([
    ['by a grandchild', '"$NODE" "$AGENTCTL" done -m deep'],
    ['from another session', 'setsid -w "$NODE" "$AGENTCTL" done -m deep'],
    ['with an empty environment', 'env -i AGENTCTL_MANAGER=off "$NODE" "$AGENTCTL" done -m deep'],
    ['from another directory', 'cd / && "$NODE" "$AGENTCTL" done -m deep'],
  ])('is understood when it is called %s', async ([, call], { onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const deep = `sh -c 'sh -c "$CALL; echo \\$? >\\"$OUT\\""; :'; exec sleep 1000`;
    await bench.runWith(
      { env: { ...AGENTCTL_VARIABLES, CALL: call, OUT: join(bench.dir, 'said') } },
      ...['spawn', '-n', 'one', '--', 'sh', '-c', deep],
    );
    expect(await bench.written('said')).toBe('0');
    expect(await bench.agent('one')).toMatchObject({ phase: 'done', report: { status: 'success', message: 'deep' } });
    expect((await bench.agent('one')).evidence.report).toContain('deep');
    expect(bench.traces().filter((trace) => trace.includes('manager run'))).toEqual([]);
  });

  test('can be said for it, the newest counts, and a code of its own counts more', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const script = 'read -r code; exit $code';
    const { runId } = JSON.parse(await bench.ok('spawn', '--json', '-n', 'one', '--', 'sh', '-c', script)) as Listed;
    expect(await bench.run('done', '--status', 'failure', 'one')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await bench.agent('one')).toMatchObject({ phase: 'done', report: { status: 'failure', message: null } });
    await bench.ok('done', `one.${runId}`, '-m', 'better now');
    expect(await bench.agent('one')).toMatchObject({
      phase: 'done',
      report: { status: 'success', message: 'better now' },
    });
    await bench.ok('send', 'one', '7');
    expect((await bench.run('wait', 'one')).code).toBe(7);
    expect(await bench.agent('one')).toMatchObject({ result: 'failed', exitCode: 7 });
  });

  test('refuses what makes no sense, and puts nothing down', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'live', 'sleep', '1000');
    await bench.ok('spawn', '-n', 'ended', 'true');
    await bench.ok('wait', 'ended');
    mkdirSync(join(bench.dir, 'folder'));
    for (const [code, says, ...words] of [
      [2, 'not called by an agent'],
      [2, 'not called by an agent', '--message', 'x'],
      [2, 'one name at most', 'live', 'ended'],
      [2, '"perhaps" is neither', 'live', '--status', 'perhaps'],
      [2, '"" is neither', 'live', '--status', ''],
      [2, '--status', 'live', '--status'],
      [2, '--result: no/such', 'live', '--result', 'no/such'],
      [2, '--result: folder', 'live', '--result', 'folder'],
      [2, '--result: live/x', 'live', '--result', 'live/x'],
      [2, 'did you mean --message?', 'live', '--mesage', 'x'],
      [1, 'ended cannot be done: it has ended', 'ended'],
      [1, 'did you mean live?', 'liev'],
      [1, 'there is no agent', 'live.0000000000000000'],
    ] as const) {
      const ran = await bench.run('done', ...words);
      expect({ ...ran, words }).toEqual({ code, stdout: '', stderr: expect.stringContaining(says), words });
      expect(ran.stderr).toMatch(/^agentctl: [^\n]+\n$/);
    }
    const live = await bench.agent('live');
    expect(live).toMatchObject({ phase: 'running', report: null });
    const reports = join(live.directory, 'reports');
    expect(existsSync(reports) ? readdirSync(reports) : []).toEqual([]);
  });

  test('does not take a cookie that was emptied, or an unknown one, for an agent', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const call = 'AGENTCTL_RUN_ID= "$NODE" "$AGENTCTL" done; echo $? >said; exec sleep 1000';
    await bench.runWith({ env: AGENTCTL_VARIABLES }, 'spawn', '-n', 'one', '--', 'sh', '-c', call);
    expect(await bench.written('said')).toBe('2');
    const env = { AGENTCTL_NAME: 'one', AGENTCTL_RUN_ID: '0000000000000000' };
    expect(await bench.runWith({ env }, 'done')).toMatchObject({ code: 1, stdout: '' });
    expect(await bench.agent('one')).toMatchObject({ phase: 'running' });
  });
});
