import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commandLine } from '../../../src/view/command-line.ts';

/**
 * The words that a POSIX shell would read, by its rules of quoting (POSIX 2.2, 2.3): everything is itself between single
 * quotes, a backslash outside of them quotes one character, blanks outside part words. Anything else outside that means
 * something to a shell fails the test.
 */
function words(line: string): string[] {
  const found: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at);
    if (character === "'") {
      const close = line.indexOf("'", at + 1);
      if (close < 0) throw new Error('a quote is open');
      word = (word ?? '') + line.slice(at + 1, close);
      at = close;
    } else if (character === '\\') {
      at++;
      word = (word ?? '') + line.charAt(at);
    } else if (character === ' ') {
      if (word !== undefined) found.push(word);
      word = undefined;
    } else if (/[|&;<>()$`"*?[\]#~{}!^\t\n\r\0]/.test(character) || character > '\x7f') {
      throw new Error(`${JSON.stringify(character)} stands unquoted`);
    } else word = (word ?? '') + character;
  }
  if (word !== undefined) found.push(word);
  return found;
}

describe('a command line for people', () => {
  test.each([
    [['make', 'test'], 'make test'],
    [['sh', '-c', 'make test'], "sh -c 'make test'"],
    [['echo', ''], "echo ''"],
    [['echo', "it's"], "echo 'it'\\''s'"],
    [['echo', "'"], "echo ''\\'''"],
    [['echo', 'a;'], "echo 'a;'"],
    [['echo', '$HOME', '`id`', '*'], "echo '$HOME' '`id`' '*'"],
    [['echo', '~'], "echo '~'"],
    [['echo', '-n', '--a=b', 'x@y:1,2/3.4%5+6_7'], 'echo -n --a=b x@y:1,2/3.4%5+6_7'],
    [['echo', 'a\nb'], "echo 'a\nb'"],
    [['echo', 'é'], "echo 'é'"],
    [[], ''],
  ])('%j is %s', (given, line) => {
    expect(commandLine(given)).toBe(line);
  });

  test('reads back as the same words, whatever they hold', () => {
    const sharp = fc.array(fc.constantFrom(...`'"\\ \n$;&|<>()*?~#=!{}[]\`a-é`)).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), sharp)), (given) => {
        expect(words(commandLine(given))).toEqual(given);
      }),
    );
  });
});
