// Scenario 9: secrets in an agent's environment and input reach the agent, and nobody else.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { shellQuote } from '../../src/system/shell-quote.ts';
import { FaultBench } from '../fixtures/fault-bench.ts';
import { waitFor } from '../fixtures/wait-for.ts';

/** How a secret is given, and what is given. */
const SECRETS = {
  GIVEN: 'sesame-given-41d0', // -e GIVEN, the caller's own value
  LISTED: 'sesame-listed-77a2', // --env-file
  INHERITED: 'sesame-inherited-90be', // it is in the caller's environment
  'a.name': 'sesame-odd-13c9', // no shell can set it: the documented exception
  STDIN: 'sesame-stdin-58f1', // --stdin -
};
const tell = (text: string): string[] =>
  Object.entries(SECRETS).flatMap(([how, secret]) => (text.includes(secret) ? [how] : []));

/** Who has which secret in a file of /proc: `agent sh: GIVEN`. */
function holders(file: 'cmdline' | 'environ'): string[] {
  const found = new Set<string>();
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const told = tell(readFileSync(`/proc/${pid}/${file}`, 'latin1'));
      const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
      if (told.length > 0) found.add(`${name}: ${told.join(' ')}`);
    } catch {
      // Gone, or another user's.
    }
  }
  return [...found].toSorted();
}

/** Which files below hold which secrets. */
function filesWithSecrets(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile())
    .flatMap((path) => {
      const told = tell(readFileSync(join(folder, path), 'latin1'));
      return told.length === 0 ? [] : [`${path}: ${told.join(' ')} ${modeOf(join(folder, path))}`];
    })
    .toSorted();
}

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

test('secrets of an agent are on no command line, in no record, and not in tmux', async () => {
  const bench = await FaultBench.open({ manager: true });
  // Each call of tmux is put down: most are too short to be seen in /proc.
  const calls = join(bench.dir, 'tmux.calls');
  const tmux = execFileSync('sh', ['-c', 'command -v tmux'], { env: bench.env, encoding: 'utf8' }).trim();
  mkdirSync(join(bench.dir, 'bin'));
  bench.file('bin/tmux', `#!/bin/sh\nprintf '%s\\n' "$*" >>${shellQuote(calls)}\nexec ${tmux} "$@"\n`, 0o755);
  bench.file('list', `LISTED=${SECRETS.LISTED}\n`);
  // bash: dash would drop what it cannot name.
  const proof =
    '#!/bin/bash\nenv -0 >proof; read -r line; echo "$line" >>proof; while [ ! -e go ]; do sleep 0.1; done; exit 3\n';
  const spawning = bench.runWith(
    {
      env: {
        PATH: `${join(bench.dir, 'bin')}:${bench.env.PATH}`,
        GIVEN: SECRETS.GIVEN,
        INHERITED: SECRETS.INHERITED,
        'a.name': SECRETS['a.name'],
      },
      input: `${SECRETS.STDIN}\n`,
    },
    ...['spawn', '--json', '-n', 'keeps', '--grace', '0s', '-e', 'GIVEN', '-e', 'a.name', '--env-file', 'list'],
    ...['--stdin', '-', '--', bench.worker('keeps', proof)],
  );
  const seen = new Set<string>();
  let over = false;
  const watching = (async () => {
    while (!over) {
      for (const one of holders('cmdline')) seen.add(one);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  let printed = '';
  try {
    const spawned = await spawning;
    expect(spawned).toMatchObject({ code: 0 });
    const { directory } = bench.know(JSON.parse(spawned.stdout));
    printed += spawned.stdout + spawned.stderr;
    await waitFor('the agent to have all', () => tell(readOr(join(bench.dir, 'proof'))).length === 5);

    // The agent and what it starts, nobody else: no wrapper, watchdog, tmux server, manager.
    const others = holders('environ').filter((one) => !/^(worker|sleep): GIVEN LISTED INHERITED a\.name$/.test(one));
    expect(others).toEqual([]);
    expect(existsSync(join(directory, 'env'))).toBe(false);
    const own = (file: string, what: string) => `agents/keeps/${file}: ${what} 600`;
    expect(filesWithSecrets(bench.state)).toEqual([own('launch.sh', 'a.name'), own('stdin', 'STDIN')]);
    for (const question of [
      ['show-environment', '-g'],
      ['show-environment', '-t', '=keeps'],
      ['show-environment', '-h', '-t', '=keeps'],
      ['show-options', '-A', '-t', '=keeps'],
      ['list-panes', '-a', '-F', '#{pane_start_command} #{pane_title} #{pane_current_command} #{pane_current_path}'],
      ['list-sessions', '-F', '#{session_name} #{session_path}'],
      ['capture-pane', '-p', '-S', '-', '-t', '=keeps:'],
      ['show-buffer'],
      ['show-messages', '-JT'],
    ])
      printed += spawnSync('tmux', ['-S', join(bench.state, 'tmux.sock'), ...question], { encoding: 'utf8' }).stdout;
    for (const { stdout, stderr } of await bench.many([
      ['ps', '-a', '--json'],
      ['ps', '-a'],
      ['status', 'keeps'],
      ['inspect', 'keeps'],
      ['inspect', 'keeps', '--json'],
      ['logs', '--raw', 'keeps'],
      ['screen', 'keeps'],
      ['sweep', '--dry-run', '--explain'],
      ['manager', 'status'],
      ['doctor'],
    ]))
      printed += stdout + stderr;
    bench.file('go', '');
    await bench.checks({ keeps: { result: 'failed', exitCode: 3 } });
  } finally {
    over = true;
    await watching;
  }
  expect(tell(printed)).toEqual([]);
  expect(tell(readFileSync(calls, 'utf8'))).toEqual([]);
  expect(readFileSync(calls, 'utf8')).toContain('new-session');
  // For a moment, as the documentation says: env(1) becomes the agent.
  expect([...seen].filter((one) => !/^(env|sh|worker): a\.name$/.test(one))).toEqual([]);
  const kept = filesWithSecrets(bench.state).map((line) => line.replace(/^archive\/keeps\.\w+/, ''));
  expect(kept).toEqual(['/launch.sh: a.name 600', '/stdin: STDIN 600']);
});

function readOr(path: string): string {
  return existsSync(path) ? readFileSync(path, 'latin1') : '';
}
