import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PlainText } from '../../../src/view/plain-text.ts';

function plain(...blocks: (string | Uint8Array)[]): string {
  const text = new PlainText();
  return blocks.map((block) => text.push(Buffer.from(block))).join('') + text.end();
}

const CASES: [string, string | Uint8Array, string][] = [
  ['plain text', 'hello\n', 'hello\n'],
  ['text without a line break at its end', 'hello', 'hello'],
  ['nothing', '', ''],
  ['CRLF', 'a\r\nb\r\n', 'a\nb\n'],
  ['CR CR LF, as a program in raw mode under a terminal makes it', 'a\r\r\nb', 'a\nb'],
  ['a lone CR: the redrawn line is a new one', '10%\r20%\r\n', '10%\n20%\n'],
  ['a CR at the end', '10%\r', '10%\n'],
  ['LF CR', 'a\n\rb', 'a\n\nb'],
  ['tabs', 'a\tb', 'a\tb'],
  ['colours', '\x1b[1;31mred\x1b[0m', 'red'],
  ['a colour with colons', '\x1b[38:2::1:2:3mx', 'x'],
  ['private modes and intermediate bytes', '\x1b[?25l\x1b[2 qx\x1b[!px', 'xx'],
  ['cursor keys of a keypad', '\x1b=\x1b>x\x1b7\x1b8x', 'xx'],
  ['a character set', '\x1b(Bx\x1b)0x\x1b#8x\x1b %Gx', 'xxxx'],
  ['a title, ended by BEL', '\x1b]0;title\x07x', 'x'],
  ['a title, ended by ST', '\x1b]0;title\x1b\\x', 'x'],
  ['a hyperlink', '\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\', 'link'],
  ['a title in UTF-8', '\x1b]0;tïtle 🦊\x07x', 'x'],
  ['a device control string', '\x1bP+q544e\x1b\\x', 'x'],
  ['an image whose data holds line breaks', '\x1bPq#0;2;0;0;0\r\n#0~~@@\r\n\x1b\\x', 'x'],
  ['APC, PM and SOS', '\x1b_G\x1b\\a\x1b^p\x1b\\b\x1bXs\x1b\\c', 'abc'],
  ['8-bit CSI', '\u009b31mred', 'red'],
  ['8-bit OSC, ended by 8-bit ST', '\u009d0;title\u009cx', 'x'],
  ['8-bit DCS, SOS, PM and APC', '\u0090a\u009c\u0098b\u009c\u009ec\u009c\u009fd\u009cx', 'x'],
  ['other 8-bit controls', 'a\u0085b\u0080c\u009cd', 'abcd'],
  ['control characters', 'a\0b\x07c\x08d\x0be\x0cf\x7fg', 'abcdefg'],
  ['a colour that CAN or SUB aborts', '\x1b[31\x18a\x1b[31\x1ab', 'ab'],
  ['a title that CAN or SUB aborts', '\x1b]0;t\x18a\x1b]0;t\x1ab', 'ab'],
  ['a colour that an escape begins anew', '\x1b[31\x1b[32mx', 'x'],
  ['a title that another sequence cuts off', '\x1b]0;t\x1b[31mx', 'x'],
  ['an escape before an escape', '\x1b\x1b[31mx\x1b(\x1b[31my', 'xy'],
  ["tmux's passthrough, with its doubled escapes", '\x1bPtmux;\x1b\x1b]52;c;eA==\x07\x1b\\x', 'x'],
  ['a lone escape before a line break', 'a\x1b\nb\x1b(\r\nc', 'a\nb\nc'],
  ['a colour without an end: the line break counts', 'a\x1b[31\r\nb', 'a\nb'],
  ['a title without an end: it does not eat the log', 'a\x1b]0;title\r\nb\n', 'a\nb\n'],
  ['PM, APC and SOS without an end', 'a\x1b^x\nb\x1b_x\nc\x1bXx\nd', 'a\nb\nc\nd'],
  ['sequences without an end at the end', 'a\x1b', 'a'],
  ['a colour without an end at the end', 'a\x1b[31', 'a'],
  ['a title without an end at the end', 'a\x1b]0;t', 'a'],
  ['a title at the end whose ST is cut', 'a\x1b]0;t\x1b', 'a'],
  ['what reorders letters, but not what joins them', 'a\u202eb\u2066c\u2069 \u200d\u200c', 'abc \u200d\u200c'],
  ['letters of other scripts', 'Zoë 界 🦊 é', 'Zoë 界 🦊 é'],
  ['bytes that are no UTF-8', Uint8Array.of(0x61, 0xff, 0x9b, 0x62), 'a\ufffd\ufffdb'],
  ['a letter that is cut off at the end', Uint8Array.of(0x61, 0xe2, 0x82), 'a\ufffd'],
  ['an overlong escape', Uint8Array.of(0xc0, 0x9b, 0x5b, 0x61), '\ufffd\ufffd[a'],
];

describe('plain text', () => {
  test.each(CASES)('of %s', (_, bytes, text) => {
    expect(plain(bytes)).toBe(text);
  });

  test.each(CASES)('is the same wherever it is cut: %s', (_, given, text) => {
    const bytes = Buffer.from(given);
    for (let at = 0; at <= bytes.length; at++) expect(plain(bytes.subarray(0, at), bytes.subarray(at))).toBe(text);
    expect(plain(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toBe(text);
  });

  test('does not wait with what it has', () => {
    const text = new PlainText();
    expect(text.push(Buffer.from('prompt> '))).toBe('prompt> ');
    expect(text.push(Buffer.from('done\r'))).toBe('done');
    expect(text.push(Buffer.from('\n'))).toBe('\n');
    expect(text.end()).toBe('');
  });

  // Sequences at random, and bytes that are likely to mean something.
  const bytes = () =>
    fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .array(
          fc.constantFrom(...'\x1b\x1b\x1b[]P_^X\\\r\n\t\x07\x18;?0149hmABé🦊\u009b\u009c\u009d', '\x1b[', '\x1b]0;'),
          {
            maxLength: 60,
          },
        )
        .map((parts) => new Uint8Array(Buffer.from(parts.join('')))),
    );

  const anything = () =>
    fc.oneof(
      bytes(),
      fc.array(fc.integer({ min: 0, max: 0x2100 })).map((codes) => Buffer.from(String.fromCharCode(...codes))),
    );

  test('holds no control character but LF and tab, and none that reorders, whatever comes', () => {
    fc.assert(
      fc.property(anything(), (given) => {
        expect(plain(given).replace(/[\n\t]/g, '')).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });

  test('does not depend on where it was cut, whatever comes', () => {
    fc.assert(
      fc.property(bytes(), fc.array(fc.nat(200), { maxLength: 5 }), (given, cuts) => {
        const at = [0, ...cuts.map((cut) => cut % (given.length + 1)).sort((a, b) => a - b), given.length];
        const blocks = at.slice(1).map((end, index) => given.subarray(at[index], end));
        expect(plain(...blocks)).toBe(plain(given));
      }),
    );
  });

  test('keeps plain ASCII byte for byte', () => {
    const ascii = fc
      .array(fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.constantFrom(0x09, 0x0a)))
      .map((codes) => String.fromCharCode(...codes));
    fc.assert(fc.property(ascii, (text) => plain(text) === text));
  });

  test('loses no letter of a line that follows a line break, whatever stood before it, but inside an image', () => {
    fc.assert(
      fc.property(bytes(), (given) => {
        const text = Buffer.from(given).toString();
        fc.pre(!text.includes('\x1bP') && !text.includes('\u0090'));
        expect(plain(given, '\nwhole\n')).toMatch(/\nwhole\n$/);
      }),
    );
  });
});

describe('a full-screen program', () => {
  test.each<[string, boolean]>([
    ['\x1b[?1049h', true],
    ['\x1b[?1047h', true],
    ['\x1b[?47h', true],
    ['\u009b?1049h', true],
    ['\x1b[31mred\u009b?1049h', true],
    ['text\x1b[?1049l', false],
    ['\x1b[1049h', false],
    ['\x1b[?25h\x1b[?2004h', false],
    ['\x1b]0;\x1b\\[?1049h', false],
    ['', false],
  ])('is known by %j: %s', (bytes, drew) => {
    const text = new PlainText();
    for (const byte of Buffer.from(bytes)) text.push(Uint8Array.of(byte));
    expect(text.drewScreen).toBe(drew);
  });

  test('stays known when it leaves', () => {
    const text = new PlainText();
    text.push(Buffer.from('\x1b[?1049hx\x1b[?1049l'));
    expect(text.drewScreen).toBe(true);
  });
});
