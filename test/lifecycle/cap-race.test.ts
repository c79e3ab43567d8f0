import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as library from '../../src/index.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { type Listed, Workbench } from '../fixtures/workbench.ts';

/** Managers, each with a state directory of its own: one with few agents acts promptly. */
const PLACES = 4;
const RUNS_EACH = 50;
const AT_ONCE = 3;
const CAP_MS = 1000;
const SPREAD_MS = 50;
/** TERM comes later than the cap, the more so on a loaded machine: who has just won, is given a harder start. */
const HANDICAP_MS = 40;

/**
 * Ends by itself, with a code of its own, OFFSET ms from its cap, which counts from the uptime that started.json has.
 * The obedient die of TERM, as programs do; the deaf put down that they heard it.
 */
const SCRIPT = `# CODE OFFSET_MS deaf|obedient HEARD
[ "$3" = obedient ] || trap 'echo TERM >>"$4"' TERM
read -r record <"$AGENTCTL_STATE_DIR/agents/$AGENTCTL_NAME/started.json"
start=\${record#*uptimeSeconds\\":} start=\${start%%,*}
read -r now _ </proc/uptime
now=\${now%.*}\${now#*.} start=\${start%.*}\${start#*.}
left=$(( (start - now) * 10 + ${CAP_MS} + $2 ))
if [ "$left" -gt 0 ]; then sleep "$(( left / 1000 )).$(printf %03d "$(( left % 1000 ))")"; fi
exit "$1"
`;

interface Run {
  name: string;
  code: number;
  spreadMs: number;
  deaf: boolean;
}

interface Verdict {
  cause: string;
  reason: string;
  steps: { step: string; uptimeSeconds: number }[];
}

interface Exit {
  code: number;
  how: string;
  uptimeSeconds: number;
}

test(`one verdict and the right code where the natural end races the cap, ${PLACES * RUNS_EACH} times`, async () => {
  const places = Array.from({ length: PLACES }, (_, place) => race(new Workbench().withManager(), place));
  const outcomes = (await Promise.all(places)).flat();
  expect(outcomes.flatMap(({ problems }) => problems)).toEqual([]);
  // It was a race: each side won some.
  const won = (wanted: Outcome['winner']): number => outcomes.filter(({ winner }) => winner === wanted).length;
  expect(won('end')).toBeGreaterThan(0);
  expect(won('term') + won('both')).toBeGreaterThan(0);
}, 300_000);

interface Outcome {
  /** `both`: TERM was sent, and the code is the agent's own; `withdrawn`: TERM was decided on, and found nobody. */
  winner: 'end' | 'term' | 'both' | 'withdrawn';
  problems: string[];
}

async function race(bench: Workbench, place: number): Promise<Outcome[]> {
  const state = { path: bench.state, reason: 'of this test' };
  const script = bench.file('race.sh', SCRIPT);
  const runs = Array.from({ length: RUNS_EACH }, (_, at): Run => {
    const part = (((at * 37) % RUNS_EACH) + place / PLACES) / RUNS_EACH;
    return { name: `r${at}`, code: 1 + at, spreadMs: Math.round((2 * part - 1) * SPREAD_MS), deaf: at % 2 === 0 };
  });
  await bench.ok('manager', 'start');
  const told = new Map<string, library.Agent | library.Removed>();
  const left = runs.values();
  let handicapMs = 0;
  const racing = Array.from({ length: AT_ONCE }, async () => {
    for (const { name, code, spreadMs, deaf } of left) {
      const words = [String(code), String(handicapMs + spreadMs), deaf ? 'deaf' : 'obedient', join(bench.dir, name)];
      const limits = { maxRuntimeMs: CAP_MS };
      const agent = await library.spawn(state, { name, command: ['sh', script, ...words], limits });
      for await (const ended of library.wait(state, [agent], { timeoutMs: 30_000 })) {
        told.set(name, ended);
        handicapMs += 'result' in ended && ended.result === 'timed-out' ? -HANDICAP_MS : HANDICAP_MS;
      }
    }
  });
  await Promise.all(racing);
  await waitFor('the verdicts to be whole', async () =>
    (await bench.ps()).every((agent) => agent.result !== 'timed-out' || isWhole(bench, agent)),
  );
  const agents = await bench.ps();
  expect(bench.managerLog().filter(({ level }) => Number(level) >= 50)).toEqual([]);
  return runs.map((run) => {
    const agent = agents.find(({ name }) => name === run.name) as Listed;
    const { winner, problems } = outcomeOf(bench, run, agent);
    const first = (told.get(run.name) as library.Agent | undefined)?.result;
    if (first !== agent.result) problems.push(`${run.name}: wait said ${first}, now it is ${agent.result}`);
    return { winner, problems };
  });
}

function isWhole(bench: Workbench, agent: Pick<Listed, 'directory'>): boolean {
  return verdictOf(bench, agent).steps.some(({ step }) => step === 'ended');
}

/** A natural end has none before its teardown. */
function verdictOf(bench: Workbench, agent: Pick<Listed, 'directory'>): Verdict {
  if (!existsSync(join(agent.directory, 'verdict.json'))) return { cause: 'natural', reason: '', steps: [] };
  return bench.record(agent, 'verdict.json') as unknown as Verdict;
}

function outcomeOf(bench: Workbench, run: Run, agent: Listed): Outcome {
  const verdict = verdictOf(bench, agent);
  const exit = bench.record(agent, 'exit.json') as unknown as Exit;
  const terms = verdict.steps.filter(({ step }) => step === 'term').length;
  const decided = bench.managerLog().filter(({ runId, do: action }) => runId === agent.runId && action === 'term');
  const problems = [
    ...wrongs(run, agent, verdict, exit),
    ...(decided.length > 1 ? [`the manager decided ${decided.length} times on TERM`] : []),
    ...(heard(bench, run) > terms ? [`heard TERM ${heard(bench, run)} times, and the verdict says ${terms}`] : []),
  ];
  const winner = terms === 0 ? (verdict.reason === '' ? 'end' : 'withdrawn') : exit.code === run.code ? 'both' : 'term';
  return {
    winner,
    problems: problems.map((problem) => `${run.name} of ${bench.state}: ${problem}`),
  };
}

/** What does not go together in what is put down of one run. */
function* wrongs({ code, deaf }: Run, agent: Listed, { cause, steps }: Verdict, exit: Exit): Generator<string> {
  const terms = steps.filter(({ step }) => step === 'term');
  const termAt = terms[0]?.uptimeSeconds;
  if (exit.how !== 'observed') yield `its code was ${exit.how}`;
  if (agent.exitCode !== exit.code) yield `ps says ${agent.exitCode}, its sentinel ${exit.code}`;
  if (terms.length > 1) yield `TERM ${terms.length} times`;
  if ((termAt !== undefined) !== (cause === 'capped')) yield `cause ${cause} with ${terms.length} TERM`;
  // Nobody else ends them: any other code than its own is that of our TERM, which only the obedient die of.
  if (exit.code !== code && (deaf || exit.code !== 143 || termAt === undefined))
    yield `code ${exit.code} in place of ${code}, with ${terms.length} TERM`;
  const wanted = termAt !== undefined && termAt <= exit.uptimeSeconds ? 'timed-out' : 'failed';
  if (agent.result !== wanted) yield `${agent.result} in place of ${wanted}: ${agent.reason}`;
  if (steps.filter(({ step }) => step === 'ended').length > 1) yield 'ended twice';
}

function heard(bench: Workbench, { name }: Run): number {
  const path = join(bench.dir, name);
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').length : 0;
}
