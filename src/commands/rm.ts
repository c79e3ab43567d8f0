import { BusyError, UsageError } from '../errors.ts';
import { find } from '../lifecycle/list.ts';
import { isBeyondKnowing } from '../lifecycle/observe.ts';
import { remove } from '../lifecycle/remove.ts';
import { stop } from '../lifecycle/stop.ts';
import { type Command, print } from './command.ts';

const command: Command = {
  usage: 'rm NAME… [options]',
  description: 'Removes ended agents with their logs and results, for good. NAME.RUNID means an archived run.',
  options: { force: { alias: 'f', type: 'boolean', describe: 'stop live ones first' } },
  async run({ words, flags, stateDir }) {
    if (words.length === 0) throw new UsageError('rm needs a name: agentctl rm NAME');
    const agents = words.map((name) => find(stateDir, name));
    const live = agents.filter((agent) => agent.status.phase !== 'ended' && !isBeyondKnowing(agent));
    if (live.length > 0 && !flags.on('force')) {
      throw new BusyError(`${live[0]?.name} is ${live[0]?.status.phase}: stop it first, or use rm -f`);
    }
    await stop(stateDir, live, { by: 'agentctl rm -f' });
    for (const agent of agents) {
      await remove(stateDir, agent);
      print(agent.name);
    }
    return 0;
  },
};

export default command;
