import { describe, expect, test } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { openSandbox, processesWith } from './sandbox.ts';

const sentence = 'The stand-in says hello.';
const fortyLines = Array.from(
  { length: 40 },
  (_, index) => `Line ${index + 1} of the prompt: "quoted"; $HOME; # end`,
).join('\n');

describe('interactive claude', () => {
  test('takes 40 lines as one prompt, answers on its screen, and ends with 0 on /exit', async () => {
    const { service, succeed } = await openSandbox({ sentence });
    const spawned = await succeed(['spawn', '-n', 'talker', '--json', '--', 'claude']);
    const { runId } = JSON.parse(spawned) as { runId: string };
    await waitFor('the prompt on the screen', async () => /^❯/m.test(await succeed(['screen', 'talker'])));

    await succeed(['send', 'talker', '-'], { input: `${fortyLines}\n` });
    await waitFor('the answer on the screen', async () => (await succeed(['screen', 'talker'])).includes(sentence));
    // Claude Code wraps what was pasted; the lines themselves must have arrived whole, once, and in one block.
    expect(service.prompts()).toEqual([expect.arrayContaining([expect.stringContaining(fortyLines)])]);

    await succeed(['send', 'talker', '/exit']);
    await succeed(['wait', 'talker', '--timeout', '30s']);
    await waitFor('its processes to be gone', () => processesWith(`AGENTCTL_RUN_ID=${runId}`).length === 0);
  });

  test('takes a prompt that is sent as soon as it is spawned', async () => {
    const { service, succeed } = await openSandbox({ sentence });
    await succeed(['spawn', '-n', 'eager', '--', 'claude']);
    await succeed(['send', 'eager', '-'], { input: fortyLines });
    await waitFor('the answer on the screen', async () => (await succeed(['screen', 'eager'])).includes(sentence));
    expect(service.prompts()).toEqual([expect.arrayContaining([expect.stringContaining(fortyLines)])]);
  });

  test('lives on, and says why on its screen, when the service refuses it', async () => {
    const { succeed } = await openSandbox({ status: 401 });
    await succeed(['spawn', '-n', 'refused', '--', 'claude']);
    await succeed(['send', 'refused', 'say hi']);
    await waitFor('the refusal on the screen', async () => (await succeed(['screen', 'refused'])).includes('401'));
    await succeed(['status', 'refused']);
  });
});
