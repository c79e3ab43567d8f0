import { describe, expect, test } from 'vitest';
import { signalOf } from '../../../src/agent/exit-status.ts';

// bash's `kill -l` on Linux, x86-64.
const KILL_L = `
 1) SIGHUP   2) SIGINT   3) SIGQUIT  4) SIGILL   5) SIGTRAP  6) SIGABRT  7) SIGBUS   8) SIGFPE   9) SIGKILL 10) SIGUSR1
11) SIGSEGV 12) SIGUSR2 13) SIGPIPE 14) SIGALRM 15) SIGTERM 16) SIGSTKFLT 17) SIGCHLD 18) SIGCONT 19) SIGSTOP 20) SIGTSTP
21) SIGTTIN 22) SIGTTOU 23) SIGURG 24) SIGXCPU 25) SIGXFSZ 26) SIGVTALRM 27) SIGPROF 28) SIGWINCH 29) SIGIO 30) SIGPWR
31) SIGSYS`;
const SIGNALS = [...KILL_L.matchAll(/(\d+)\) (\w+)/g)].map(([, number, name]): [number, string] => [
  128 + Number(number),
  String(name),
]);

describe('an exit code', () => {
  test('has a signal for each of 129 to 159', () => {
    expect(SIGNALS.map(([code]) => code)).toEqual(Array.from({ length: 31 }, (_, at) => 129 + at));
  });

  test.each(SIGNALS)('of %i stands for %s', (code, name) => {
    expect(signalOf(code)).toBe(name);
  });

  test.each([0, 1, 2, 124, 125, 126, 127, 128, 160, 161, 192, 255, -1, 256])('of %i stands for no signal', (code) => {
    expect(signalOf(code)).toBeNull();
  });
});
