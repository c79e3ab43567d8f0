import { describe, expect, test } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { openSandbox, processesWith, type Sandbox } from './sandbox.ts';

const sentence = 'The stand-in says hello.';
const sayHi = ['-p', 'say hi'];

describe('claude -p', () => {
  test('run prints its answer and ends with 0', async () => {
    const { succeed, service } = await openSandbox({ sentence });
    expect(await succeed(['run', '-n', 'printer', '--', 'claude', ...sayHi])).toContain(sentence);
    expect(service.prompts()).toEqual([expect.arrayContaining(['say hi'])]);
    expect(await listed(succeed, 'printer')).toMatchObject({ phase: 'ended', result: 'succeeded', exitCode: 0 });
  });

  test('spawn and wait give its code, logs its answer', async () => {
    const { succeed } = await openSandbox({ sentence });
    const spawned = await succeed(['spawn', '-n', 'printer', '--json', '--', 'claude', ...sayHi]);
    const { runId } = JSON.parse(spawned) as { runId: string };
    await succeed(['wait', 'printer']);
    expect(await succeed(['logs', 'printer'])).toContain(sentence);
    expect(await listed(succeed, 'printer')).toMatchObject({ runId, result: 'succeeded', exitCode: 0 });
    await waitFor('its processes to be gone', () => processesWith(`AGENTCTL_RUN_ID=${runId}`).length === 0);
  });

  test.each([401, 429, 529] as const)(
    'ends as it does without agentctl when the service answers %i',
    async (status) => {
      const { agentctl, bareClaude, succeed } = await openSandbox({ status });
      const bare = await bareClaude(sayHi);
      const ran = await agentctl(['run', '-n', 'refused', '--', 'claude', ...sayHi]);
      expect(bare.code).not.toBe(0);
      expect(ran).toMatchObject({ code: bare.code, stdout: expect.stringContaining(String(status)) });
      expect(await listed(succeed, 'refused')).toMatchObject({ result: 'failed', exitCode: bare.code });
    },
  );

  test('ends as it does without agentctl when the service is not there', async () => {
    const { agentctl, bareClaude, service, succeed } = await openSandbox('absent');
    const bare = await bareClaude(sayHi);
    const ran = await agentctl(['run', '-n', 'alone', '--', 'claude', ...sayHi]);
    expect(bare.code).not.toBe(0);
    expect(ran).toMatchObject({ code: bare.code, stdout: expect.stringContaining('ECONNREFUSED') });
    expect(await listed(succeed, 'alone')).toMatchObject({ result: 'failed', exitCode: bare.code });
    expect(service.requests).toEqual([]);
  });

  test('stop ends one that waits for a service that hangs', async () => {
    const { service, succeed } = await openSandbox('hang');
    await succeed(['spawn', '-n', 'waiter', '--', 'claude', ...sayHi]);
    await waitFor('the prompt to reach the service', () => service.prompts().length > 0);
    expect(await listed(succeed, 'waiter')).toMatchObject({ phase: 'running', result: null });
    await succeed(['stop', 'waiter']);
    expect(await listed(succeed, 'waiter')).toMatchObject({ phase: 'ended', result: 'stopped' });
  });
});

/** The agent as `ps -a --json` has it. */
async function listed(succeed: Sandbox['succeed'], name: string) {
  const { agents } = JSON.parse(await succeed(['ps', '-a', '--json'])) as { agents: { name: string }[] };
  return agents.find((agent) => agent.name === name);
}
