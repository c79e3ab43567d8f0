import { readFileSync } from 'node:fs';
import { InvalidInput } from '../agent/invalid-input.ts';
import { refusal } from '../errors.ts';

/**
 * What an agent does not inherit: the caller's terminal and tmux, the service manager's socket, and the marks by which
 * a calling agent's children know that they run inside it (a child `claude` may refuse to start where it finds them).
 *
 * Seen in the environment of real tool calls and hooks of Claude Code 2.1 and codex 0.169, read in the packages of
 * gemini-cli and opencode. Never dropped by prefix: CLAUDE_CODE_* is mostly the user's own configuration.
 * docs/agents.md has the list.
 */
export const DROPPED_VARIABLES: readonly string[] = `
  TMUX TMUX_PANE STY COLUMNS LINES NOTIFY_SOCKET
  AI_AGENT CLAUDECODE CLAUDE_CODE_BRIDGE_SESSION_ID CLAUDE_CODE_CHILD_NOTES_DIR CLAUDE_CODE_CHILD_SESSION
  CLAUDE_CODE_ENTRYPOINT CLAUDE_CODE_EXECPATH CLAUDE_CODE_INVOKED_SKILLS CLAUDE_CODE_LAUNCHED_BY_SESSION_IDS
  CLAUDE_CODE_MESSAGING_SOCKET CLAUDE_CODE_MESSAGING_TOKEN CLAUDE_CODE_SESSION_ATTENDED CLAUDE_CODE_SESSION_ID
  CLAUDE_CODE_SSE_PORT CLAUDE_CODE_STARTER_MAY_HOLD_CONNECTOR_FILE CLAUDE_EFFORT CLAUDE_ENV_FILE CLAUDE_PID
  CLAUDE_PLUGIN_DATA CLAUDE_PLUGIN_ROOT CLAUDE_PROJECT_DIR
  CODEX_CI CODEX_SANDBOX CODEX_SANDBOX_NETWORK_DISABLED CODEX_SESSION_ID CODEX_THREAD_ID CODEX_TOOL_CALL_ID
  CODEX_VERSION CODEX_MANAGED_BY_NPM CODEX_MANAGED_BY_BUN CODEX_MANAGED_BY_PNPM CODEX_MANAGED_BY_VITE_PLUS
  CODEX_MANAGED_PACKAGE_ROOT CURSOR_AGENT GEMINI_CLI GEMINI_CLI_NO_RELAUNCH GEMINI_CLI_IDE_SERVER_PORT
  GEMINI_CLI_IDE_WORKSPACE_PATH GEMINI_CWD GEMINI_PLANS_DIR GEMINI_PROJECT_DIR GEMINI_SESSION_ID OPENCODE
  OPENCODE_PID OPENCODE_TERMINAL
`
  .trim()
  .split(/\s+/);

/** These are the pane's own, whatever the caller has. */
const PANE_VARIABLES = ['TERM', 'PWD', 'OLDPWD'];

/**
 * The environment that an agent starts with, except for what the pane itself adds (TERM, PWD).
 *
 * @param caller - the caller's environment.
 * @param added - from `--env` and `--env-file`: it brings back what is dropped, too.
 * @param own - agentctl's variables, which nothing overrides: the cookie is what the agent's processes are found by.
 */
export function agentEnvironment(
  caller: NodeJS.ProcessEnv,
  added: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const dropped = new Set<string>([...DROPPED_VARIABLES, ...PANE_VARIABLES]);
  const kept = Object.entries(caller).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !dropped.has(entry[0]) && !isAgentctls(entry[0]),
  );
  return { ...Object.fromEntries(kept), ...added, ...own };
}

/** A calling agent's own; whoever wants no manager wants none of its agents' either. */
function isAgentctls(name: string): boolean {
  return name.startsWith('AGENTCTL_') && name !== 'AGENTCTL_MANAGER';
}

/**
 * Reads `K=V`, or a bare `K` for the caller's own value.
 *
 * @throws {InvalidInput} on an empty name, or a bare name that the caller does not have.
 */
export function parseEnv(texts: readonly string[], caller: NodeJS.ProcessEnv, where: string): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
      const own = at < 0 ? caller[text] : undefined;
      if (own !== undefined) return [text, own];
      const why = at < 0 && text !== '' ? `${text} is not set here, and no value is given` : 'the name is missing';
      throw new InvalidInput(`${where}: ${JSON.stringify(text)} is not valid (${why}): write NAME=VALUE`);
    }),
  );
}

/**
 * Reads a file of `K=V` lines, as docker's: empty lines and lines that begin with # are passed over, values are taken
 * as they stand.
 *
 * @throws {InvalidInput} with the line's number.
 */
export function readEnvFile(path: string, caller: NodeJS.ProcessEnv): Record<string, string> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new InvalidInput(`--env-file: ${path} cannot be read (${refusal(error)}): give a file of NAME=VALUE lines`);
  }
  const variables: Record<string, string> = {};
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue;
    if (line.includes('\0'))
      throw new InvalidInput(`${path}:${index + 1}: a NUL byte cannot be in a variable: remove it`);
    Object.assign(variables, parseEnv([line], caller, `${path}:${index + 1}`));
  }
  return variables;
}
