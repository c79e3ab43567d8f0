import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Ground } from './ground.ts';

/** Who asks for `ps` all the time and compares each answer with the process table. */
export class Witness {
  readonly #process: ChildProcess;

  constructor(ground: Ground, everyMs: number) {
    const program = join(ground.dir, 'ps-witness.mjs');
    const bundle = ['bench/ps-witness.ts', '--bundle', '--platform=node', '--format=esm', `--outfile=${program}`];
    const { status, stderr } = spawnSync('node_modules/.bin/esbuild', bundle, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`esbuild: ${stderr}`);
    this.#process = fork(program, [ground.state.path, String(everyMs)], { execArgv: [] }); // not our --input-type
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  async end(): Promise<{ lies: string[]; samples: number }> {
    const told = once(this.#process, 'message');
    this.#process.send('end');
    const gone = once(this.#process, 'exit').then(() => {
      throw new Error('who asks for ps has ended early');
    });
    const [answer] = await Promise.race([told, gone]);
    gone.catch(() => {});
    return answer as { lies: string[]; samples: number };
  }
}
