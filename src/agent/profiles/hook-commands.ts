export type HookTag = 'session' | 'tool' | 'tooluse';

/**
 * The shell line by which a hook calls agent-report. It is harmless where that has gone: some live in people's own settings.
 *
 * @param report - the absolute path of bin/agent-report.
 * @param tag - `session` for events that begin and end sessions; `tool` and `tooluse` for those after and before the use of
 *   a tool, of which there are many.
 * @example hookCommand('/opt/agentctl/bin/agent-report', 'claude', 'session')
 */
export function hookCommand(report: string, agent: string, tag?: HookTag): string {
  const words = tag === undefined ? agent : `${agent} -${tag}`;
  const gone = agent === 'gemini' ? "printf '{}'" : ':';
  return `if [ -r ${quoted(report)} ]; then sh ${quoted(report)} ${words}; else ${gone}; fi`;
}

/**
 * The words by which Codex calls agent-report when a turn is over, and after it the program that the user has for that.
 *
 * @param own - the user's, its words; none where he has none.
 */
export function notifyWords(report: string, own: readonly string[]): string[] {
  const line = 'if [ -r "$0" ]; then exec sh "$0" "$@"; fi; shift; [ "$#" -lt 2 ] || exec "$@"';
  return ['sh', '-c', line, report, 'codex', ...own];
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}
