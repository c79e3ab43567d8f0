import { type HookTag, hookCommand } from './hook-commands.ts';

/**
 * Gemini CLI's settings with the hooks that report for it.
 *
 * @param report - the absolute path of bin/agent-report.
 */
export function geminiSettings(report: string): object {
  const calls = (tag?: HookTag) => [
    { hooks: [{ type: 'command', name: 'agentctl', command: hookCommand(report, 'gemini', tag), timeout: 10_000 }] },
  ];
  return {
    hooks: {
      SessionStart: calls('session'),
      SessionEnd: calls('session'),
      BeforeAgent: calls(),
      Notification: calls(),
      AfterTool: calls('tool'),
      AfterAgent: calls(),
    },
  };
}
