import { describe, expect, test } from 'vitest';
import { BEGINNING, keyOf, press, selectedAt, shown, type Top, withRows } from '../../../../src/view/top/model.ts';
import { agent, NOW, WAITS } from './rows.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const TOP = withRows(
  BEGINNING,
  NAMES.map((name) => agent({ name })),
  NOW,
);

/** Presses keys one after the other, on a page of three. */
function pressed(keys: string, from: Top = TOP) {
  let top = from;
  let deed: object | undefined;
  for (const key of keys.split(' ').filter(Boolean)) ({ top, deed } = { deed: undefined, ...press(top, key, NOW, 3) });
  const rows = shown(top, NOW);
  return { top, deed, at: rows[selectedAt(top, rows)]?.name };
}

describe('keys', () => {
  test.each([
    ['', 'a'],
    ['down down', 'c'],
    ['down up up', 'a'],
    ['pageDown', 'd'],
    ['end', 'e'],
    ['end down', 'e'],
    ['end home', 'a'],
    ['end pageUp', 'b'],
  ])('%s selects %s', (keys, name) => {
    expect(pressed(keys).at).toBe(name);
  });

  test.each<[string, object]>([
    ['q', { do: 'quit' }],
    ['down a', { do: 'attach', of: { name: 'b' } }],
    ['k', { do: 'keep', of: { name: 'a' } }],
    ['e return', { do: 'extend', of: { name: 'a' }, by: '30m' }],
    ['e backspace backspace backspace 2 h return', { do: 'extend', of: { name: 'a' }, by: '2h' }],
    ['s y', { do: 'stop', of: { name: 'a' } }],
  ])('%s: %s', (keys, deed) => {
    expect(pressed(keys).deed).toMatchObject(deed);
  });

  test.each(['s n', 's return', 's q', 's escape', 'e escape', 'l s', 'l k', '/ s y return', 'x', 'escape'])(
    '%s does nothing',
    (keys) => {
      const { top, deed } = pressed(keys);
      expect(deed).toBeUndefined();
      expect(top.rows).toHaveLength(5);
    },
  );

  test.each([
    ['/ b', 'b', 'filter'],
    ['/ b return', 'b', 'list'],
    ['/ b backspace c up', 'c', 'filter'],
    ['/ b escape', '', 'list'],
    ['/ b return escape', '', 'list'],
  ])('%s filters by "%s"', (keys, filter, mode) => {
    const { top } = pressed(keys);
    expect(top.filter).toBe(filter);
    expect(top.mode.kind).toBe(mode);
  });

  test('o goes round all orders', () => {
    const orders = [1, 2, 3, 4, 5].map((times) => pressed('o '.repeat(times)).top.order);
    expect(orders).toEqual(['name', 'cpu', 'memory', 'runtime', 'attention']);
  });

  test.each([
    ['l', 0],
    ['l up up', 2],
    ['l pageUp down', 2],
    ['l up end', 0],
    ['l down', 0],
  ])('%s scrolls %i lines up', (keys, scroll) => {
    expect(pressed(keys).top.mode).toMatchObject({ kind: 'logs', of: { name: 'a' }, scroll });
  });

  test('without agents every key is harmless', () => {
    for (const key of ['a', 'k', 'l', 'e', 's', 'up', 'end', 'return', '/', 'o'])
      expect(press(BEGINNING, key, NOW, 3).deed).toBeUndefined();
  });
});

describe('agents that change', () => {
  test('who is selected stays so, wherever it moves', () => {
    const { top } = pressed('down a');
    const moved = withRows(
      top,
      top.rows.map((row) => (row.name === 'd' ? { ...row, ...WAITS } : row)),
      NOW,
    );
    expect(shown(moved, NOW)[0]?.name).toBe('d');
    expect(moved.selected).toBe('run-b');
  });

  test.each([
    ['down', 'b', 'c'],
    ['end', 'e', 'd'],
  ])('after %s, once %s is gone, %s is selected', (keys, gone, next) => {
    const { top } = pressed(`${keys}`);
    const later = withRows(
      top,
      top.rows.filter(({ name }) => name !== gone),
      NOW,
    );
    expect(later.selected).toBe(`run-${next}`);
  });

  test('one whose spec.json is damaged is known by its name', () => {
    expect(keyOf(agent({ name: 'x', runId: null }))).toBe('x');
  });

  test('the question is about whom it was asked of', () => {
    const asked = pressed('down s').top;
    const later = withRows(
      asked,
      asked.rows.filter(({ name }) => name === 'a'),
      NOW,
    );
    expect(press(later, 'y', NOW, 3).deed).toMatchObject({ do: 'stop', of: { name: 'b' } });
  });
});
