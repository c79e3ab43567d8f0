import { parseGrouping } from '../agent/grouping.ts';
import { parseSince } from '../agent/since.ts';
import { UsageError } from '../errors.ts';
import { stats } from '../lifecycle/stats.ts';
import { wallMs } from '../system/clock.ts';
import { statsReport } from '../view/stats-report.ts';
import { type Command, print, printJson } from './command.ts';

const command: Command = {
  usage: 'stats [options]',
  description:
    'Says how many agents there were, archived ones too, how they ended, how long they ran, waited and did nothing, what they left behind; and how long their sessions stayed after that: in truth, and had each gone 24 hours after its start. What "agentctl rm" removed is not counted.',
  examples: [
    ['agentctl stats --since 7d --by label=job', 'the last week, for each value of the label job'],
    ["agentctl stats --json | jq '.savedFraction'", '1 is all of it'],
  ],
  options: {
    since: {
      type: 'string',
      requiresArg: true,
      describe: 'only what ended in this last time, or since 2026-01-31 or 2026-01-31T09:30:00Z, and what is live',
    },
    by: { type: 'string', requiresArg: true, describe: 'also for each label, label=KEY, agent or cwd' },
    json: { type: 'boolean', describe: 'schemas/stats.schema.json' },
  },
  run({ words, flags, stateDir }) {
    if (words.length > 0) throw new UsageError('stats takes no words: agentctl stats');
    const since = flags.text('since');
    const by = flags.text('by');
    const facts = stats(stateDir, {
      sinceMs: since === undefined ? undefined : parseSince(since, '--since', wallMs()),
      by: by === undefined ? undefined : parseGrouping(by, '--by'),
    });
    if (flags.on('json')) printJson(facts);
    else print(statsReport(facts, process.stdout.columns));
    return 0;
  },
};

export default command;
