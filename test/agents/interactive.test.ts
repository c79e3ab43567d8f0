import { describe, expect, test } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { openSandbox, processesWith, type Sandbox } from './sandbox.ts';

const sentence = 'The stand-in says hello.';
const fortyLines = Array.from(
  { length: 40 },
  (_, index) => `Line ${index + 1} of the prompt: "quoted"; $HOME; # end`,
).join('\n');

describe('interactive claude', () => {
  test('takes 40 lines as one prompt, answers on its screen, and ends with 0 on /exit', async () => {
    const { agentctl, service } = await openSandbox({ sentence });
    const spawned = await agentctl(['spawn', '-n', 'talker', '--json', '--', 'claude']);
    const { runId } = JSON.parse(spawned.stdout) as { runId: string };
    await waitFor('the prompt on the screen', async () => /^❯/m.test(await screen(agentctl, 'talker')));

    expect(await agentctl(['send', 'talker', '-'], { input: `${fortyLines}\n` })).toMatchObject({ code: 0 });
    await waitFor('the answer on the screen', async () => (await screen(agentctl, 'talker')).includes(sentence));
    // Claude Code wraps what was pasted; the lines themselves must have arrived whole, once, and in one block.
    expect(service.prompts()).toEqual([expect.arrayContaining([expect.stringContaining(fortyLines)])]);

    expect(await agentctl(['send', 'talker', '/exit'])).toMatchObject({ code: 0 });
    expect(await agentctl(['wait', 'talker', '--timeout', '30s'])).toMatchObject({ code: 0 });
    await waitFor('its processes to be gone', () => processesWith(`AGENTCTL_RUN_ID=${runId}`).length === 0);
  });

  test('takes a prompt that is sent as soon as it is spawned', async () => {
    const { agentctl, service } = await openSandbox({ sentence });
    await agentctl(['spawn', '-n', 'eager', '--', 'claude']);
    await agentctl(['send', 'eager', '-'], { input: fortyLines });
    await waitFor('the answer on the screen', async () => (await screen(agentctl, 'eager')).includes(sentence));
    expect(service.prompts()).toEqual([expect.arrayContaining([expect.stringContaining(fortyLines)])]);
  });

  test('shows on its screen that the service refuses it, and lives on', async () => {
    const { agentctl } = await openSandbox({ status: 401 });
    await agentctl(['spawn', '-n', 'refused', '--', 'claude']);
    await agentctl(['send', 'refused', 'say hi']);
    await waitFor('the refusal on the screen', async () => (await screen(agentctl, 'refused')).includes('401'));
    expect(await agentctl(['status', 'refused'])).toMatchObject({ code: 0 });
  });
});

async function screen(agentctl: Sandbox['agentctl'], name: string): Promise<string> {
  return (await agentctl(['screen', name])).stdout;
}
