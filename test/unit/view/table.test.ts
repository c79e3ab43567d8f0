import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { table } from '../../../src/view/table.ts';

const widthOf = (line: string): number => [...line].length;

describe('a table', () => {
  test('lays out columns two spaces apart, without spaces at the ends of lines', () => {
    const rows = [
      ['NAME', 'STATUS', 'COMMAND'],
      ['a', 'running', 'make'],
      ['long-name', '-', 'make test'],
    ];
    expect(table(rows, undefined)).toBe(
      ['NAME       STATUS   COMMAND', 'a          running  make', 'long-name  -        make test'].join('\n'),
    );
  });

  test('cuts the widest column first, with an ellipsis', () => {
    const rows = [['name', 'x'.repeat(30), 'y'.repeat(12)]];
    expect(table(rows, 40)).toBe(`name  ${'x'.repeat(19)}…  ${'y'.repeat(12)}`);
    expect(table(rows, 30)).toBe(`name  ${'x'.repeat(10)}…  ${'y'.repeat(10)}…`);
  });

  test('cuts what is too wide at the end, once every column is at its narrowest', () => {
    expect(table([['name', 'x'.repeat(30), 'y'.repeat(30)]], 20)).toBe(`name  xxxxxxx…  yyy…`);
  });

  test('never cuts the name by which a row is found', () => {
    const name = 'n'.repeat(64);
    expect(table([[name, 'x'.repeat(30)]], 20)).toBe(name);
    expect(table([[name, 'x'.repeat(30)]], 66)).toBe(`${name} …`);
  });

  test('leaves alone what fits to the character', () => {
    const rows = [['name', 'x'.repeat(30)]];
    expect(table(rows, 36)).toBe(`name  ${'x'.repeat(30)}`);
    expect(table(rows, 35)).toBe(`name  ${'x'.repeat(28)}…`);
  });

  test.each([
    ['no rows', [], ''],
    ['a header alone', [['A', 'B']], 'A  B'],
    ['rows shorter than the header', [['A', 'B'], ['x']], 'A  B\nx'],
    [
      'empty cells',
      [
        ['A', 'B', 'C'],
        ['', '', 'x'],
      ],
      'A  B  C\n      x',
    ],
  ])('takes %s', (_, rows, text) => {
    expect(table(rows, 80)).toBe(text);
  });

  test('counts an emoji outside the basic plane as one, and never cuts it in two', () => {
    const cut = table([['n', '🦊'.repeat(50)]], 20);
    expect(cut).toBe(`n  ${'🦊'.repeat(16)}…`);
    expect(Buffer.from(cut).toString()).toBe(cut);
  });

  const cell = () =>
    fc.oneof(
      fc.string({ maxLength: 60 }),
      fc.string({ unit: 'grapheme', maxLength: 30 }),
      fc.constant('界'.repeat(40)),
    );
  const rows = () =>
    fc
      .tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 6 }))
      .chain(([columns, count]) =>
        fc.array(fc.array(cell(), { minLength: columns, maxLength: columns }), { minLength: count, maxLength: count }),
      );

  test('fits any terminal of 20 to 300 columns, but for a name that is wider', () => {
    fc.assert(
      fc.property(rows(), fc.integer({ min: 20, max: 300 }), (cells, width) => {
        const room = Math.max(width, ...cells.map(([name = '']) => widthOf(name)));
        for (const line of table(cells, width).split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(room);
      }),
    );
  });

  test('cuts nothing without a width', () => {
    fc.assert(
      fc.property(rows(), (cells) => {
        const lines = table(cells, undefined).split('\n');
        cells.forEach((row, at) => {
          for (const one of row) expect(lines[at]).toContain(one.trimEnd());
        });
      }),
    );
  });
});
