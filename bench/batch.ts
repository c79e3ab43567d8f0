// npm run bench:batch [-- AGENTS] [--rounds N] [--record]: `spawn --batch` beside a shell loop of `tmux new-session -d` that
// runs the same wrapper over directories made for it beforehand, each until all wrappers have proved that they run; by
// turns. Exit code 1 where the batch takes more than its goal. --record puts the table into bench/RESULTS.md.
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { draft, putDown } from '../src/lifecycle/draft.ts';
import { prepareStateDir } from '../src/store/state-dir.ts';
import { Ground, until } from './ground.ts';
import { seconds, tell } from './results.ts';

const { positionals, values: flags } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '3' }, record: { type: 'boolean', default: false } },
});
const agents = Number(positionals[0] ?? 1000);
/** In the time of the shell loop. */
const GOAL = 0.6;
const LONGEST_MS = 600_000;
const names = Array.from({ length: agents }, (_, at) => `agent-${at}`);
const LOOP =
  'for name; do tmux -S "$SOCKET" -f /dev/null new-session -d -s "$name" sh "$WRAPPER" "agents/$name" || exit; done';

const problems: string[] = [];
const taken: { batch: number; loop: number }[] = [];
for (let round = 0; round < Number(flags.rounds) && problems.length === 0; round++)
  taken.push({ loop: await timed(byLoop), batch: await timed(byBatch) });
const ratios = taken.map(({ batch, loop }) => batch / loop).sort((a, b) => a - b);
const ratio = ratios[Math.floor(ratios.length / 2)] ?? Number.NaN;
if (problems.length === 0 && !(ratio <= GOAL)) problems.push(`${ratio.toFixed(2)} in place of ${GOAL}`);
const figures = [
  {
    what: 'batch, in the time of the loop',
    goal: `${GOAL} ×`,
    measured: `${ratio.toFixed(2)} × (${ratios.map((one) => one.toFixed(2)).join(', ')})`,
  },
  { what: 'batch', measured: taken.map(({ batch }) => seconds(batch)).join(', ') },
  { what: 'loop', measured: taken.map(({ loop }) => seconds(loop)).join(', ') },
];
const method = `${agents} agents (\`sleep\`), until each wrapper has put down that it runs; no manager. The loop is given directories that were made before it began, keeps no logs and sets no hooks. Again: \`npm run bench:batch -- ${agents} --record\`.`;
tell({ title: `A batch of ${agents} agents`, method, figures, problems }, flags.record ? 'batch' : undefined);

async function timed(start: (ground: Ground) => Promise<number>): Promise<number> {
  const ground = await Ground.open();
  try {
    return await start(ground);
  } catch (error) {
    problems.push(`given up: ${error instanceof Error ? error.message : error}`);
    return Number.NaN;
  } finally {
    await ground.close();
  }
}

async function byBatch(ground: Ground): Promise<number> {
  const file = join(ground.dir, 'batch.ndjson');
  writeFileSync(file, names.map((name) => `${JSON.stringify({ name, command: ['sleep', '1000'] })}\n`).join(''));
  const begun = performance.now();
  const code = await ground.agentctl('spawn', '--batch', file, '--no-manager');
  if (code !== 0) throw new Error(`spawn --batch ended with ${code}`);
  const passed = performance.now() - begun;
  if (!allRun(ground)) throw new Error('spawn --batch has come back before all ran');
  return passed;
}

async function byLoop(ground: Ground): Promise<number> {
  prepareStateDir(ground.state);
  for (const name of names)
    await putDown(ground.state, await draft(ground.state, { name, command: ['sleep', '1000'] }));
  const env = {
    ...process.env,
    SOCKET: join(ground.state.path, 'tmux.sock'),
    WRAPPER: resolve('bin/agent-wrapper'),
  };
  const begun = performance.now();
  const { status, stderr } = spawnSync('sh', ['-c', LOOP, 'sh', ...names], {
    cwd: ground.state.path,
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the loop ended with ${status}: ${stderr}`);
  if (!(await until(() => allRun(ground), LONGEST_MS, 20))) throw new Error('not all of the loop’s ran');
  return performance.now() - begun;
}

function allRun(ground: Ground): boolean {
  return names.every((name) => existsSync(join(ground.state.path, 'agents', name, 'started.json')));
}
