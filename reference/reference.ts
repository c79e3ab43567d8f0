import { bash } from './bash.ts';
import { described, globalOptions } from './described.ts';
import { fish } from './fish.ts';
import { manPage } from './man-page.ts';
import { zsh } from './zsh.ts';

/**
 * What is shipped for people beside the commands, made from them: the manual page and the completions.
 *
 * @param version - of the package.
 * @returns texts by their path in the package.
 */
export async function reference(version: string): Promise<Record<string, string>> {
  const commands = await described();
  const globals = globalOptions();
  return {
    'man/agentctl.1': manPage(commands, globals, version),
    'completions/agentctl.bash': bash(commands, globals),
    'completions/_agentctl': zsh(commands, globals),
    'completions/agentctl.fish': fish(commands, globals),
  };
}
