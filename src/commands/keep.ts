import { UsageError } from '../errors.ts';
import { keep } from '../lifecycle/keep.ts';
import { find } from '../lifecycle/list.ts';
import type { Command } from './command.ts';

const command: Command = {
  usage: 'keep NAME… [--release]',
  description:
    'Holds what time would end or tear down: an agent that is done or idle, the session of one that has ended. Its cap and a stop still end it.',
  examples: [['agentctl keep fix-login', 'to look at it later']],
  options: { release: { type: 'boolean', describe: 'let it go again' } },
  async run({ words, flags, stateDir }) {
    if (words.length === 0) throw new UsageError('keep needs a name: agentctl keep NAME');
    // All are looked up before one is kept.
    const agents = words.map((word) => find(stateDir, word));
    for (const agent of agents) await keep(stateDir, agent, { keep: !flags.on('release'), by: 'agentctl keep' });
    return 0;
  },
};

export default command;
