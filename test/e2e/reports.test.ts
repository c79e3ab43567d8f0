import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { REPORT, ReportingBench } from '../fixtures/reporting-bench.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { misfits } from './schemas.ts';

const PERMISSION = { tool_name: 'Bash', tool_input: {} };

describe.concurrent('an agent that reports', () => {
  test('is working, waiting and done by its own word, everywhere it is looked at', async ({ onTestFinished }) => {
    const bench = new ReportingBench(onTestFinished);
    await bench.ok('spawn', '-n', 'a', '--agent', 'claude', '--prompt', "-it's odd");
    bench.says('a', 'SessionStart', { source: 'startup' });
    bench.says('a', 'UserPromptSubmit', { prompt: 'x' });
    bench.says('a', 'PermissionRequest', PERMISSION);
    const waiting = await bench.inPhase('a', 'waiting');
    expect(waiting).toMatchObject({
      reason: 'waits (permission): to use Bash',
      report: { state: 'waiting', source: 'claude', waitingFor: 'permission', message: 'to use Bash' },
      resume: `cd ${bench.dir} && claude --resume s-1`,
      evidence: { report: 'waiting (permission), by claude: to use Bash' },
    });
    expect(misfits('agent', waiting)).toEqual([]);
    expect(await bench.ok('ps')).toContain('waiting (permission)');
    expect(await bench.ok('ps', '-q', '--filter', 'phase=waiting')).toBe('a\n');
    expect(await bench.ok('status', 'a')).toMatch(/^status +waiting \(permission\)$/m);

    bench.says('a', 'PostToolUse', PERMISSION);
    await bench.inPhase('a', 'running');
    bench.says('a', 'Stop', { last_assistant_message: 'All tests pass.\nTwice.', background_tasks: [] });
    expect(await bench.inPhase('a', 'done')).toMatchObject({
      reason: 'said that it is done (success): All tests pass.',
      report: { state: 'done', status: 'success', message: 'All tests pass.\nTwice.' },
    });
    expect(await bench.ok('ps')).toMatch(/ done \(grace [45]:\d\d\) /);
    // Its prompt, its settings and nothing else were given to it.
    expect((await bench.ok('logs', 'a')).split('\n').slice(0, 4)).toEqual([
      '<--settings>',
      `<${join(bench.state, 'agents', 'a', 'settings.json')}>`,
      '<-->',
      "<-it's odd>",
    ]);
  });

  test('waits for the service that refuses it, with the reason', async ({ onTestFinished }) => {
    const bench = new ReportingBench(onTestFinished);
    await bench.ok('spawn', '-n', 'a', '--agent', 'claude');
    bench.says('a', 'StopFailure', { error: 'rate_limit', last_assistant_message: 'API Error: 429' });
    expect(await bench.inPhase('a', 'waiting')).toMatchObject({ reason: 'waits (rate limit): API Error: 429' });
    expect(await bench.ok('ps')).toContain('waiting (rate limit)');
    // No question: what is sent is no answer to one.
    await bench.ok('send', 'a', 'try again');
    await bench.inPhase('a', 'running');
  });

  test('is torn down after its grace with the result that it gave itself, and how to take it up again', async ({
    onTestFinished,
  }) => {
    const bench = new ReportingBench(onTestFinished).withManager() as ReportingBench;
    await bench.ok('spawn', '-n', 'a', '--grace', '11s', '--agent', 'claude', '--prompt', 'x');
    bench.says('a', 'Stop', { last_assistant_message: 'first' });
    await bench.inPhase('a', 'done');
    bench.says('a', 'UserPromptSubmit');
    await bench.inPhase('a', 'running');
    bench.says('a', 'Stop', { last_assistant_message: 'second' });
    expect((await bench.run('wait', 'a')).code).toBe(0);
    await waitFor('the teardown', async () => (await bench.agent('a')).archived);
    const ended = await bench.agent('a');
    expect(ended).toMatchObject({ result: 'succeeded', reason: expect.stringContaining('second') });
    expect(bench.record(ended, 'verdict.json')).toMatchObject({
      cause: 'done',
      said: 'success',
      resume: `cd ${bench.dir} && claude --resume s-1`,
    });
  });

  test('is torn down after its grace though it was told more just as it was seen to be done', async ({
    onTestFinished,
  }) => {
    const bench = new ReportingBench(onTestFinished).withManager() as ReportingBench;
    const says = (event: string) =>
      `printf '{"session_id":"s-1","hook_event_name":"${event}"}' | sh '${REPORT}' claude; sleep "$PAUSE"`;
    const events = ['Stop', 'UserPromptSubmit', 'Stop'].map(says).join('\n');
    bench.installed('claude', `#!/bin/sh\n${events}\nexec sleep 1000\n`);
    const agents = Array.from({ length: 12 }, (_, at) => ({ name: `a${at}`, PAUSE: `${at / 100}` }));
    const spawn = ['spawn', '--grace', '1s', '--agent', 'claude'];
    await Promise.all(
      agents.map(({ name, PAUSE }) => bench.runWith({ env: { ...bench.env, PAUSE } }, ...spawn, '-n', name)),
    );
    const { code, stderr } = await bench.run('wait', '--timeout', '40s', ...agents.map(({ name }) => name));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('is not done by a nested session, nor by what nobody understands', async ({ onTestFinished }) => {
    const bench = new ReportingBench(onTestFinished);
    await bench.ok('spawn', '-n', 'a', '--agent', 'claude');
    bench.says('a', 'SessionStart', { source: 'startup' });
    bench.says('a', 'SessionStart', { source: 'startup', session_id: 's-2' });
    bench.says('a', 'Stop', { session_id: 's-2' });
    bench.says('a', 'Stop', { agent_id: 'a1' });
    bench.says('a', 'SomethingNew');
    bench.types('a', '{"hook_event_name":"Stop", half of it');
    const reports = join(bench.state, 'agents', 'a', 'reports');
    await waitFor('all to be there', () => readdirSync(reports).length === 6);
    expect(await bench.agent('a')).toMatchObject({
      phase: 'running',
      report: null,
      evidence: { report: expect.stringMatching(/^none; not understood: \d{15}-\d+\.claude$/) },
    });
  });

  test('whose program is called by a script is not done when that is', async ({ onTestFinished }) => {
    const bench = new ReportingBench(onTestFinished);
    const script = `printf '{"session_id":"s","hook_event_name":"Stop"}' | sh '${REPORT}' claude; echo >said; exec sleep 1000`;
    await bench.ok('spawn', '-n', 'a', '--', 'sh', '-c', script);
    await bench.written('said');
    expect(await bench.agent('a')).toMatchObject({ phase: 'running', report: null });
  });
});

describe.concurrent('send', () => {
  test.for([
    ['permission', PERMISSION],
    ['answer', { tool_name: 'AskUserQuestion' }],
  ] as const)('answers no question of %s unawares', async ([waitingFor, fields], { onTestFinished }) => {
    const bench = new ReportingBench(onTestFinished);
    await bench.ok('spawn', '-n', 'a', '--agent', 'claude');
    bench.says('a', 'PermissionRequest', fields);
    await bench.inPhase('a', 'waiting');
    for (const words of [
      ['a', 'text'],
      ['--keys', 'a', 'Enter'],
    ]) {
      expect(await bench.run('send', ...words)).toEqual({
        code: 75,
        stdout: '',
        stderr: `agentctl: a waits (${waitingFor}): to use ${fields.tool_name}, and would take this for the answer: look at "agentctl screen a", then answer with --force\n`,
      });
    }
    expect(await bench.ok('send', '--force', '--keys', 'a', 'Enter')).toBe('');
    expect(await bench.agent('a')).toMatchObject({ phase: 'running', report: { source: 'send' } });
  });
});

describe.concurrent('wait', () => {
  test('--for ends with 0 once it is there, and prints where', async ({ onTestFinished }) => {
    const bench = new ReportingBench(onTestFinished);
    for (const name of ['a', 'b']) await bench.ok('spawn', '-n', name, '--agent', 'claude');
    const done = bench.start(['wait', 'a', '--for', 'done']);
    let [said, noted] = ['', ''];
    done.stdout?.on('data', (chunk) => (said += chunk));
    done.stderr?.on('data', (chunk) => (noted += chunk));
    const doneEnded = new Promise((resolve) => done.on('close', resolve));
    const both = bench.run('wait', 'a', 'b', '--for', 'waiting', '--timeout', '60s');
    bench.says('b', 'Notification', { notification_type: 'permission_prompt' });
    bench.says('a', 'Notification', { notification_type: 'elicitation_dialog' });
    const waiting = await both;
    expect(waiting.code).toBe(0);
    expect(waiting.stdout.split('\n').sort()).toEqual(['', 'a waiting', 'b waiting']);
    await waitFor('the other to have seen it', () => noted !== '');
    bench.says('a', 'Stop');
    expect([await doneEnded, said, noted]).toEqual([0, 'done\n', 'agentctl: a waits (answer)\n']);
    // It is so already.
    expect(await bench.run('wait', 'a', '--for', 'done')).toEqual({ code: 0, stdout: 'done\n', stderr: '' });
    expect(await bench.run('wait', 'a', '--for', 'waiting', '--timeout', '0')).toMatchObject({ code: 75, stdout: '' });
  });

  test('--for ends with 1 when it ends otherwise', async ({ onTestFinished }) => {
    const bench = new ReportingBench(onTestFinished);
    await bench.ok('spawn', '-n', 'fails', 'sh', '-c', 'exit 3');
    await bench.ok('spawn', '-n', 'succeeds', 'true');
    const wait = (...words: string[]) => bench.run('wait', ...words);
    expect(await wait('fails', '--for', 'done')).toEqual({ code: 1, stdout: 'ended\n', stderr: '' });
    expect(await wait('fails', '--for', 'waiting')).toMatchObject({ code: 1, stdout: 'ended\n' });
    expect(await wait('fails', '--for', 'ended')).toMatchObject({ code: 0, stdout: 'ended\n' });
    // It has finished, though it did not say so before.
    expect(await wait('succeeds', '--for', 'done')).toMatchObject({ code: 0, stdout: 'ended\n' });
    expect(await wait('succeeds', '--for', 'waiting')).toMatchObject({ code: 1 });
    const listed = await wait('succeeds', '--for', 'ended', '--json');
    expect(misfits('agent', JSON.parse(listed.stdout))).toEqual([]);
  });

  test('says on stderr when one begins to wait, each time', async ({ onTestFinished }) => {
    const bench = new ReportingBench(onTestFinished);
    await bench.ok('spawn', '-n', 'a', '--agent', 'claude');
    const wait = bench.start(['wait', 'a']);
    let stderr = '';
    wait.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk;
    });
    const code = new Promise((resolve) => wait.on('close', resolve));
    const said = 'agentctl: a waits (permission): to use Bash\n';
    for (const times of [1, 2]) {
      bench.says('a', 'PermissionRequest', PERMISSION);
      await waitFor('the word of it', () => stderr === said.repeat(times));
      bench.says('a', 'PostToolUse', PERMISSION);
      await bench.inPhase('a', 'running');
      bench.says('a', 'UserPromptSubmit');
    }
    bench.types('a', 'exit 4');
    expect(await code).toBe(4);
    expect(stderr).toBe(said.repeat(2));
  });
});

