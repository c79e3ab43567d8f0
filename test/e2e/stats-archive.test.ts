import { mkdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { figures, groups, knownArchive, type Meant } from '../fixtures/known-archive.ts';
import { Workbench } from '../fixtures/workbench.ts';
import { misfits } from './schemas.ts';

/** The 5,000 take a while to make: `AGENTCTL_TEST_ARCHIVE=5000`, or `npm run bench:stats`, which measures too. */
const COUNT = Number(process.env.AGENTCTL_TEST_ARCHIVE ?? 300);

test(`stats says exactly what became of ${COUNT} archived agents, of all and by each grouping`, async () => {
  const bench = new Workbench();
  const meant = knownArchive(bench.state, COUNT);
  const since = meant.map(({ endedAtMs }) => endedAtMs).toSorted((a, b) => a - b)[Math.floor(COUNT / 3)] ?? 0;
  const instant = new Date(since).toISOString();
  const late = meant.filter(({ endedAtMs }) => endedAtMs >= since);
  expect(late.length).toBeLessThan(COUNT);

  const facts = (agents: readonly Meant[], since: string | null, by: string | null, of: object[]) => ({
    ...{ schemaVersion: 1, since, by, groups: of },
    ...figures(agents),
  });
  const cases: [string[], object][] = [
    [[], facts(meant, null, null, [])],
    [['--since', instant], facts(late, instant, null, [])],
    [
      ['--by', 'cwd'],
      facts(
        meant,
        null,
        'cwd',
        groups(meant, ({ cwd }) => [cwd]),
      ),
    ],
    [
      ['--by', 'agent', '--since', instant],
      facts(
        late,
        instant,
        'agent',
        groups(late, ({ agent }) => (agent === null ? [] : [agent])),
      ),
    ],
    [
      ['--by', 'label=job'],
      facts(
        meant,
        null,
        'label=job',
        groups(meant, ({ labels }) => (labels.job ? [labels.job] : [])),
      ),
    ],
    [
      ['--by', 'label'],
      facts(
        meant,
        null,
        'label',
        groups(meant, ({ labels }) => Object.entries(labels).map(([k, v]) => `${k}=${v}`)),
      ),
    ],
  ];
  const said = await bench.many(cases.map(([args]) => ['stats', '--json', ...args]));
  for (const [at, [args, expected]] of cases.entries()) {
    const { code, stdout, stderr } = said[at] ?? { code: null, stdout: '', stderr: '' };
    expect([code, stderr], args.join(' ')).toEqual([0, '']);
    const found = JSON.parse(stdout) as object;
    expect(misfits('stats', found), args.join(' ')).toEqual([]);
    expect(found, args.join(' ')).toEqual(expected);
  }
});

test('stats refuses what it cannot read, in a sentence', async () => {
  const bench = new Workbench();
  mkdirSync(bench.state, { mode: 0o700 });
  const cases: [string[], RegExp][] = [
    [['--since', 'yesterday'], /^agentctl: --since: "yesterday" is not a duration: .*2026-01-31T09:30:00Z\n$/],
    [['--since', 'none'], /^agentctl: --since: none is not possible here: [^\n]+\n$/],
    [['--since', '2026-02-30'], /^agentctl: --since: "2026-02-30" is no instant: [^\n]+\n$/],
    [['--since'], /^agentctl: the option --since needs a value: [^\n]+\n$/],
    [['--by', 'labels'], /^agentctl: --by: "labels" is nothing to group by: did you mean label\?\n$/],
    [['--by', 'result'], /^agentctl: --by: "result" is nothing to group by: write label, label=KEY, agent or cwd\n$/],
    [['--by', 'label=\x1b[2J'], /^agentctl: --by: "\\u001b\[2J" is no label's key: [^\n]+\n$/],
    [['--sinc', '1h'], /^agentctl: unknown option --sinc: did you mean --since\? [^\n]+\n$/],
  ];
  const said = await bench.many(cases.map(([args]) => ['stats', ...args]));
  for (const [at, [args, sentence]] of cases.entries())
    expect(said[at], args.join(' ')).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(sentence) });
});
