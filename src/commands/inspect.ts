import { UsageError } from '../errors.ts';
import { callingAgent } from '../lifecycle/calling-agent.ts';
import { inspect } from '../lifecycle/inspect.ts';
import { postmortem } from '../lifecycle/postmortem.ts';
import type { StateDir } from '../store/state-dir.ts';
import { postmortemReport } from '../view/postmortem-report.ts';
import { callersStateDir } from './callers-state-dir.ts';
import { type Command, print, printJson } from './command.ts';

const command: Command = {
  usage: 'inspect NAME… [--postmortem] | inspect --self',
  description:
    'Prints everything that is known of an agent as JSON (schemas/agent.schema.json), one line each. NAME.RUNID means that run. With --postmortem: how one ended that did not succeed, what it said last and what it left, for people.',
  examples: [
    ["agentctl inspect fix-login | jq '.evidence'", 'what each witness says'],
    ['agentctl inspect --postmortem fix-login', 'why did it fail?'],
  ],
  options: {
    self: { type: 'boolean', describe: 'the agent that calls it' },
    postmortem: { type: 'boolean', describe: 'of one that ended otherwise than as succeeded: all that tells why' },
    json: { type: 'boolean', describe: 'is what it prints anyway; --postmortem: schemas/postmortem.schema.json' },
  },
  async run({ words, flags, stateDir }) {
    const ofItsEnd = flags.on('postmortem');
    if (flags.on('self') && ofItsEnd)
      throw new UsageError('inspect: --self and --postmortem exclude each other: who calls it has not ended');
    if (flags.on('self')) {
      if (words.length > 0) throw new UsageError('inspect --self takes no names: it means the agent that calls it');
      const self = callingAgent();
      if (self === null) throw new UsageError('inspect --self: this was not called by an agent: name one');
      const own = callersStateDir(self, flags, stateDir);
      printJson(await inspect(own, `${self.name}.${self.runId}`));
      return 0;
    }
    if (words.length === 0) throw new UsageError('inspect needs a name: agentctl inspect NAME');
    if (ofItsEnd) return printPostmortems(stateDir, words, flags.on('json'));
    for (const agent of await Promise.all(words.map((name) => inspect(stateDir, name)))) printJson(agent);
    return 0;
  },
};

export default command;

async function printPostmortems(stateDir: StateDir, names: readonly string[], asJson: boolean): Promise<number> {
  const found = [];
  for (const name of names) found.push(await postmortem(stateDir, name));
  for (const [index, { postmortem: made, directory }] of found.entries()) {
    if (asJson) printJson(made);
    else print(`${index === 0 ? '' : '\n'}${postmortemReport(made, directory)}`);
  }
  return 0;
}
