import { AgentctlError, UsageError, wordsOf } from '../errors.ts';
import { attach } from '../lifecycle/attach.ts';
import { listPresent, resolve } from '../lifecycle/list.ts';
import { topWorld } from '../lifecycle/top-world.ts';
import { FullScreen } from '../system/full-screen.ts';
import { BEGINNING } from '../view/top/model.ts';
import type { Command } from './command.ts';

const command: Command = {
  usage: 'top',
  description:
    'A live view of the agents that "agentctl ps" lists, first those that need a person: who waits, who is near its cap, who is idle. Keys, which its last line names: up and down select, a attaches (C-q comes back), l shows the log, e extends, k keeps or lets go, s stops after asking, / filters, o changes the order, q leaves.',
  examples: [['agentctl top', 'in a terminal; in a pipe, or where no cursor can be moved: agentctl ps --watch']],
  options: {},
  async run({ words, stateDir }) {
    if (words.length > 0) throw new UsageError('top takes no words: / filters as it runs');
    requireScreen();
    listPresent(stateDir); // what is wrong with the state directory is said in the person's own screen
    // It takes a terminal within CI for a log, and would draw nothing.
    for (const name of ['CI', 'CONTINUOUS_INTEGRATION']) Reflect.deleteProperty(process.env, name);
    if (process.env.NO_COLOR) process.env.FORCE_COLOR = '0';
    const { showTop } = await import('../view/top/app.tsx');
    const full = new FullScreen();
    const world = topWorld(stateDir, full.stdout);
    try {
      for (let top = BEGINNING; ; ) {
        full.enter();
        const left = await showTop(top, world).finally(() => full.leave());
        if (left?.deed.do !== 'attach') return 0;
        const { of } = left.deed;
        // It may be gone by now.
        const attached = (async () => attach(stateDir, resolve(stateDir, of)))();
        top = { ...left.top, message: await attached.then(() => '', wordsOf) };
      }
    } finally {
      world.close();
    }
  },
};

export default command;

/** @throws {AgentctlError} where nothing can be drawn. */
function requireScreen(): void {
  const why =
    process.stdin.isTTY && process.stdout.isTTY
      ? ['', 'dumb'].includes(process.env.TERM ?? '') && `TERM is ${process.env.TERM ? '"dumb"' : 'not set'}`
      : 'stdin or stdout is none';
  if (why) throw new AgentctlError(`top needs a terminal that can move its cursor (${why}): use "agentctl ps --watch"`);
}
