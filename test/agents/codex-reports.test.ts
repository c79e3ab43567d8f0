// What Codex itself tells through its notify, which its profile puts before the user's own.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { openSandbox, type Sandbox } from './sandbox.ts';

const sentence = 'The stand-in says hello.';

async function seen({ succeed }: Sandbox, name: string) {
  return JSON.parse(await succeed(['inspect', name])) as {
    phase: string;
    archived: boolean;
    resume: string;
    report: { at: string } | null;
  };
}

/** A program that the user has for the end of a turn. @returns what it was called with, as often as it was. */
function ownNotify({ home, dir }: Sandbox): () => string[] {
  const file = join(dir, 'notified');
  const config = join(home, '.codex', 'config.toml');
  const words = ['sh', '-c', `printf '%s\\n' "$1" >>'${file}'`, 'his'];
  writeFileSync(config, `notify = ${JSON.stringify(words)}\n${readFileSync(config, 'utf8')}`);
  return () => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []);
}

test('codex exec ends by itself with its own code, having said that it is done; the user’s notify is called', async () => {
  const sandbox = await openSandbox({ sentence });
  const notified = ownNotify(sandbox);
  const extra = ['--', 'exec', '--skip-git-repo-check'];
  await sandbox.succeed(['spawn', '-n', 'a', '--agent', 'codex', '--prompt', '-say hi', ...extra]);
  expect((await sandbox.agentctl(['wait', 'a'])).code).toBe(0);
  await waitFor('its notify', () => notified().length === 1);
  expect(JSON.parse(notified()[0] ?? '')).toMatchObject({
    type: 'agent-turn-complete',
    'last-assistant-message': sentence,
  });
  await waitFor('its report', async () => (await seen(sandbox, 'a')).report !== null);
  expect(await seen(sandbox, 'a')).toMatchObject({
    phase: 'ended',
    result: 'succeeded',
    exitCode: 0,
    report: { state: 'done', source: 'codex', message: sentence },
  });
});

test('codex in its terminal is done, works again on a second prompt, and is torn down after its grace', async () => {
  const sandbox = await openSandbox({ sentence });
  const notified = ownNotify(sandbox);
  const { succeed } = sandbox;
  await succeed(['spawn', '-n', 'a', '--grace', '6s', '--agent', 'codex', '--prompt', 'say hi']);
  expect((await sandbox.agentctl(['wait', 'a', '--for', 'done', '--timeout', '30s'])).stdout).toBe('done');
  const done = await seen(sandbox, 'a');
  expect(done).toMatchObject({ report: { source: 'codex', message: sentence } });

  await succeed(['send', 'a', 'once more']);
  await waitFor('its second turn', async () => {
    const { phase, report } = await seen(sandbox, 'a');
    return phase === 'done' && report?.at !== done.report?.at;
  });
  expect((await sandbox.agentctl(['wait', 'a'])).code).toBe(0);
  await waitFor('the teardown', async () => (await seen(sandbox, 'a')).archived);
  const torn = await seen(sandbox, 'a');
  expect(torn).toMatchObject({ result: 'succeeded', exitCode: 0, verdict: { cause: 'done', resume: done.resume } });
  expect(torn.resume).toMatch(/&& codex resume [0-9a-f-]{36}$/);
  const own = notified().map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(own.map((event) => event['input-messages'])).toContainEqual(['say hi', 'once more']);
});

test('a codex whose service refuses it tells nothing, and is not taken to be done', async () => {
  const sandbox = await openSandbox({ status: 401 });
  await sandbox.succeed(['spawn', '-n', 'a', '--agent', 'codex', '--prompt', 'say hi']);
  await waitFor('the refusal', async () => (await sandbox.succeed(['screen', 'a'])).includes('401'));
  expect(await seen(sandbox, 'a')).toMatchObject({ phase: 'running' });
});
