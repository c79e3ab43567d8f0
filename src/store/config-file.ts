import { homedir } from 'node:os';
import { join } from 'node:path';
import { InvalidInput } from '../agent/invalid-input.ts';
import type { Config } from './generated/types.ts';
import * as validators from './generated/validators.js';
import { readRecord } from './record-file.ts';

/** What is the user's own, for all state directories: `agentctl/` in `$XDG_CONFIG_HOME`, else in `~/.config`. */
export function configFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config'), 'agentctl');
}

/**
 * config.json there; an empty one where there is none.
 *
 * @throws {InvalidInput} where it is not what schemas/config.schema.json says.
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const path = join(configFolder(env), 'config.json');
  const found = readRecord(path, validators.config);
  if (found.state === 'damaged') {
    throw new InvalidInput(
      `${found.problem}, in ${configFolder(env)}: mend it (schemas/config.schema.json), or move it away`,
    );
  }
  return found.state === 'there' ? found.value : {};
}