describe.concurrent('a profile', () => {
  test('keeps the settings that the user gives, with his hooks', async ({ onTestFinished }) => {
    const bench = new ReportingBench(onTestFinished);
    bench.file('own.json', '{"model":"opus","hooks":{"Stop":[{"hooks":[{"type":"command","command":"his"}]}]}}');
    await bench.ok('spawn', '-n', 'a', '--agent', 'claude', '--', '--settings', 'own.json', '--verbose');
    const settings = JSON.parse(readFileSync(join(bench.state, 'agents/a/settings.json'), 'utf8'));
    expect(settings.model).toBe('opus');
    expect(settings.hooks.Stop).toHaveLength(2);
    expect(settings.hooks.Stop[0].hooks[0].command).toBe('his');
    expect((await bench.agent('a')).command).toEqual([
      'claude',
      '--settings',
      join(bench.state, 'agents/a/settings.json'),
      '--verbose',
    ]);
  });

  test('turns a prompt that no argument holds into a file', async ({ onTestFinished }) => {
    const bench = new ReportingBench(onTestFinished);
    const prompt = `${'x'.repeat(200_000)}\n`;
    bench.file('prompt.md', prompt);
    await bench.ok('spawn', '-n', 'a', '--agent', 'claude', '--prompt-file', 'prompt.md');
    const file = join(bench.state, 'agents/a/prompt.md');
    expect(readFileSync(file, 'utf8')).toBe(prompt);
    const { command } = (await bench.agent('a')) as unknown as { command: string[] };
    expect(command.slice(1)).toEqual([
      '--add-dir',
      join(bench.state, 'agents/a'),
      '--settings',
      join(bench.state, 'agents/a/settings.json'),
      '--',
      `Read the file ${file} and do what it says.`,
    ]);
  });

  test('reads the prompt from stdin', async ({ onTestFinished }) => {
    const bench = new ReportingBench(onTestFinished);
    await bench.runWith({ input: 'what to do' }, 'spawn', '-n', 'a', '--agent', 'claude', '--prompt-file', '-');
    expect((await bench.agent('a')).command).toContain('what to do');
  });

  test('of the user’s own is listed, started, and understood by whose hooks it has', async ({ onTestFinished }) => {
    const bench = new ReportingBench(onTestFinished);
    bench.configure({
      profiles: {
        reviewer: { agent: 'claude', command: ['claude', '--model', 'opus'], env: { ROLE: 'reviewer' } },
        plain: { command: ['nowhere-to-be-found'], prompt: ['--message', '{prompt}'], install: 'ask Eve' },
      },
    });
    const listed = JSON.parse(await bench.ok('agents', '--json'));
    expect(misfits('profiles', listed)).toEqual([]);
    expect(listed.profiles).toContainEqual(
      expect.objectContaining({ name: 'reviewer', agent: 'claude', program: join(bench.dir, 'bin/claude') }),
    );
    expect(await bench.ok('agents')).toMatch(/^plain +not installed: ask Eve +nothing but "agentctl done"/m);
    await bench.ok('spawn', '-n', 'a', '--agent', 'reviewer', '--prompt', 'x');
    bench.says('a', 'Stop');
    await bench.inPhase('a', 'done');
    expect(bench.record(await bench.agent('a'), 'spec.json')).toMatchObject({ agent: 'reviewer', reports: 'claude' });
    expect((await bench.agent('a')).command).toEqual(expect.arrayContaining(['--model', 'opus', '--', 'x']));
  });

  test.for<[string, string[], string]>([
    ['is none', ['--agent', 'claud'], '--agent: there is no profile "claud": did you mean claude?'],
    ['is not installed', ['--agent', 'plain'], '--agent plain: nowhere-to-be-found is not installed: ask Eve'],
    ['has no prompt in it', ['--agent', 'claude', '--prompt', ' '], 'the prompt is empty: say what is to be done'],
    [
      'has two prompts',
      ['--agent', 'claude', '--prompt', 'x', '--prompt-file', 'y'],
      '--prompt and --prompt-file exclude each other: choose one',
    ],
    [
      'has a prompt that cannot be read',
      ['--agent', 'claude', '--prompt-file', 'nowhere'],
      '--prompt-file: nowhere cannot be read (no such file or directory): give a file that can',
    ],
    ['is missing for its prompt', ['--prompt', 'x', 'true'], '--prompt is for a profile: add --agent claude, say'],
    [
      'has settings that are none',
      ['--agent', 'claude', '--', '--settings', '{"half'],
      '--settings: what is given cannot be read (they are not JSON): give a file or an object',
    ],
    [
      'has a NUL in its prompt',
      ['--agent', 'claude', '--prompt-file', 'nul'],
      'the argument "a\\u0000b…" holds a NUL byte, which no program can be given: remove it',
    ],
  ])('that %s starts nothing', async ([, words, sentence], { onTestFinished }) => {
    const bench = new ReportingBench(onTestFinished);
    bench.file('nul', 'a\0b');
    bench.configure({ profiles: { plain: { command: ['nowhere-to-be-found'], install: 'ask Eve' } } });
    expect(await bench.run('spawn', ...words)).toEqual({ code: 2, stdout: '', stderr: `agentctl: ${sentence}\n` });
    expect(bench.traces()).toEqual([]);
  });

  // The other ways are in test/unit/store/config-file.
  test('in a damaged configuration is refused with its place', async ({ onTestFinished }) => {
    const bench = new ReportingBench(onTestFinished);
    bench.configure('{"profiles":{"x":{}}}');
    const file = join(bench.dir, 'config', 'agentctl', 'config.json');
    expect(await bench.run('spawn', '--agent', 'claude')).toEqual({
      code: 2,
      stdout: '',
      stderr: `agentctl: ${file}:1: profiles.x is {}: write what is called: {"command": ["my-agent", "--quiet"]} (schemas/config.schema.json)\n`,
    });
    expect(bench.traces()).toEqual([]);
  });
});

