import type { Settings } from '../agent/settings.ts';
import { settings } from './settings.ts';

/** In bytes: of one piece of a log, and of all pieces of one agent's; 0 is no total. */
export type LogLimits = Settings['logs'];

/**
 * How long the pieces of the log of an agent that is started now get, and all of them together.
 *
 * @throws {InvalidInput} for what is no size, a piece below 4 KiB or above 1 GiB, and a total of less than two pieces.
 * @example logLimits({ AGENTCTL_LOG_TOTAL: 'none' }) // { pieceBytes: 67_108_864, totalBytes: 0 }
 */
export function logLimits(env: NodeJS.ProcessEnv = process.env): LogLimits {
  return settings(env).logs;
}
