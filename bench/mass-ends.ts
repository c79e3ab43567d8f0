// npm run bench:mass [IMMEDIATE [RELEASED [BUSY_LOOPS…]]]: agents that end at once, by default 500 and 300, twice, without
// load and under 6 busy loops. Prints the figures; exit code 1 if a code or a byte of a log was lost.
import { spawn as startProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { busyLoops, type Library, massEnds } from './masses.ts';

const [immediate = 500, released = 300, ...loads] = process.argv.slice(2).map(Number);
const library = (await import(pathToFileURL(resolve('dist/index.js')).href)) as Library;
let lost = 0;
for (const load of loads.length > 0 ? loads : [0, 0, 6, 6]) {
  const dir = mkdtempSync(join(tmpdir(), 'agentctl-bench-'));
  const state = { path: join(dir, 'state'), reason: 'of this measurement' };
  const agentctl = (args: readonly string[]): Promise<number | null> =>
    new Promise((done) => {
      startProcess(process.execPath, [resolve('bin/agentctl'), '--state-dir', state.path, ...args], {
        stdio: ['ignore', 'ignore', 'inherit'],
      }).on('exit', done);
    });
  const calm = busyLoops(load);
  try {
    const { problems, figures } = await massEnds({
      library,
      agentctl,
      state,
      folder: join(dir, 'mass'),
      immediate,
      released,
      byCommand: Math.round(immediate / 10),
      parallel: 8,
    });
    process.stdout.write(
      `${JSON.stringify({ immediate, released, busyLoops: load, ...figures, problems }, null, 1)}\n`,
    );
    lost += problems.length;
  } finally {
    calm();
    await agentctl(['kill', '--all']);
    await agentctl(['tmux', 'kill-server']);
    rmSync(dir, { recursive: true, force: true });
  }
}
process.exitCode = lost === 0 ? 0 : 1;
