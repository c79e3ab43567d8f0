import { describe, expect, test } from 'vitest';
import { type Completed, completionScript } from '../../../src/view/completion-script.ts';

const COMMANDS: Completed[] = [
  { name: 'ps', summary: "Lists agents, also somebody's", options: ['all', 'json'], takesNames: false },
  { name: 'stop', summary: 'Stops agents', options: ['kill-after'], takesNames: true },
  { name: 'info', summary: 'Says where', options: [], takesNames: false },
];

const ASKS_FOR_NAMES = 'agentctl ps -aq 2>/dev/null';

describe.each(['bash', 'zsh'] as const)('completion in %s', (shell) => {
  const script = completionScript(shell, COMMANDS);

  test('offers every command, and the flags of agentctl itself', () => {
    expect(script).toContain("'') words='ps stop info --state-dir --help --version' ;;");
  });

  test('offers the options of each command, and names where it takes them', () => {
    expect(script).toContain("ps) words='--all --json' ;;");
    expect(script).toContain(`stop) words='--kill-after'; [[ $word == -* ]] || words=$(${ASKS_FOR_NAMES}) ;;`);
    expect(script).toContain("info) words='' ;;");
  });

  test('is registered for agentctl, and falls back to files', () => {
    expect(script).toMatch(/\ncomplete -o default -F _agentctl agentctl\n$/);
  });

  test('passes over --state-dir and its value to find the command', () => {
    expect(script).toContain('--state-dir) ((at++)) ;;');
  });
});

describe('completion in zsh', () => {
  test("is a completion file that runs bash's", () => {
    const script = completionScript('zsh', COMMANDS);
    expect(script).toMatch(/^#compdef agentctl\n/);
    expect(script).toContain('bashcompinit');
    expect(script).toContain(completionScript('bash', COMMANDS));
  });
});

describe('completion in fish', () => {
  const lines = completionScript('fish', COMMANDS).split('\n');

  test('offers every command with its summary while there is none yet', () => {
    expect(lines).toContain(
      "complete -c agentctl -f -n 'not __fish_seen_subcommand_from ps stop info' -a stop -d 'Stops agents'",
    );
  });

  test('offers the options of the command that stands there', () => {
    expect(lines.filter((line) => line.includes(' -l '))).toEqual([
      "complete -c agentctl -n '__fish_seen_subcommand_from ps' -l all",
      "complete -c agentctl -n '__fish_seen_subcommand_from ps' -l json",
      "complete -c agentctl -n '__fish_seen_subcommand_from stop' -l kill-after",
    ]);
  });

  test('offers names to the commands that take them only', () => {
    expect(lines.filter((line) => line.includes(ASKS_FOR_NAMES))).toEqual([
      `complete -c agentctl -f -n '__fish_seen_subcommand_from stop' -a '(${ASKS_FOR_NAMES})'`,
    ]);
  });

  test('has every quote closed, also with an apostrophe in a summary', () => {
    for (const line of lines) expect(line.split("'").length % 2, line).toBe(1);
    expect(lines.join('\n')).toContain('somebody’s');
  });
});
