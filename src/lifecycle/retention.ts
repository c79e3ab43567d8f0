import { InvalidInput } from '../agent/invalid-input.ts';
import type { Retention } from '../agent/retention.ts';
import { settings } from './settings.ts';

/**
 * How long archived agents stay where nothing else is said: for ever, unless config.json or the environment has a limit.
 *
 * @throws {InvalidInput} for a value that is none, so that nothing is removed by mistake.
 */
export function retention(env: NodeJS.ProcessEnv = process.env): Retention {
  return settings(env).retention;
}

/**
 * Reads how many agents are to stay.
 *
 * @param where - the flag it came from, for the message.
 * @throws {InvalidInput} when it is no such number.
 */
export function parseCount(text: string, where: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidInput(`${where}: ${JSON.stringify(text)} is not a number of agents: write 100`);
}
