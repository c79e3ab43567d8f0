// What Claude Code itself tells through the hooks that its profile puts in, and what becomes of it by that.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { inPhase, openSandbox, seen } from './sandbox.ts';
import { startStandInService } from './stand-in-service.ts';

const sentence = 'The stand-in says hello.';

describe('claude by its profile', () => {
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
});
