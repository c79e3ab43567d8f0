import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { execLine, specifiersEscaped, systemdQuote } from '../../../src/system/systemd-quote.ts';

/** What systemd makes of a line of words, read from systemd.syntax(7) and systemd.service(5), for what we write only. */
function words(line: string): string[] {
  const found = line.match(/"(?:[^"\\]|\\.)*"|\S+/gu) ?? [];
  return found.map((word) =>
    (word.startsWith('"')
      ? word
          .slice(1, -1)
          .replace(/\\(x[0-9a-f]{2}|.)/g, (_, code: string) =>
            code.length === 3 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : code,
          )
      : word
    ).replaceAll('%%', '%'),
  );
}

const anyText = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'));

describe('a word of a unit', () => {
  test.each([
    ['/usr/bin/node', '/usr/bin/node'],
    ['', '""'],
    ['a b', '"a b"'],
    ['100%', '"100%%"'],
    ['%h', '"%%h"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ["it's", '"it\'s"'],
    ['a\tb\nc', '"a\\x09b\\x0ac"'],
    ['#no comment;', '"#no comment;"'],
  ])('%j is %s', (text, quoted) => {
    expect(systemdQuote(text)).toBe(quoted);
  });

  test('is read back as it was', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(words(systemdQuote(text))).toEqual([text]);
      }),
    );
  });

  test('unquoted has its specifiers escaped', () => {
    expect(specifiersEscaped('/a b/50%')).toBe('/a b/50%%');
  });
});

describe('a command line of a unit', () => {
  test.each([
    [['/usr/bin/node', '/opt/my app/agentctl'], '/usr/bin/node "/opt/my app/agentctl"'],
    [['/n', '$HOME'], '/n "$$HOME"'],
    [['/n', '$$'], '/n "$$$$"'],
    // systemd takes no quote, backslash or variable in a program's path: a shell starts it.
    [["/it's/n", 'a'], '/bin/sh -c "exec \\"$$0\\" \\"$$@\\"" "/it\'s/n" a'],
    [['/a$b/n'], '/bin/sh -c "exec \\"$$0\\" \\"$$@\\"" "/a$$b/n"'],
    [['/a b%/n'], '"/a b%%/n"'],
  ])('%j', (argv, line) => {
    expect(execLine(argv)).toBe(line);
  });

  test('is read back as it was', () => {
    fc.assert(
      fc.property(fc.array(anyText), (args) => {
        const read = words(execLine(['/n', ...args])).map((word) => word.replaceAll('$$', '$'));
        expect(read).toEqual(['/n', ...args]);
      }),
    );
  });
});
