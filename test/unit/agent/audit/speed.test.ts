import { describe, expect, test } from 'vitest';
import { auditText } from '../../../../src/agent/audit/audit-text.ts';
import type { Language } from '../../../../src/agent/audit/finding.ts';

/** Long enough: what is not linear takes minutes for it. */
const LENGTH = 48 * 1024;
/** Far more than it takes on a loaded machine. */
const ENOUGH_MS = 30_000;

const PIECES: [Language, string][] = [
  ['shell', 'x | tee y && '],
  ['shell', 'grep -q DONE a.log; '],
  ['shell', '"'],
  ['shell', '$('],
  ['python', '"tmux kill-session -t a" + '],
  ['python', '"in" in open(log) '],
  ['javascript', 'a({timeout:30*1000,b:"c"});'],
  ['javascript', '`${'],
  ['javascript', '/'],
  ['javascript', 'timeout(1, '],
  ['shell', '`tmux ls` '],
  ['shell', 'f(tmux, 1), '],
];

/** Shorter, for those that make a command of every few characters. */
const EVERYWHERE = [
  '$(',
  '${',
  '`',
  "'",
  '\\',
  '(',
  '[',
  '{',
  '/*',
  '<<a ',
  'a=(',
  'timeout ',
  '24 * ',
  'f(',
  '#',
  '> ',
];

describe('a file of one long line is read in linear time', () => {
  test.each(PIECES)('%s: %j again and again', (language, piece) => {
    const begun = performance.now();
    auditText(`tmux timeout ${piece.repeat(Math.ceil(LENGTH / piece.length))}`, language);
    expect(performance.now() - begun).toBeLessThan(ENOUGH_MS);
  });

  test('and so is whatever opens and is never closed', () => {
    for (const piece of EVERYWHERE) {
      const text = `tmux timeout ${piece.repeat(Math.ceil(10_000 / piece.length))}`;
      const begun = performance.now();
      for (const language of ['shell', 'python', 'javascript'] as const) auditText(text, language);
      auditText(`a:\n\t${text}`, 'make');
      auditText(`\`\`\`sh\n${text}\n\`\`\``, 'markdown');
      expect(performance.now() - begun, piece).toBeLessThan(ENOUGH_MS);
    }
  });
});
