import { UsageError } from '../errors.ts';
import { inspect } from '../lifecycle/inspect.ts';
import { type Command, printJson } from './command.ts';

const command: Command = {
  usage: 'inspect NAME…',
  description:
    'Prints everything that is known of an agent as JSON (schemas/agent.schema.json), one line each. NAME.RUNID means that run.',
  examples: [["agentctl inspect fix-login | jq '.evidence'", 'what each witness says']],
  options: { json: { type: 'boolean', describe: 'is what it prints anyway' } },
  async run({ words, stateDir }) {
    if (words.length === 0) throw new UsageError('inspect needs a name: agentctl inspect NAME');
    for (const agent of await Promise.all(words.map((name) => inspect(stateDir, name)))) printJson(agent);
    return 0;
  },
};

export default command;
