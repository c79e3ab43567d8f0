import { UsageError } from '../errors.ts';
import type { PrunePass } from '../lifecycle/prune-as-configured.ts';
import { sweep } from '../lifecycle/sweep.ts';
import { now } from '../system/clock.ts';
import { byteSize } from '../view/byte-size.ts';
import { sweepLine, sweepReport } from '../view/sweep-report.ts';
import { type Command, note, print } from './command.ts';

const command: Command = {
  usage: 'sweep [--dry-run] [--explain]',
  description:
    'Looks at every agent once and does what is due: keeps caps, ends what is done or idle, tears down what has ended; what the manager does all the time. Where none lives, also removes what the configured retention lets go, and runs the commands of --on. Waits for what it ends.',
  examples: [
    ['agentctl sweep --dry-run --explain', 'why is this one still there?'],
    ['*/15 * * * * agentctl sweep', 'in a crontab, where no manager may run'],
  ],
  options: {
    'dry-run': { type: 'boolean', describe: 'only say what would be done' },
    explain: { type: 'boolean', describe: 'for each agent: what was seen, what was decided, what spoke against more' },
  },
  async run({ words, flags, stateDir }) {
    if (words.length > 0) throw new UsageError('sweep takes no words: agentctl sweep');
    const dryRun = flags.on('dry-run');
    let problems = 0;
    const onPruned = ({ removed, bytes, problem }: PrunePass): void => {
      if (removed > 0)
        print(
          `${removed === 1 ? '1 archived agent' : `${removed} archived agents`} removed by the configured retention, ${byteSize(bytes)}`,
        );
      if (problem === undefined) return;
      problems++;
      note(`not pruned: ${problem}`);
    };
    const explain = flags.on('explain');
    for await (const line of sweep(stateDir, { dryRun, explain, onPruned })) {
      const { decision, problem } = line;
      const acted = decision !== undefined && decision.action.do !== 'nothing';
      if (problem === undefined && !acted && !explain) continue;
      const seen = { facts: line.agent, decision, at: now() };
      if (problem !== undefined) {
        problems++;
        note(`skipped ${seen.facts.name}: ${problem}`);
      }
      if (explain) print(sweepReport(seen, dryRun));
      else if (acted) print(sweepLine(seen, dryRun));
    }
    return problems === 0 ? 0 : 1;
  },
};

export default command;
