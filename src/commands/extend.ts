import { parseDuration } from '../agent/duration.ts';
import { UsageError } from '../errors.ts';
import { extend } from '../lifecycle/extend.ts';
import { find } from '../lifecycle/list.ts';
import { type Command, print, printJson } from './command.ts';
import { managerWish, NO_MANAGER } from './manager-option.ts';

const command: Command = {
  usage: 'extend NAME DURATION',
  description:
    "Gives an agent more time: adds to its cap, or takes it away with none. Prints the new deadline; the watchdog's moves too.",
  examples: [
    ['agentctl extend fix-login 30m', 'half an hour more'],
    ['agentctl extend "$AGENTCTL_NAME" 1h', 'by the agent itself'],
  ],
  options: { json: { type: 'boolean', describe: 'schemas/agent.schema.json' }, ...NO_MANAGER },
  async run({ words, flags, stateDir }) {
    const [name, duration, ...more] = words;
    if (name === undefined || duration === undefined || more.length > 0)
      throw new UsageError('extend takes a name and a duration: agentctl extend NAME 30m');
    const byMs = parseDuration(duration, 'extend');
    if (byMs === 0) throw new UsageError('extend: 0 adds nothing: give 90s, 5m, 1h30m or none');
    const agent = await extend(stateDir, find(stateDir, name), { byMs, by: 'agentctl extend', ...managerWish(flags) });
    if (flags.on('json')) printJson(agent);
    else print(agent.deadline ?? 'none');
    return 0;
  },
};

export default command;
