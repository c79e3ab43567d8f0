import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInput } from '../../../src/agent/invalid-input.ts';
import { checkName, defaultName, isName, isRunId, makeRunId } from '../../../src/agent/name.ts';

describe('a name', () => {
  test.each(['a', '7', 'fix-login', 'A_b-9', 'x'.repeat(64)])('may be %s', (name) => {
    expect(checkName(name)).toBe(name);
  });

  test.each([
    ['empty', ''],
    ['too long', 'x'.repeat(65)],
    ['an option to tmux', '-a'],
    ['hidden', '.a'],
    ['begun by an underscore', '_a'],
    ['with a dot, which tmux turns into _', 'a.b'],
    ["with a colon, which is tmux's own", 'a:b'],
    ['an exact-match target of tmux', '=a'],
    ['a path', 'a/b'],
    ['with a space', 'a b'],
    ['with a line break at its end', 'a\n'],
    ['not ASCII', 'é'],
  ])('may not be %s', (_, name) => {
    expect(isName(name)).toBe(false);
    expect(() => checkName(name)).toThrow(InvalidInput);
    expect(() => checkName(name)).toThrow(JSON.stringify(name));
  });
});

describe('the name of an agent that was given none', () => {
  const random = Uint8Array.of(0, 1, 35, 36, 255);

  test.each([
    ['claude', 'claude-01z0'],
    ['/usr/bin/claude', 'claude-01z0'],
    ['./run-tests.sh', 'run-tests-01z0'],
    ['script.unknownext', 'script-unknownext-01z0'],
    ['my prog (2)', 'my-prog-2-01z0'],
    ['x'.repeat(100), `${'x'.repeat(40)}-01z0`],
    ['.sh', 'agent-01z0'],
    ['', 'agent-01z0'],
    ['/', 'agent-01z0'],
    ['--', 'agent-01z0'],
    ['été', 't-01z0'],
  ])('is made from %j', (command, name) => {
    expect(defaultName(command, random)).toBe(name);
  });

  test('is always a valid one', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ minLength: 4 }), (command, bytes) =>
        isName(defaultName(String.fromCharCode(...command), bytes)),
      ),
    );
  });
});

describe('a run id', () => {
  const random = () => fc.uint8Array({ minLength: 8, maxLength: 8 });
  // Until the year 5188: later ids would be a character longer.
  const time = () => fc.integer({ min: 0, max: 36 ** 9 - 1 });

  test('is of the pattern that every reader asks for', () => {
    fc.assert(fc.property(time(), random(), (at, bytes) => isRunId(makeRunId(at, bytes))));
    expect(makeRunId(1_700_000_000_000.7, new Uint8Array(8))).toBe('0loyw3v2800000000');
  });

  test('sorts by time, whatever the random part', () => {
    fc.assert(
      fc.property(time(), time(), random(), random(), (a, b, x, y) => {
        fc.pre(a !== b);
        return makeRunId(Math.min(a, b), x) < makeRunId(Math.max(a, b), y);
      }),
    );
  });

  test('differs within a millisecond by the random part, every byte of which counts', () => {
    const ids = Array.from({ length: 8 }, (_, at) =>
      makeRunId(
        1,
        Uint8Array.from({ length: 8 }, (_, i) => +(i === at)),
      ),
    );
    expect(new Set([...ids, makeRunId(1, new Uint8Array(8))]).size).toBe(9);
  });

  test.each(['', 'short', 'UPPERCASE', 'a-b-c-d-e', 'x'.repeat(41), '../../etc', 'abcdefgh\n'])(
    'cannot be %j',
    (text) => {
      expect(isRunId(text)).toBe(false);
    },
  );
});
