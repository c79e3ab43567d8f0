import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where people keep their hooks, below HOME and below the project. */
const SETTINGS: Readonly<Record<string, { home: readonly string[]; project: readonly string[] }>> = {
  claude: { home: ['.claude/settings.json'], project: ['.claude/settings.json', '.claude/settings.local.json'] },
  codex: { home: ['.codex/config.toml', '.codex/hooks.json'], project: ['.codex/config.toml', '.codex/hooks.json'] },
  gemini: { home: ['.gemini/settings.json'], project: ['.gemini/settings.json'] },
  opencode: { home: ['.config/opencode/plugin/agentctl.js'], project: ['.opencode/plugin/agentctl.js'] },
};

/** Whether the user's own settings call agent-report already, as "agentctl hooks" prints it. */
export function hasOwnHooks(agent: string, env: NodeJS.ProcessEnv, cwd: string): boolean {
  const { home = [], project = [] } = SETTINGS[agent] ?? {};
  const files = [...home.map((file) => join(env.HOME || homedir(), file)), ...project.map((file) => join(cwd, file))];
  return files.some((file) => read(file).includes('agent-report'));
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
