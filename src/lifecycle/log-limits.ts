import { InvalidInput } from '../agent/invalid-input.ts';
import { formatSize, parseSize } from '../agent/size.ts';

export interface LogLimits {
  /** Of one piece of a log, in bytes. */
  pieceBytes: number;
  /** Of all pieces of one agent's log, in bytes; 0 is none. */
  totalBytes: number;
}

const MIB = 1024 ** 2;
const DEFAULTS: LogLimits = { pieceBytes: 64 * MIB, totalBytes: 1024 * MIB };
/** A page: less would be all names and no log. */
const LEAST_PIECE_BYTES = 4096;
/** What bin/agent-log can count, under a shell of 32 bits. */
const MOST_PIECE_BYTES = 1024 * MIB;

/**
 * How long the pieces of the log of an agent that is started now get, and all of them together: `AGENTCTL_LOG_PIECE` and
 * `AGENTCTL_LOG_TOTAL`, else 64 MiB and 1 GiB.
 *
 * @throws {InvalidInput} for what is no size, a piece below 4 KiB or above 1 GiB, and a total of less than two pieces.
 * @example logLimits({ AGENTCTL_LOG_TOTAL: 'none' }) // { pieceBytes: 67_108_864, totalBytes: 0 }
 */
export function logLimits(env: NodeJS.ProcessEnv = process.env): LogLimits {
  const given = (name: string, otherwise: number): number =>
    env[name] === undefined || env[name] === '' ? otherwise : (parseSize(env[name], name) ?? 0);
  const limits = {
    pieceBytes: given('AGENTCTL_LOG_PIECE', DEFAULTS.pieceBytes),
    totalBytes: given('AGENTCTL_LOG_TOTAL', DEFAULTS.totalBytes),
  };
  check(limits);
  return limits;
}

function check({ pieceBytes, totalBytes }: LogLimits): void {
  if (pieceBytes < LEAST_PIECE_BYTES || pieceBytes > MOST_PIECE_BYTES) {
    const size = pieceBytes === 0 ? 'none' : formatSize(pieceBytes);
    throw new InvalidInput(`AGENTCTL_LOG_PIECE: a piece of ${size} is not possible: write 4KiB to 1GiB`);
  }
  if (totalBytes > 0 && totalBytes < 2 * pieceBytes) {
    throw new InvalidInput(
      `AGENTCTL_LOG_TOTAL: ${formatSize(totalBytes)} is less than two pieces of ${formatSize(pieceBytes)}: write more, none for no limit, or a smaller AGENTCTL_LOG_PIECE`,
    );
  }
}
