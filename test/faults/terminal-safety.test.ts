// Scenario 9: what agents print, say and are called must not act on the terminal of the person who looks.
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { shellQuote } from '../../src/system/shell-quote.ts';
import { FaultBench } from '../fixtures/fault-bench.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { AGENTCTL, MANY_COMMANDS, Workbench } from '../fixtures/workbench.ts';

const AGENT_REPORT = fileURLToPath(new URL('../../bin/agent-report', import.meta.url));

const FOOL = [
  '\x1b]0;FOOLED\x07', // the title
  '\x1b]2;FOOLED\x1b\\',
  '\u009d0;FOOLED\u009c',
  '\x1bkFOOLED\x1b\\', // tmux' and screen's own title
  '\x1b]52;c;Rk9PTEVE\x07', // the clipboard
  '\x1bPtmux;\x1b\x1b]52;c;Rk9PTEVE\x07\x1b\\',
  '\x1b_FOOLED\x1b\\\x1b^FOOLED\x1b\\\x1bXFOOLED\x1b\\',
  '\x1b[2J\x1b[1;1H\x1b[?1049h\x1b[8m\u009b2J\x1bc', // the screen
  '\u202egnp.\u202c\u2066x\u2069\u200b\u2060\ufeff', // the eye
].join('');
/** Every control character of both sets, but NUL, which no argument can hold, and the slash for a name of a file. */
const CONTROLS = Array.from({ length: 0xa0 }, (_, code) => String.fromCodePoint(code))
  .filter((character) => character !== '\0' && /\p{Cc}/u.test(character))
  .join('');

/** A tmux of somebody's own, who lets programs set the title and the clipboard; what a script prints in it. */
class OuterTerminal {
  readonly #socket: string;
  readonly #raw: string;
  readonly #bench: FaultBench;

