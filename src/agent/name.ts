import { InvalidInput } from './invalid-input.ts';

/** Names become tmux session names and directory names, so neither tmux nor a shell nor a path may read them otherwise. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const RUN_ID = /^[0-9a-z]{8,40}$/;
const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';

export function isName(text: string): boolean {
  return NAME.test(text);
}

export function isRunId(text: string): boolean {
  return RUN_ID.test(text);
}

/**
 * Returns the name, or throws.
 *
 * @throws {InvalidInput} when it does not fit the pattern.
 * @example checkName('fix-login') // 'fix-login'
 */
export function checkName(text: string): string {
  if (isName(text)) return text;
  throw new InvalidInput(
    `the name ${JSON.stringify(text)} is not valid: use 1 to 64 of A-Z a-z 0-9 _ -, beginning with a letter or a digit`,
  );
}

/**
 * The name of an agent that was given none: `COMMAND-xxxx`.
 *
 * @param command - the command as given; a path is cut to its last part.
 * @param random - at least 4 bytes.
 * @example defaultName('/usr/bin/claude', bytes) // 'claude-x3k9'
 */
export function defaultName(command: string, random: Uint8Array): string {
  const base = (command.split('/').pop() ?? '')
    .replace(/\.[A-Za-z]{1,4}$/, '')
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^[-_]+|[-_]+$/g, '')
    .slice(0, 40);
  return `${base || 'agent'}-${base36(random.subarray(0, 4))}`;
}

/**
 * A run id: unique for ever, `[0-9a-z]`, sortable by time.
 *
 * @param wallMs - milliseconds since the epoch.
 * @param random - at least 8 bytes.
 */
export function makeRunId(wallMs: number, random: Uint8Array): string {
  return `${Math.floor(wallMs).toString(36).padStart(9, '0')}${base36(random.subarray(0, 8))}`;
}

function base36(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => ALPHABET[byte % 36]).join('');
}
