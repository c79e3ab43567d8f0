import { UsageError } from '../errors.ts';
import { hooksFor } from '../lifecycle/hooks-for.ts';
import { type Command, print } from './command.ts';

const command: Command = {
  usage: 'hooks claude|codex|gemini|opencode',
  description:
    'Prints what to put into your own settings of an agent, so that it reports however it is started. "spawn --agent" needs none of it. Outside an agent of agentctl it does nothing.',
  examples: [['agentctl hooks claude', 'for ~/.claude/settings.json']],
  run({ words }) {
    const [agent, ...more] = words;
    if (agent === undefined || more.length > 0)
      throw new UsageError('hooks needs one name: agentctl hooks claude, codex, gemini or opencode');
    print(hooksFor(agent));
    return 0;
  },
};

export default command;
