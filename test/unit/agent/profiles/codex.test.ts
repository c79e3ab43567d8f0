import { parse } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import { codexConfig } from '../../../../src/agent/profiles/codex.ts';
import { type HookTag, hookCommand, notifyWords } from '../../../../src/agent/profiles/hook-commands.ts';

const hook = (report: string, timeout: number, tag?: HookTag) => [
  { hooks: [{ type: 'command', command: hookCommand(report, 'codex', tag), timeout }] },
];

describe.each(['/opt/agentctl/bin/agent-report', `/home/o'brien/my "tools"/a\\b/agent-report`, '/ü/ \t#/agent-report'])(
  'what stands in config.toml for %j',
  (report) => {
    test('is TOML that calls it: by notify at its very top, and by hooks', () => {
      expect(parse(codexConfig(report))).toEqual({
        notify: notifyWords(report, []),
        hooks: {
          SessionStart: hook(report, 10, 'session'),
          UserPromptSubmit: hook(report, 10),
          PermissionRequest: hook(report, 10),
          PostToolUse: hook(report, 10, 'tool'),
          Stop: hook(report, 10),
          // Codex warns of more.
          Interrupt: hook(report, 3),
        },
      });
    });
  },
);

// Its comment tells people to put a program of their own there.
test('notify ends in the word behind which a program of the user goes', () => {
  const { notify } = parse(codexConfig('/r')) as { notify: string[] };
  expect([...notify, 'notify-send', 'Codex']).toEqual(notifyWords('/r', ['notify-send', 'Codex']));
});
