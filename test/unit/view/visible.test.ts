import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { visible, visibleJson } from '../../../src/view/visible.ts';

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
    ['pass\u200bword\u2060\ufeff\u200f', 'pass\\u200bword\\u2060\\ufeff\\u200f'],
    ['in\u00adside', 'in\\xadside'],
    ['secret\u{e0041}', 'secret\\udb40\\udc41'],
    ['root\u200d', 'root\\u200d'],
    ['👩\u200d💻 ❤\ufe0f\u200d🔥 👩🏽\u200d🚀', '👩\u200d💻 ❤\ufe0f\u200d🔥 👩🏽\u200d🚀'],
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

  test('of JSON is the same data, and has nothing unseen in it, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 0xffff })).map((codes) => String.fromCharCode(...codes)),
        (value) => {
          const json = visibleJson(JSON.stringify({ value }));
          expect(JSON.parse(json)).toEqual({ value });
          expect(json).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u200b\u202a-\u202e\u2066-\u2069]/u);
        },
      ),
    );
    expect(visibleJson('"a\u009b2J\u202egnp"')).toBe('"a\\u009b2J\\u202egnp"');
  });
});
