import { type HookTag, hookCommand, notifyWords } from './hook-commands.ts';

/** Its events, and how long their hooks may take at the most, in seconds: Codex cuts the last two down to 3. */
const EVENTS: readonly [event: string, tag: HookTag | undefined, timeout: number][] = [
  ['SessionStart', 'session', 10],
  ['UserPromptSubmit', undefined, 10],
  ['PermissionRequest', undefined, 10],
  ['PostToolUse', 'tool', 10],
  ['Stop', undefined, 10],
  ['Interrupt', undefined, 3],
];

/**
 * What stands in Codex's config.toml for hooks that report, which Codex asks to review at its next start.
 *
 * @param report - the absolute path of bin/agent-report.
 */
export function codexConfig(report: string): string {
  const hooks = EVENTS.map(
    ([event, tag, timeout]) =>
      `[[hooks.${event}]]\n[[hooks.${event}.hooks]]\ntype = "command"\ncommand = ${JSON.stringify(hookCommand(report, 'codex', tag))}\ntimeout = ${timeout}\n`,
  );
  return `# Before the first table: called at the end of each turn. Put a program of your own behind "codex".
notify = ${JSON.stringify(notifyWords(report, []))}

# Behind it all: working, waiting, interrupted.
${hooks.join('\n')}`;
}
