import { type HookTag, hookCommand } from './hook-commands.ts';

type Hooks = Readonly<Record<string, readonly object[]>>;

/**
 * Claude Code's settings with the hooks that report for it.
 *
 * @param report - the absolute path of bin/agent-report.
 */
export function claudeSettings(report: string): { hooks: Hooks } {
  const calls = (tag?: HookTag) => [
    { hooks: [{ type: 'command', command: hookCommand(report, 'claude', tag), timeout: 10 }] },
  ];
  return {
    hooks: {
      SessionStart: calls('session'),
      SessionEnd: calls('session'),
      UserPromptSubmit: calls(),
      PreToolUse: calls('tooluse'),
      PermissionRequest: calls(),
      Notification: calls(),
      PostToolUse: calls('tool'),
      PostToolUseFailure: calls('tool'),
      Stop: calls(),
      StopFailure: calls(),
    },
  };
}

/** Settings that the user gives for this launch as well, with our hooks beside his. */
export function withHooks(own: Readonly<Record<string, unknown>>, { hooks }: { hooks: Hooks }): object {
  const theirs = typeof own.hooks === 'object' && own.hooks !== null ? (own.hooks as Record<string, unknown>) : {};
  const events = new Set([...Object.keys(theirs), ...Object.keys(hooks)]);
  const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
  const merged = [...events].map((event) => [event, [...listOf(theirs[event]), ...(hooks[event] ?? [])]]);
  return { ...own, hooks: Object.fromEntries(merged) };
}
