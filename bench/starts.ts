// npm run bench:starts [-- ROUNDS] [--agents 10,100,1000] [--record]: what a call costs a script, in that of `node -e 0`:
// `--version`, `ps` with so many live agents, `spawn` to the proof that the wrapper runs. By turns, so that what else the
// machine does falls upon all of them. Exit code 1 where a goal is missed. --record puts the table into bench/RESULTS.md.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Ground } from './ground.ts';
import { type Figure, median, quantile, tell } from './results.ts';

const { positionals, values: flags } = parseArgs({
  allowPositionals: true,
  options: { agents: { type: 'string', default: '10,100,1000' }, record: { type: 'boolean', default: false } },
});
const rounds = Number(positionals[0] ?? 15);
const counts = flags.agents.split(',').map(Number);
/** In the time of `node -e 0`. */
const PS_GOALS: Readonly<Record<number, number>> = { 10: 1.3, 100: 1.35, 1000: 1.7 };
const SPAWN_GOAL = 1.6;

const ground = await Ground.open();
const figures: Figure[] = [];
const problems: string[] = [];
let live = 0;
try {
  // A command that is called as scripts call it: what was compiled for it is found by its name.
  process.env.AGENTCTL_STATE_DIR = ground.state.path;
  const call = (...words: string[]): string[] => [resolve('bin/agentctl'), ...words];
  for (const count of counts) {
    await ground.fill(live, count);
    live = count;
    let spawned = 0;
    const ways: [string, number | undefined, () => string[]][] = [
      [`ps, ${count} live agents`, PS_GOALS[count], () => call('ps')],
    ];
    if (count === counts[0]) {
      ways.unshift(['--version', undefined, () => call('--version')]);
      ways.push([
        'spawn, to the proof that the wrapper runs',
        SPAWN_GOAL,
        () => call('spawn', '-n', `own-${spawned++}`, '--grace', '0', 'true'),
      ]);
    }
    const taken = Array.from({ length: rounds }, () => [
      timed(['-e', '0']),
      ...ways.map(([, , args]) => timed(args())),
    ]);
    const floor = median(taken.map(([own]) => own ?? Number.NaN));
    for (const [at, [what, goal]] of ways.entries()) {
      const own = taken.map((round) => (round[at + 1] ?? Number.NaN) / floor);
      const ratio = median(own);
      figures.push({
        what,
        ...(goal !== undefined && { goal: `${goal} × \`node -e 0\`` }),
        measured: `${ratio.toFixed(2)} × (${quantile(own, 0.25).toFixed(2)} to ${quantile(own, 0.75).toFixed(2)})`,
      });
      if (goal !== undefined && !(ratio <= goal)) problems.push(`${what}: ${ratio.toFixed(2)} in place of ${goal}`);
    }
    figures.push({ what: `\`node -e 0\` beside ${count} live agents`, measured: `${(1000 * floor).toFixed(0)} ms` });
  }
} catch (error) {
  problems.push(`given up: ${error instanceof Error ? error.message : error}`);
} finally {
  await ground.close();
}
const method = `Wall time of ${rounds} calls of each, by turns; medians, with the middle half of the calls, in the median of \`node -e 0\`. The agents are \`sleep\`, under a manager. Again: \`npm run bench:starts -- --record\`.`;
tell({ title: 'What a call costs', method, figures, problems }, flags.record ? 'starts' : undefined);

function timed(args: readonly string[]): number {
  const begun = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  return (performance.now() - begun) / 1000;
}