  constructor(bench: FaultBench) {
    this.#bench = bench;
    this.#socket = join(bench.dir, 'outer.sock');
    this.#raw = join(bench.dir, 'outer.raw');
    this.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', '200', '-y', '50', 'exec sleep 1000');
    bench.bystanders.add('outer terminal', Number(this.#tmux('display-message', '-p', '#{pid}')));
    this.#tmux('set', '-s', 'set-clipboard', 'on');
    this.#tmux('set', '-g', 'allow-rename', 'on');
    this.#tmux('set', '-g', 'allow-passthrough', 'on');
    this.#tmux('set', '-g', 'remain-on-exit', 'on');
  }

  /** Runs commands of agentctl there, each whatever came of the one before, and returns all bytes that they wrote. */
  async run(commands: readonly (readonly string[])[]): Promise<string> {
    const words = [process.execPath, MANY_COMMANDS, this.#bench.file('commands.json', JSON.stringify(commands))];
    const variables = { AGENTCTL_STATE_DIR: this.#bench.state, AGENTCTL_MANAGER: 'off' };
    const env = Object.entries(variables).map(([name, value]) => `${name}=${shellQuote(value)}`);
    writeFileSync(this.#raw, '');
    this.#tmux(
      ...[
        'new-window',
        '-c',
        this.#bench.dir,
        `${[...env, ...words.map(shellQuote)].join(' ')}; echo FINISHED $?; exec sleep 1000`,
      ],
      ...[';', 'pipe-pane', `exec cat >>${shellQuote(this.#raw)}`],
    );
    await waitFor('all commands', () => readFileSync(this.#raw, 'utf8').includes('FINISHED'), 100_000);
    const printed = readFileSync(this.#raw, 'utf8');
    // Each command says so on both streams, which here are the same.
    expect(printed.match(/\[ended with \d+\]/g)).toHaveLength(2 * commands.length);
    expect(printed).toContain('FINISHED 0');
    return printed;
  }

  /** What a program could have changed. */
  get state(): string {
    return this.#tmux('list-panes', '-a', '-F', '#{pane_title} #{window_name}') + this.#tmux('list-buffers');
  }

  #tmux(...args: string[]): string {
    return spawnSync('tmux', ['-S', this.#socket, ...args], { env: this.#bench.env, encoding: 'utf8' }).stdout;
  }
}

function words(line: string): string[] {
  return line.split(' ');
}

/** The first line that holds what a terminal acts on. */
function actingLine(printed: string): string | undefined {
  const acts = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;
  return printed.split('\n').find((line) => acts.test(line.replaceAll(/[\r\t]/g, '')));
}

test('nothing that an agent prints, says or is called acts on the terminal of who looks, sets its title or its clipboard', async () => {
  const bench = await FaultBench.open();
  bench.file('fool', Buffer.concat([Buffer.from(`${FOOL}${CONTROLS}\0`), Buffer.from([0xff, 0xc2, 0x9b, 0x80, 0x0a])]));
  bench.file('fool.txt', FOOL + CONTROLS.replaceAll('\n', ''));
  const folder = join(bench.dir, `d${FOOL}`);
  mkdirSync(folder);
  const named = `setsid bash -c 'exec -a "$(cat fool.txt)" sleep 1000' &`;
  const loud = await bench.launch('loud', `cat fool; ${named} sleep 0.5; exit 3`);
  const event = JSON.stringify({
    hook_event_name: 'Notification',
    notification_type: 'permission_prompt',
    message: FOOL,
  });
  bench.file('event', event);
  const report = [AGENT_REPORT, AGENTCTL].map(shellQuote);
  mkdirSync(join(bench.dir, 'asking'));
  const claude = bench.file('asking/claude', `#!/bin/sh\n${report[0]} claude <event; exec sleep 1000\n`, 0o755);
  bench.know(JSON.parse(await bench.ok('spawn', '--json', '-n', 'asks', '--grace', '0s', '--', claude, `x${FOOL}`)));
  const done = `cd "$1"; ${report[1]} done --message "$(cat ../fool.txt)"; cat ../fool; exec sleep 1000`;
  const said = ['spawn', '--json', '-n', 'said', '--grace', '1h', '-C', folder, '--label', 'k=\u202egnp'];
  bench.know(JSON.parse(await bench.ok(...said, '--', 'sh', '-c', done, 'x', folder)));
  await waitFor('what they say', async () => {
    const phases = Object.fromEntries((await bench.ps()).map(({ name, phase }) => [name, phase]));
    return phases.loud === 'ended' && phases.asks === 'waiting' && phases.said === 'done';
  });

  const outer = new OuterTerminal(bench);
  const before = outer.state;
  const looks = ['status loud', 'status asks', 'inspect said', 'logs loud', 'screen loud', 'screen said'];
  const first = await outer.run([
    ['ps'],
    ['ps', '-a', '--json'],
    ...looks.map(words),
    ['sweep', '--dry-run', '--explain'],
  ]);
  const last = await outer.run([
    ['stop', 'asks', 'said'],
    ['stop', 'said'], // which is torn down then, whatever its grace
    ['sweep', '--explain'],
    ['run', '--', 'cat', 'fool'],
  ]);
  // Its directory is no secret to an agent: it could put anything there.
  const archived = readdirSync(join(bench.state, 'archive')).find((entry) => entry.startsWith('loud.')) ?? '';
  expect(existsSync(join(bench.state, 'archive', archived, 'screen.txt'))).toBe(true);
  appendFileSync(join(bench.state, 'archive', archived, 'screen.txt'), readFileSync(join(bench.dir, 'fool')));
  const after = await outer.run(['status', 'inspect', 'screen'].map((command) => [command, `loud.${loud.runId}`]));

  for (const printed of [first, last, after]) expect(actingLine(printed)).toBe(undefined);
  expect(first).toContain('FOOLED');
  expect(before).not.toContain('FOOLED');
  expect(outer.state).not.toContain('FOOLED');
  // What was left is named as it called itself, in words that can be read.
  expect(after).toContain('"ended":[{');
  const ended = { result: 'stopped', exitCode: 143 };
  await bench.checks({ loud: { result: 'failed', exitCode: 3 }, asks: ended, said: ended });
});

test('nothing that a caller says is said back so that the terminal acts on it', async () => {
  const bench = new Workbench();
  const refused = [
    [`c${FOOL}`],
    [`--o${FOOL}`],
    ['ps', `--o${FOOL}`],
    ['ps', '--filter', FOOL],
    ['logs', FOOL],
    ['spawn', '-n', FOOL, 'true'],
    ['spawn', '-C', `/x${FOOL}`, 'true'],
    ['spawn', `/x${FOOL}`],
    ['spawn', '--stdin', `/x${FOOL}`, 'true'],
    ['--state-dir', `/dev/null/${FOOL}`, 'ps'],
    ['--state-dir', `/dev/null/${FOOL}`, 'info'],
    ['--state-dir', `/dev/null/${FOOL}`, 'doctor'],
  ];
  for (const { stdout, stderr } of await bench.many(refused)) {
    expect(actingLine(stdout + stderr)).toBe(undefined);
    expect(stdout + stderr).toContain('FOOLED');
  }
});
