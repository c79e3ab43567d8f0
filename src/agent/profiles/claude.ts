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
  const isGiven = typeof own.hooks === 'object' && own.hooks !== null && !Array.isArray(own.hooks);
  const merged = new Map<string, unknown[]>(isGiven ? Object.entries(own.hooks as object).map(asList) : []);
  for (const [event, calls] of Object.entries(hooks)) merged.set(event, [...(merged.get(event) ?? []), ...calls]);
  return { ...own, hooks: Object.fromEntries(merged) };
}

function asList([event, calls]: [string, unknown]): [string, unknown[]] {
  return [event, Array.isArray(calls) ? calls : []];
}