describe.concurrent('a command that could report', () => {
  test('is hinted at once, unless the user’s own settings have the hooks', async ({ onTestFinished }) => {
    const bench = new ReportingBench(onTestFinished);
    const hint =
      'agentctl: claude can say when it is done and when it waits: start it with --agent claude, or see "agentctl hooks claude"\n';
    expect((await bench.run('spawn', '--', 'claude')).stderr).toBe(hint);
    expect((await bench.run('spawn', '--agent', 'claude')).stderr).toBe('');
    expect((await bench.run('spawn', '--', 'true')).stderr).toBe('');
    mkdirSync(join(bench.dir, '.claude'));
    writeFileSync(join(bench.dir, '.claude', 'settings.json'), await bench.ok('hooks', 'claude'));
    expect((await bench.run('spawn', '-n', 'own', '--', 'claude')).stderr).toBe('');
    // And then it is heard.
    bench.says('own', 'Stop');
    await bench.inPhase('own', 'done');
  });

  test.for(['claude', 'codex', 'gemini', 'opencode'])(
    '%s has hooks to print, which call what is there',
    async (agent, { onTestFinished }) => {
      const bench = new ReportingBench(onTestFinished);
      const text = await bench.ok('hooks', agent);
      expect(text).toContain(REPORT);
      expect(existsSync(REPORT)).toBe(true);
    },
  );

  test('of which nothing is known has none', async ({ onTestFinished }) => {
    const bench = new ReportingBench(onTestFinished);
    expect(await bench.run('hooks', 'x')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^agentctl: hooks: "x" /),
    });
    expect(await bench.run('hooks')).toMatchObject({ code: 2 });
    expect(await bench.run('wait', 'x', '--for', 'ever')).toMatchObject({
      code: 125,
      stderr: 'agentctl: --for: "ever" is nothing to wait for: write done, waiting or ended\n',
    });
  });
});
