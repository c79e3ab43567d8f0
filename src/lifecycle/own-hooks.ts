import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Whether the user's own settings call agent-report already, as "agentctl hooks" prints it. */
export function hasOwnHooks(agent: string, env: NodeJS.ProcessEnv, cwd: string): boolean {
  return settingsOf(agent, env, cwd).some((file) => read(file).includes('agent-report'));
}

/** Where people keep their hooks: for themselves, and for the project. */
function settingsOf(agent: string, env: NodeJS.ProcessEnv, cwd: string): string[] {
  const home = env.HOME || homedir();
  switch (agent) {
    case 'claude': {
      const own = env.CLAUDE_CONFIG_DIR || join(home, '.claude');
      const project = join(cwd, '.claude');
      return [join(own, 'settings.json'), join(project, 'settings.json'), join(project, 'settings.local.json')];
    }
    case 'codex':
      return [env.CODEX_HOME || join(home, '.codex'), join(cwd, '.codex')].flatMap((folder) =>
        ['config.toml', 'hooks.json'].map((file) => join(folder, file)),
      );
    case 'gemini':
      return [env.GEMINI_CLI_HOME || home, cwd].map((folder) => join(folder, '.gemini', 'settings.json'));
    case 'opencode':
      return [join(env.XDG_CONFIG_HOME || join(home, '.config'), 'opencode'), join(cwd, '.opencode')].map((folder) =>
        join(folder, 'plugin', 'agentctl.js'),
      );
    default:
      return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
