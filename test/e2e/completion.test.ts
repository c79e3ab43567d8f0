import { describe, expect, test } from 'vitest';
import { Workbench } from '../fixtures/workbench.ts';
import { shell } from './processes.ts';

/** What bash offers for a command line whose cursor stands at its end. */
async function completed(bench: Workbench, line: string): Promise<string[]> {
  const words = line.split(' ');
  const { stdout, stderr, code } = await shell(
    bench,
    `agentctl() { "$NODE" "$AGENTCTL" "$@"; }
source <(agentctl completion bash)
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}) COMP_CWORD=${words.length - 1}
_agentctl
printf '%s\\n' "\${COMPREPLY[@]}"`,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.split('\n').filter(Boolean).toSorted();
}

describe.concurrent('completion', () => {
  test('bash completes commands, options and names', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'fix-login', 'sleep', '1000');
    await bench.ok('spawn', '-n', 'fix-logout', 'true');
    expect(await completed(bench, 'agentctl s')).toEqual([
      ...['screen', 'send', 'spawn', 'stats', 'status', 'stop', 'sweep'],
    ]);
    expect(await completed(bench, 'agentctl --s')).toEqual(['--state-dir']);
    expect(await completed(bench, 'agentctl spawn --max')).toEqual(['--max-idle', '--max-runtime']);
    expect(await completed(bench, 'agentctl ps --')).toEqual([
      '--all',
      '--filter',
      '--help',
      '--json',
      '--quiet',
      '--sort',
      '--state-dir',
      '--tree',
      '--watch',
    ]);
    expect(await completed(bench, 'agentctl stop fix')).toEqual(['fix-login', 'fix-logout']);
    expect(await completed(bench, 'agentctl stop fix-login fix-logo')).toEqual(['fix-login', 'fix-logout'].slice(1));
    expect(await completed(bench, `agentctl --state-dir ${bench.state} logs fix-logi`)).toEqual(['fix-login']);
    expect(await completed(bench, 'agentctl logs --fo')).toEqual(['--follow']);
    expect(await completed(bench, 'agentctl nonsense x')).toEqual([]);
  });

  test('is registered with bash, whose own parser takes the script', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    bench.file('script', await bench.ok('completion', 'bash'));
    expect(await shell(bench, 'bash -n script && source ./script && complete -p agentctl')).toEqual({
      code: 0,
      stdout: 'complete -o default -F _agentctl agentctl\n',
      stderr: '',
    });
  });

  test.for(['zsh', 'fish'])(
    '%s gets a script that knows every command and option',
    async (program, { onTestFinished }) => {
      const bench = new Workbench(onTestFinished);
      const script = await bench.ok('completion', program);
      for (const word of ['spawn', 'doctor', 'kill-after', 'with-parent', 'agentctl ps -aq'])
        expect(script).toContain(word);
      bench.file('script', script);
      // Where that shell is not installed, only the content can be looked at.
      const parsed = await shell(bench, `command -v ${program} >/dev/null || exit 0; ${program} -n script`);
      expect(parsed).toEqual({ code: 0, stdout: '', stderr: '' });
    },
  );

  test('refuses a shell that it does not know', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    for (const args of [[], ['tcsh'], ['bash', 'zsh']]) {
      expect(await bench.run('completion', ...args)).toEqual({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(/^agentctl: completion takes one shell: [^\n]+\n$/),
      });
    }
  });
});
