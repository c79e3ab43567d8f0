import { describe, expect, test } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { openSandbox, processesWith } from './sandbox.ts';

const sentence = 'The stand-in says hello.';
const sayHi = ['-p', 'say hi'];

describe('claude -p', () => {
  test('run prints its answer and ends with 0', async () => {
    const { agentctl, service } = await openSandbox({ sentence });
    const ran = await agentctl(['run', '-n', 'printer', '--', 'claude', ...sayHi]);
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining(sentence) });
    expect(service.prompts()).toEqual([expect.arrayContaining(['say hi'])]);
    expect(await agentOf(agentctl, 'printer')).toMatchObject({ phase: 'ended', result: 'succeeded', exitCode: 0 });
  });

  test('spawn and wait give its code, logs its answer', async () => {
    const { agentctl } = await openSandbox({ sentence });
    const spawned = await agentctl(['spawn', '-n', 'printer', '--json', '--', 'claude', ...sayHi]);
    const { runId } = JSON.parse(spawned.stdout) as { runId: string };
    expect(await agentctl(['wait', 'printer'])).toMatchObject({ code: 0 });
    expect((await agentctl(['logs', 'printer'])).stdout).toContain(sentence);
    expect(await agentOf(agentctl, 'printer')).toMatchObject({ runId, result: 'succeeded', exitCode: 0 });
    await waitFor('its processes to be gone', () => processesWith(`AGENTCTL_RUN_ID=${runId}`).length === 0);
  });

  test.each([401, 429, 529] as const)(
    'ends as it does without agentctl when the service answers %i',
    async (status) => {
      const { agentctl, bareClaude } = await openSandbox({ status });
      const bare = await bareClaude(sayHi);
      const ran = await agentctl(['run', '-n', 'refused', '--', 'claude', ...sayHi]);
      expect(bare.code).not.toBe(0);
      expect(ran).toMatchObject({ code: bare.code, stdout: expect.stringContaining(String(status)) });
      expect(await agentOf(agentctl, 'refused')).toMatchObject({ result: 'failed', exitCode: bare.code });
    },
  );

  test('ends as it does without agentctl when the service is not there', async () => {
    const { agentctl, bareClaude, service } = await openSandbox('absent');
    const bare = await bareClaude(sayHi);
    const ran = await agentctl(['run', '-n', 'alone', '--', 'claude', ...sayHi]);
    expect(bare.code).not.toBe(0);
    expect(ran).toMatchObject({ code: bare.code, stdout: expect.stringContaining('ECONNREFUSED') });
    expect(await agentOf(agentctl, 'alone')).toMatchObject({ result: 'failed', exitCode: bare.code });
    expect(service.requests).toEqual([]);
  });

  test('stop ends one that waits for a service that hangs', async () => {
    const { agentctl, service } = await openSandbox('hang');
    await agentctl(['spawn', '-n', 'waiter', '--', 'claude', ...sayHi]);
    await waitFor('the prompt to reach the service', () => service.prompts().length > 0);
    expect(await agentOf(agentctl, 'waiter')).toMatchObject({ phase: 'running', result: null });
    expect(await agentctl(['stop', 'waiter'])).toMatchObject({ code: 0 });
    expect(await agentOf(agentctl, 'waiter')).toMatchObject({ phase: 'ended', result: 'stopped' });
  });
});

/** The agent as `ps -a --json` has it. */
async function agentOf(agentctl: Awaited<ReturnType<typeof openSandbox>>['agentctl'], name: string) {
  const { stdout } = await agentctl(['ps', '-a', '--json']);
  const { agents } = JSON.parse(stdout) as { agents: { name: string }[] };
  return agents.find((agent) => agent.name === name);
}
