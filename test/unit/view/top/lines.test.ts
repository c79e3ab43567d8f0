import { describe, expect, test } from 'vitest';
import type { TopRow } from '../../../../src/view/top/attention.ts';
import { barOf, linesOf, pageOf, type Scene, sparkOf } from '../../../../src/view/top/lines.ts';
import { BEGINNING, type Top, withRows } from '../../../../src/view/top/model.ts';
import { agent, at, ENDED, NOW, WAITS } from './rows.ts';

const SCENE: Scene = {
  columns: 80,
  rows: 24,
  nowMs: NOW,
  unicode: true,
  stateDir: '/state',
  managerRuns: true,
  cpu: () => [0, 50, 100],
  log: [],
};

function screen(rows: TopRow[], change: Partial<Scene> = {}, top: Partial<Top> = {}): string[] {
  return linesOf({ ...withRows(BEGINNING, rows, NOW), ...top }, { ...SCENE, ...change }).map(({ text }) => text);
}

describe('a row', () => {
  test.each<[string, Partial<TopRow>, string]>([
    ['works', {}, 'fix            running           ▉░░░░    50m   12 ▁▅█     200M make test'],
    ['is kept', { kept: true }, 'fix            running, kept     ▉░░░░    50m   12 ▁▅█     200M make test'],
    ['waits', WAITS, 'fix            waits: permission ▉░░░░    50m   12 ▁▅█     200M 1m: to use Bash'],
    [
      'has no cap and no samples',
      { deadline: null, resources: null },
      'fix            running                   none    - ▁▅█        - make test',
    ],
    [
      'has seconds left',
      { deadline: at(61) },
      'fix            running           ████▌   1m1s   12 ▁▅█     200M make test',
    ],
    [
      'is past its cap',
      { deadline: at(-9) },
      'fix            running           █████     0s   12 ▁▅█     200M make test',
    ],
    ['is in its grace', ENDED, 'fix            succeeded         █░░░░     4m   12 ▁▅█     200M make test'],
    [
      'failed',
      { ...ENDED, result: 'failed', exitCode: 3 },
      'fix            failed (3)        █░░░░     4m   12 ▁▅█     200M make test',
    ],
    [
      'died of a signal',
      { ...ENDED, result: 'failed', exitCode: null, signal: 'SIGSEGV' },
      'fix            failed (SIGSEGV)  █░░░░     4m   12 ▁▅█     200M make test',
    ],
    [
      'ended, and is kept',
      { ...ENDED, kept: true },
      'fix            succeeded                 kept   12 ▁▅█     200M make test',
    ],
    [
      'never ends its grace',
      { ...ENDED, teardownAt: null },
      'fix            succeeded                    -   12 ▁▅█     200M make test',
    ],
    [
      'has a long name',
      { name: 'a-name-that-goes-on' },
      'a-name-that-g~ running           ▉░░░░    50m   12 ▁▅█     200M make test',
    ],
    [
      'says what acts on a terminal',
      { command: ['printf', '\x1b[2J\u202e'] },
      "fix            running           ▉░░░░    50m   12 ▁▅█     200M printf '\\x1b[2J\\u202e'",
    ],
  ])('that %s', (_, change, expected) => {
    expect(screen([agent(change)])[2]?.slice(2)).toBe(expected);
  });

  test('is wider where there is room', () => {
    const name = 'a-name-of-twenty-six-signs';
    expect(screen([agent({ name })], { columns: 130 })[2]).toContain(`${name} running`);
  });
});

describe('the screen', () => {
  const many = Array.from({ length: 2000 }, (_, number) => agent({ name: `agent-${String(number).padStart(4, '0')}` }));

  test.each([
    [80, 24],
    [40, 5],
    [20, 2],
    [300, 100],
    [1, 1],
  ])('is never higher than a terminal of %i by %i', (columns, rows) => {
    const lines = screen(many, { columns, rows });
    expect(lines.length).toBeLessThanOrEqual(Math.max(1, rows - 1));
    expect(screen([], { columns, rows }).length).toBe(lines.length);
  });

  test('shows whoever is selected, with those around', () => {
    const lines = screen(many, {}, { selected: 'run-agent-1000' });
    expect(lines.filter((line) => line.startsWith('>'))).toEqual([expect.stringContaining('agent-1000')]);
    expect(lines.slice(2, -1)).toHaveLength(pageOf(SCENE));
    expect(screen(many, {}, { selected: 'run-agent-1999' }).at(-2)).toContain('> agent-1999');
  });

  test('counts by what is needed, and says where no manager runs', () => {
    const rows = [agent({ name: 'a', ...WAITS }), agent({ name: 'b' }), agent({ name: 'c', ...ENDED })];
    expect(screen(rows)[0]).toBe('1 waiting, 1 working, 1 ended  /state');
    expect(screen(rows, { managerRuns: false })[0]).toMatch(/^no manager runs; 1 waiting/);
  });

  test.each<[string, TopRow[], Partial<Top>, RegExp]>([
    ['no agents', [], {}, /no agents here: agentctl spawn starts one/],
    ['none that fits', [agent()], { filter: 'zzz' }, /nothing fits the filter/],
    ['the filter that is typed', [agent()], { filter: 'fi', mode: { kind: 'filter' } }, /^filter: fi_ /m],
    ['the filter that is kept', [agent()], { filter: 'fi' }, /filter "fi" \(Esc clears\)$/m],
    [
      'the time that is typed',
      [agent()],
      { mode: { kind: 'extend', of: agent(), text: '2h' } },
      /^extend fix by: 2h_/m,
    ],
    ['what is asked', [agent()], { mode: { kind: 'stop', of: agent() } }, /^stop fix with everything it started\?/m],
    ['what became of it', [agent()], { message: 'fix: stopped' }, /^fix: stopped$/m],
  ])('says %s', (_, rows, top, expected) => {
    expect(screen(rows, {}, top).join('\n')).toMatch(expected);
  });

  test.each([
    [0, 'line 81', 'line 100'],
    [5, 'line 76', 'line 95'],
    [1e9, 'line 1', 'line 20'],
  ])('shows a log, %i lines above its end', (scroll, first, last) => {
    const log = Array.from({ length: 100 }, (_, line) => `line ${line + 1}`);
    const lines = screen([agent()], { log }, { mode: { kind: 'logs', of: agent(), scroll } });
    expect(lines[1]).toMatch(/^the log of fix/);
    expect([lines[2], lines.at(-2)]).toEqual([first, last]);
  });

  test('shows a log in which nothing is', () => {
    expect(screen([agent()], {}, { mode: { kind: 'logs', of: agent(), scroll: 0 } })[2]).toBe(
      '  it has printed nothing',
    );
  });
});

test.each([
  [0, '░░░░░', '.....'],
  [0.5, '██▌░░', '###..'],
  [0.999, '█████', '#####'],
  [1, '█████', '#####'],
])('a bar of %d', (fraction, unicode, ascii) => {
  expect(barOf(fraction, 5, true)).toBe(unicode);
  expect(barOf(fraction, 5, false)).toBe(ascii);
});

test.each([
  [[], '', ''],
  [[0, 0.1, 50, 100, 400], '▁▂▅██', '_.=##'],
])('CPU of %j', (percents, unicode, ascii) => {
  expect(sparkOf(percents, true)).toBe(unicode);
  expect(sparkOf(percents, false)).toBe(ascii);
});
