import { parseDuration } from '../agent/duration.ts';
import { InvalidInput } from '../agent/invalid-input.ts';
import type { Retention } from '../agent/retention.ts';

const OLDER_THAN = 'AGENTCTL_RETENTION_OLDER_THAN';
const KEEP = 'AGENTCTL_RETENTION_KEEP';

/**
 * How long archived agents stay where nothing else is said: for ever, unless the environment has a limit.
 *
 * @throws {InvalidInput} for a value that is none, so that nothing is removed by mistake.
 */
export function retention(env: NodeJS.ProcessEnv = process.env): Retention {
  const { [OLDER_THAN]: olderThan, [KEEP]: keep } = env;
  return {
    olderThanMs: olderThan === undefined ? null : parseDuration(olderThan, OLDER_THAN),
    keep: keep === undefined || keep === 'none' ? null : parseCount(keep, KEEP),
  };
}

/**
 * Reads how many agents are to stay.
 *
 * @param where - the flag or variable it came from, for the message.
 * @throws {InvalidInput} when it is no such number.
 */
export function parseCount(text: string, where: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidInput(`${where}: ${JSON.stringify(text)} is not a number of agents: write 100`);
}
