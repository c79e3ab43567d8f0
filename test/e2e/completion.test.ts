import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { mayBeSkipped } from '../fixtures/installed.ts';
import { Workbench } from '../fixtures/workbench.ts';
import { shell } from './processes.ts';

const COMPLETIONS = fileURLToPath(new URL('../../completions', import.meta.url));
const BEGIN_WITH_S = ['screen', 'send', 'service', 'spawn', 'stats', 'status', 'stop', 'sweep'];

/** Command lines with the cursor at their end, and what each shell offers there. */
const LINES: readonly (readonly [line: string, offered: readonly string[]])[] = [
  ['agentctl s', BEGIN_WITH_S],
  ['agentctl --st', ['--state-dir']],
  ['agentctl spawn --max', ['--max-idle', '--max-parallel', '--max-runtime']],
  ['agentctl manager ', ['run', 'start', 'status', 'stop']],
  ['agentctl service u', ['uninstall']],
  ['agentctl config ', ['path', 'validate']],
  ['agentctl stop fix', ['fix-login', 'fix-logout']],
  ['agentctl stop fix-login fix-logo', ['fix-logout']],
  ['agentctl stop old', []],
  ['agentctl logs old', ['old-one']],
  ['agentctl wait --timeout 5 fix-logi', ['fix-login']],
  ['agentctl --state-dir "../state" stop fix-logi', ['fix-login']],
  ['agentctl --state-dir nowhere stop fix', []],
  ['agentctl wait --for ', ['done', 'ended', 'waiting']],
  ['agentctl spawn --agent c', ['claude', 'codex']],
  ['agentctl stop --kill-a', ['--kill-after']],
  ['agentctl run -n one ls a-f', ['a-file']],
];

/** A state directory whose names the shell has to read itself: agentctl, asked for anything, says so in a file. */
function prepare(bench: Workbench): void {
  const hostile = 'agents/$(touch pwned)';
  for (const folder of [
    'agents/fix-login',
    'agents/fix-logout',
    'agents/.new.0mabcdefgh',
    'agents/fix\nfix-lines',
    hostile,
    'archive/old-one.0mabcdefgh',
  ])
    mkdirSync(join(bench.state, folder), { recursive: true });
  for (const folder of ['bin', 'home', 'work']) mkdirSync(join(bench.dir, folder));
  const answer = JSON.stringify({ stateDirectory: bench.state });
  bench.file('bin/agentctl', `#!/bin/sh\necho asked >>'${bench.dir}/asked'\necho '${answer}'\n`, 0o755);
  bench.file('work/a-file', '');
  bench.env.PATH = `${join(bench.dir, 'bin')}:${bench.env.PATH}`;
  bench.env.HOME = join(bench.dir, 'home');
}

/** Of each line: what it offers, sorted; printed as `LINE\tONE TWO`. */
const PROGRAMS: Readonly<Record<string, (lines: readonly string[]) => string>> = {
  bash: (lines) => `set -u
source '${COMPLETIONS}/agentctl.bash'
offers() {
  # As readline has them: with their quotes, and an empty one at the end.
  COMP_WORDS=($1)
  [[ $1 != *' ' ]] || COMP_WORDS+=('')
  COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
  _agentctl
  # Where nothing is offered, "-o default" is for files.
  [[ \${#COMPREPLY[@]} -gt 0 ]] || COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
  printf '%s\\n' "\${COMPREPLY[@]-}" | sort -u | tr '\\n' ' '
}
${lines.map((line) => `printf '%s\\t%s\\n' '${line}' "$(offers '${line}')"`).join('\n')}`,
  fish: (lines) => `source '${COMPLETIONS}/agentctl.fish'
${lines.map((line) => `printf '%s\\t%s\\n' '${line}' (complete -C '${line}' | string split -f1 \\t | string trim -r -c / | sort -u | string join ' ')`).join('\n')}`,
  // A person's shell, in a terminal of its own; what is offered is heard by the function that would show it.
  zsh: (lines) => `zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PROMPT= fpath=(${COMPLETIONS} $fpath); autoload -U compinit; compinit -u -d ../dump'
zpty -w shell 'compadd() { local -a heard; builtin compadd -O heard "$@"; print -rn -- "\${heard[*]} " >>../hearing; builtin compadd "$@" }'
zpty -w shell 'zle -C offers complete-word all; all() { : >../hearing; _main_complete; compstate[insert]= compstate[list]=; mv ../hearing ../heard }; bindkey "^I" offers'
${lines
  .map(
    (line) => `zpty -w -n shell '${line}'$'\\t'
until [[ -e ../heard ]]; do sleep 0.02; done
printf '%s\\t%s\\n' '${line}' "\${(j: :)\${(ou)=$(<../heard)}}"
rm ../heard
zpty -w -n shell $'\\C-U'
while zpty -r -t shell shown; do :; done`,
  )
  .join('\n')}
zpty -d shell`,
};

describe.concurrent('completion', () => {
  for (const program of ['bash', 'fish', 'zsh']) {
    test.skipIf(mayBeSkipped(program))(
      `${program} completes commands, options, values, and names without agentctl`,
      async ({ onTestFinished }) => {
        const bench = new Workbench(onTestFinished);
        prepare(bench);
        bench.file('script', PROGRAMS[program]?.(LINES.map(([line]) => line)) ?? '');
        const { stdout, stderr } = await shell(bench, `cd work && exec ${program} ../script`);
        const offered = stdout
          .trimEnd()
          .split('\n')
          .map((row) => row.split('\t'))
          .map(([line, words = '']) => [line, words.split(' ').filter(Boolean)]);
        expect(offered, stderr).toEqual(LINES);
        expect(existsSync(join(bench.dir, 'asked'))).toBe(false);
        expect(existsSync(join(bench.dir, 'work', 'pwned'))).toBe(false);
      },
    );
  }

  test('asks agentctl once where the state directory is, where nobody says it', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    prepare(bench);
    const ask = `COMP_WORDS=(agentctl stop fix) COMP_CWORD=2; _agentctl; echo "\${COMPREPLY[@]}"`;
    const script = `unset AGENTCTL_STATE_DIR; source '${COMPLETIONS}/agentctl.bash'; ${ask}; ${ask}; cat asked`;
    expect(await shell(bench, script)).toMatchObject({
      stdout: 'fix-login fix-logout\nfix-login fix-logout\nasked\n',
      stderr: '',
    });
  });

  test('is what the command prints, and registers itself', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const words = [['bash'], ['zsh'], ['fish'], [], ['tcsh'], ['bash', 'zsh'], ['toString']];
    const said = await bench.many(words.map((one) => ['completion', ...one]));
    for (const [at, file] of ['agentctl.bash', '_agentctl', 'agentctl.fish'].entries())
      expect(said[at]).toEqual({ code: 0, stdout: readFileSync(join(COMPLETIONS, file), 'utf8'), stderr: '' });
    for (const refused of said.slice(3)) {
      expect(refused).toEqual({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(/^agentctl: completion takes one shell: [^\n]+\n$/),
      });
    }
    bench.file('script', said[0]?.stdout ?? '');
    expect(await shell(bench, 'source ./script && complete -p agentctl')).toEqual({
      code: 0,
      stdout: 'complete -o default -F _agentctl agentctl\n',
      stderr: '',
    });
  });
});
