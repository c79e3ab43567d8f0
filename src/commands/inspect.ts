import { UsageError } from '../errors.ts';
import { callingAgent } from '../lifecycle/calling-agent.ts';
import { inspect } from '../lifecycle/inspect.ts';
import { callersStateDir } from './callers-state-dir.ts';
import { type Command, printJson } from './command.ts';

const command: Command = {
  usage: 'inspect NAME… | inspect --self',
  description:
    'Prints everything that is known of an agent as JSON (schemas/agent.schema.json), one line each. NAME.RUNID means that run.',
  examples: [["agentctl inspect fix-login | jq '.evidence'", 'what each witness says']],
  options: {
    self: { type: 'boolean', describe: 'the agent that calls it' },
    json: { type: 'boolean', describe: 'is what it prints anyway' },
  },
  async run({ words, flags, stateDir }) {
    if (flags.on('self')) {
      if (words.length > 0) throw new UsageError('inspect --self takes no names: it means the agent that calls it');
      const self = callingAgent();
      if (self === null) throw new UsageError('inspect --self: this was not called by an agent: name one');
      const own = callersStateDir(self, flags, stateDir);
      printJson(await inspect(own, `${self.name}.${self.runId}`));
      return 0;
    }
    if (words.length === 0) throw new UsageError('inspect needs a name: agentctl inspect NAME');
    for (const agent of await Promise.all(words.map((name) => inspect(stateDir, name)))) printJson(agent);
    return 0;
  },
};

export default command;
