import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { visible } from '../../../src/view/visible.ts';

describe('a text that came from anywhere', () => {
  test.each([
    ['a\x1b[31mb', 'a\\x1b[31mb'],
    ['\x1b]0;title\x07', '\\x1b]0;title\\x07'],
    ['\x9b2J', '\\x9b2J'],
    ['a\tb\nc\rd', 'a\\x09b\\x0ac\\x0dd'],
    ['\0\x7f\x80', '\\x00\\x7f\\x80'],
    ['line\u2028paragraph\u2029', 'line\\u2028paragraph\\u2029'],
    ['\u202egpj.exe', '\\u202egpj.exe'],
    ['\u2066hidden\u2069', '\\u2066hidden\\u2069'],
    ['Zoë 界 🦊 \\ plain', 'Zoë 界 🦊 \\ plain'],
    ['', ''],
  ])('%j is shown as %s', (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  test('has no control character left, of either set, and no bidirectional override', () => {
    const anything = fc.array(fc.integer({ min: 0, max: 0xffff })).map((codes) => String.fromCharCode(...codes));
    const controls = fc.array(fc.integer({ min: 0, max: 0x9f })).map((codes) => String.fromCharCode(...codes));
    fc.assert(
      fc.property(fc.oneof(anything, controls), (text) => {
        expect(visible(text)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u);
        expect(visible(visible(text))).toBe(visible(text));
      }),
    );
    for (let code = 0; code < 0x3000; code++) expect(visible(String.fromCharCode(code))).not.toMatch(/\p{Cc}/u);
  });
});
