import { claude } from './claude.ts';
import { codex } from './codex.ts';
import { gemini } from './gemini.ts';
import type { Dialect } from './heard.ts';
import { opencode } from './opencode.ts';

/** Whose events are understood, by the name of the program. */
export const DIALECTS: Readonly<Record<string, Dialect>> = { claude, codex, gemini, opencode };

/**
 * Whose events an agent's reports are, by its command alone: a script that calls such a program is not that program, and
 * is not done when it is.
 *
 * @example dialectOf(['/usr/bin/claude', '-p', 'hi']) // 'claude'
 */
export function dialectOf(command: readonly string[]): string | null {
  const program = (command[0] ?? '').split('/').pop() ?? '';
  return Object.hasOwn(DIALECTS, program) ? program : null;
}
