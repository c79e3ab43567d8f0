import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { environmentOf, openSandbox } from './sandbox.ts';
import { startStandInService } from './stand-in-service.ts';

const sentence = 'The stand-in says hello.';

describe('claude, started by another session', () => {
  test('has none of the marks of that session', async () => {
    // What a Bash tool call of Claude Code 2.1.330 has, and what its hooks, its MCP servers and an editor's terminal add.
    const callingSession: Record<string, string> = {
      AI_AGENT: 'claude-code_2-1-330_agent',
      CLAUDECODE: '1',
      CLAUDE_CODE_CHILD_NOTES_DIR: '/nowhere',
      CLAUDE_CODE_CHILD_SESSION: '1',
      CLAUDE_CODE_ENTRYPOINT: 'cli',
      CLAUDE_CODE_EXECPATH: '/nowhere/claude',
      CLAUDE_CODE_LAUNCHED_BY_SESSION_IDS: '68f92561-9659-42a2-9cea-8fb31d84c5b4',
      CLAUDE_CODE_MESSAGING_SOCKET: '/nowhere/1.sock',
      CLAUDE_CODE_MESSAGING_TOKEN: 'f1713b1b4b81d2703656854d85f8ec8f',
      CLAUDE_CODE_SESSION_ATTENDED: '0',
      CLAUDE_CODE_SESSION_ID: '68f92561-9659-42a2-9cea-8fb31d84c5b4',
      CLAUDE_CODE_SSE_PORT: '1',
      CLAUDE_EFFORT: 'medium',
      CLAUDE_PID: '1',
      CLAUDE_PROJECT_DIR: '/nowhere',
      TMUX: '/nowhere/default,1,0',
      TMUX_PANE: '%0',
    };
    const { succeed } = await openSandbox({ sentence });
    const spawned = await succeed(['spawn', '-n', 'nested', '--json', '--', 'claude'], { env: callingSession });
    const { runId, directory } = JSON.parse(spawned) as { runId: string; directory: string };
    await waitFor('the prompt on the screen', async () => /^❯/m.test(await succeed(['screen', 'nested'])));
    // Claude Code says so where it finds the marks of another session.
    expect(await succeed(['screen', 'nested'])).not.toContain('Transcript saving is off');

    const own = environmentOf(startedAgent(directory));
    expect(own).toMatchObject({ AGENTCTL_NAME: 'nested', AGENTCTL_RUN_ID: runId });
    expect(Object.keys(callingSession).filter((name) => own[name] === callingSession[name])).toEqual([]);
  });

  test('is a child of its own when the Bash tool of an agent spawns it', async () => {
    const childService = await startStandInService({ sentence });
    onTestFinished(childService.close);
    const child = `-e ANTHROPIC_BASE_URL=${childService.url} -- sh -c 'env; exec claude -p "say hi"'`;
    const { env, succeed } = await openSandbox({
      sentence: 'The child runs.',
      command: `agentctl spawn -n child ${child}`,
    });
    const mother = ['claude', '-p', 'start a child', '--allowedTools', 'Bash'];
    expect(await succeed(['run', '-n', 'mother', '--', ...mother])).toContain('The child runs.');
    await succeed(['wait', 'child', '--timeout', '30s']);

    const log = await succeed(['logs', 'child']);
    expect(log).toContain(sentence);
    // Whatever this version of Claude Code gives its children, and not only what the list above knows of.
    const names = [...log.matchAll(/^(\w+)=/gm)].map(([, name = '']) => name);
    expect(names).toContain('AGENTCTL_RUN_ID');
    expect(names.filter((name) => /^(AI_AGENT|CLAUDE)/.test(name) && !(name in env))).toEqual([]);
    const inspected = JSON.parse(await succeed(['inspect', 'child', '--json']));
    expect(inspected).toMatchObject({ result: 'succeeded', parent: { name: 'mother' } });
  });
});

/** The agent's own pid, as its directory has it. */
function startedAgent(directory: string): number {
  const started = JSON.parse(readFileSync(join(directory, 'started.json'), 'utf8')) as { agent: { pid: number } };
  return started.agent.pid;
}
