import { UsageError } from '../errors.ts';
import { stats } from '../lifecycle/stats.ts';
import { statsReport } from '../view/stats-report.ts';
import { type Command, print, printJson } from './command.ts';

const command: Command = {
  usage: 'stats',
  description:
    'Says how many agents there were, archived ones too, how they ended, and how long their sessions stayed after that: in truth, and had each gone 24 hours after its start. What "agentctl rm" removed is not counted.',
  examples: [["agentctl stats --json | jq '.savedFraction'", '1 is all of it']],
  options: { json: { type: 'boolean', describe: 'schemas/stats.schema.json' } },
  run({ words, flags, stateDir }) {
    if (words.length > 0) throw new UsageError('stats takes no words: agentctl stats');
    const facts = stats(stateDir);
    if (flags.on('json')) printJson(facts);
    else print(statsReport(facts));
    return 0;
  },
};

export default command;
