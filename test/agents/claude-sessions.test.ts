// Claude Code in its terminal for longer: a second prompt, and a person who types.
import { execa } from 'execa';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Terminal } from '../e2e/terminal.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { inPhase, openSandbox, seen } from './sandbox.ts';

const sentence = 'The stand-in says hello.';

describe('claude by its profile', () => {
  test('works, is done, works again on a second prompt, and is torn down after its grace', async () => {
    const sandbox = await openSandbox('hang');
    const { service, succeed } = sandbox;
    await succeed(['spawn', '-n', 'a', '--grace', '20s', '--agent', 'claude', '--prompt', '-say hi']);
    await waitFor('its report', async () => (await seen(sandbox, 'a')).report?.state === 'working');
    expect(await seen(sandbox, 'a')).toMatchObject({ phase: 'running', report: { source: 'claude' } });
    // Its hook comes first; an Escape before it asks would leave the answer to the next prompt for this one.
    await waitFor('its question', () => service.prompts().length > 0);
    await succeed(['send', '--keys', 'a', 'Escape']);

    service.answer = { sentence };
    await succeed(['send', 'a', 'and now?']);
    const done = await inPhase(sandbox, 'a', 'done');
    expect(done).toMatchObject({ report: { source: 'claude', message: sentence } });
    // It redraws after its Stop; that takes nothing back.
    await waitFor('more output', async () => {
      const { lastOutputAt, report } = await seen(sandbox, 'a');
      return report !== null && Date.parse(lastOutputAt) > Date.parse(report.at);
    });
    expect(await seen(sandbox, 'a')).toMatchObject({ phase: 'done', report: done.report });

    const prompts = service.prompts().length;
    await succeed(['send', 'a', 'once more']);
    await waitFor('its second Stop', async () => {
      const { phase, report } = await seen(sandbox, 'a');
      return phase === 'done' && report?.at !== done.report?.at;
    });
    expect(service.prompts().length).toBeGreaterThan(prompts);

    expect((await sandbox.agentctl(['wait', 'a'])).code).toBe(0);
    await waitFor('the teardown', async () => (await seen(sandbox, 'a')).archived);
    const torn = await seen(sandbox, 'a');
    expect(torn).toMatchObject({ result: 'succeeded', exitCode: 0, verdict: { cause: 'done', resume: done.resume } });

    // The very line that it carries.
    const resumed = await execa('sh', ['-c', `${torn.resume} -p "what was it?"`], {
      env: sandbox.env,
      extendEnv: false,
    });
    expect(resumed.stdout).toContain(sentence);
    const texts = JSON.stringify(service.requests.at(-1)?.body.messages);
    expect(texts).toContain('once more');
  });

  test('stays for max idle once a person has typed into it', async () => {
    const sandbox = await openSandbox({ sentence });
    const { succeed } = sandbox;
    await succeed(['spawn', '-n', 'a', '--grace', '2s', '--max-idle', '10m', '--agent', 'claude']);
    const terminal = new Terminal(sandbox, onTestFinished, ['attach', 'a']);
    await waitFor('its prompt', () => terminal.screen().includes('❯'));
    // tmux knows the second of a key, and of an attach.
    await waitFor('a second to pass', nextSecond());
    await waitFor('what was typed', () => {
      if (!terminal.screen().includes('say hi')) terminal.press('say hi');
      return terminal.screen().includes('say hi');
    });
    terminal.press('Enter');
    await inPhase(sandbox, 'a', 'done');
    terminal.press('C-q');
    await waitFor('the detach', () => terminal.screen().includes('ended with 0'));
    const other = ['spawn', '-n', 'other', '--grace', '2s', '--agent', 'claude', '--prompt', 'say hi'];
    await succeed(other);
    await waitFor('the teardown of another', async () => (await seen(sandbox, 'other')).archived);
    // The key that leaves counts as typed too, where a second has passed since it was done: then it is taken to work again.
    expect((await seen(sandbox, 'a')).phase).toMatch(/^(done|running)$/);
    expect(await succeed(['ps'])).toMatch(/a +(done \(grace 9:\d\d\)|running)/);
  });
});

function nextSecond(): () => boolean {
  const begun = Math.floor(Date.now() / 1000);
  return () => Math.floor(Date.now() / 1000) > begun + 1;
}
