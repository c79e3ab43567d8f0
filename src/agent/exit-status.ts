/** Linux' signal numbers (signal(7), x86 and ARM), by number; index 0 is unused. */
const SIGNALS =
  '- HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS'.split(
    ' ',
  );

/**
 * The signal that a shell's exit code stands for, by its convention of 128 + number; null for any other code.
 *
 * A program may also exit with such a code by itself; nobody can tell the two apart from outside.
 *
 * @example signalOf(143) // 'SIGTERM'
 */
export function signalOf(code: number): string | null {
  const name = code > 128 ? SIGNALS[code - 128] : undefined;
  return name === undefined ? null : `SIG${name}`;
}
