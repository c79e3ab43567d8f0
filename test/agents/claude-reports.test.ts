// What Claude Code itself tells through the hooks that its profile puts in, and what becomes of it by that.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Terminal } from '../e2e/terminal.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { openSandbox, type Sandbox } from './sandbox.ts';
import { startStandInService } from './stand-in-service.ts';

const sentence = 'The stand-in says hello.';

interface Seen {
  phase: string;
  result: string | null;
  reason: string;
  exitCode: number | null;
  archived: boolean;
  lastOutputAt: string;
  directory: string;
  resume: string | null;
  report: { state: string; source: string; message: string | null; waitingFor: string | null; at: string } | null;
  verdict: { cause: string; resume?: string } | null;
}

async function seen({ succeed }: Sandbox, name: string): Promise<Seen> {
  return JSON.parse(await succeed(['inspect', name])) as Seen;
}

async function inPhase(sandbox: Sandbox, name: string, phase: string): Promise<Seen> {
  await waitFor(`${name} to be ${phase}`, async () => (await seen(sandbox, name)).phase === phase);
  return seen(sandbox, name);
}

describe('claude by its profile', () => {
  test('works, is done, works again on a second prompt, and is torn down after its grace', async () => {
    const sandbox = await openSandbox('hang');
    const { service, succeed } = sandbox;
    await succeed(['spawn', '-n', 'a', '--grace', '20s', '--agent', 'claude', '--prompt', '-say hi']);
    await waitFor('its report', async () => (await seen(sandbox, 'a')).report?.state === 'working');
    expect(await seen(sandbox, 'a')).toMatchObject({ phase: 'running', report: { source: 'claude' } });
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

  test.each([
    [429, 'rate limit'],
    [529, 'overload'],
    [401, 'authentication'],
  ] as const)('waits with the reason when the service answers %i', async (status, waitingFor) => {
    const sandbox = await openSandbox({ status });
    await sandbox.succeed(['spawn', '-n', 'a', '--agent', 'claude', '--prompt', 'say hi']);
    const { reason, report } = await inPhase(sandbox, 'a', 'waiting');
    expect(report).toMatchObject({ waitingFor });
    expect(reason).toMatch(new RegExp(`^waits \\(${waitingFor}\\): .+`));
    expect(await sandbox.succeed(['ps'])).toContain(`waiting (${waitingFor})`);
  });

  test('works until its cap when the service hangs', async () => {
    const sandbox = await openSandbox('hang');
    const { succeed } = sandbox;
    await succeed(['spawn', '-n', 'a', '--max-runtime', '12s', '--agent', 'claude', '--prompt', 'say hi']);
    await waitFor('its report', async () => (await seen(sandbox, 'a')).report?.state === 'working');
    expect((await sandbox.agentctl(['wait', 'a'])).code).toBe(124);
    expect(await seen(sandbox, 'a')).toMatchObject({ result: 'timed-out', report: { state: 'working' } });
  });

  test('waits for a permission, and goes on when a person has given it', async () => {
    const sandbox = await openSandbox({ sentence, command: 'touch made' });
    const { agentctl, succeed, dir } = sandbox;
    const extra = ['--', '--permission-mode', 'manual'];
    await succeed(['spawn', '-n', 'a', '--agent', 'claude', '--prompt', 'make it', ...extra]);
    const waiting = await inPhase(sandbox, 'a', 'waiting');
    expect(waiting.report).toMatchObject({ waitingFor: 'permission', message: 'to use Bash' });
    expect((await agentctl(['send', 'a', 'hello'])).code).toBe(75);
    expect(existsSync(join(dir, 'made'))).toBe(false);
    await waitFor('the question', async () => (await succeed(['screen', 'a'])).includes('❯ 1. Yes'));
    await succeed(['send', '--force', '--keys', 'a', 'Enter']);
    expect((await agentctl(['wait', 'a', '--for', 'done', '--timeout', '30s'])).stdout).toBe('done');
    expect(existsSync(join(dir, 'made'))).toBe(true);
  });

  test('keeps a Stop hook of the project’s own, and starts within another session', async () => {
    const sandbox = await openSandbox({ sentence });
    mkdirSync(join(sandbox.dir, '.claude'));
    const his = { Stop: [{ hooks: [{ type: 'command', command: 'cat >his' }] }] };
    writeFileSync(join(sandbox.dir, '.claude', 'settings.json'), JSON.stringify({ hooks: his }));
    const env = { CLAUDECODE: '1', CLAUDE_CODE_CHILD_SESSION: '1', CLAUDE_CODE_SESSION_ID: 'another', TMUX: '/x,1,0' };
    await sandbox.succeed(['spawn', '-n', 'a', '--agent', 'claude', '--prompt', 'say hi'], { env });
    await inPhase(sandbox, 'a', 'done');
    await waitFor('his hook', () => existsSync(join(sandbox.dir, 'his')));
    expect(JSON.parse(readFileSync(join(sandbox.dir, 'his'), 'utf8'))).toMatchObject({ hook_event_name: 'Stop' });
  });

  test('is not done by a claude that it calls, though that reports too', async () => {
    const child = await startStandInService({ sentence: 'The nested one says hello.' });
    onTestFinished(child.close);
    const command = `ANTHROPIC_BASE_URL=${child.url} claude -p "say hi" >nested`;
    const sandbox = await openSandbox({ sentence, command });
    const { succeed, home, dir } = sandbox;
    mkdirSync(join(home, '.claude'), { recursive: true });
    // Hooks of the user's own, which the nested one has as well.
    writeFileSync(join(home, '.claude', 'settings.json'), await succeed(['hooks', 'claude']));
    await succeed([
      'spawn',
      '-n',
      'a',
      '--agent',
      'claude',
      '--prompt',
      'call it',
      '--',
      '--permission-mode',
      'manual',
      '--allowedTools=Bash',
    ]);
    const { report, directory, resume } = await inPhase(sandbox, 'a', 'done');
    expect(report).toMatchObject({ message: sentence });
    expect(readFileSync(join(dir, 'nested'), 'utf8')).toContain('The nested one says hello.');
    const reports = join(directory, 'reports');
    const sessions = new Set(
      readdirSync(reports)
        .filter((file) => file.endsWith('.claude'))
        .map((file) => JSON.parse(readFileSync(join(reports, file), 'utf8')).session_id as string),
    );
    expect(sessions.size).toBe(2);
    const [first = ''] = readdirSync(reports).sort();
    expect(resume).toContain(JSON.parse(readFileSync(join(reports, first), 'utf8')).session_id);
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
