import { UsageError } from '../errors.ts';
import { readFleet } from '../lifecycle/fleet.ts';
import { checkTextfile, writeTextfile } from '../store/textfile.ts';
import { metricsText } from '../view/metrics-text.ts';
import { type Command, print } from './command.ts';

const command: Command = {
  usage: 'metrics [--textfile PATH]',
  description:
    "Prints Prometheus' text format: agents by phase, those that ended by result, how long they ran, what live ones use, and the manager's health. Counters never fall, whatever is removed. With --textfile it writes that for the textfile collector of node_exporter; the manager does so every 15 s where metrics.textfile is set (docs/metrics.md).",
  examples: [
    ['agentctl metrics | promtool check metrics', 'every metric has a HELP line'],
    ['agentctl metrics --textfile /var/lib/prometheus/node-exporter/agentctl.prom', 'for node_exporter, once'],
  ],
  options: {
    textfile: { type: 'string', requiresArg: true, describe: 'write it to this file, which must end in .prom' },
  },
  async run({ words, flags, stateDir }) {
    if (words.length > 0) throw new UsageError('metrics takes no words: agentctl metrics');
    const path = flags.text('textfile');
    if (path !== undefined) checkTextfile(path);
    const text = await metricsText(await readFleet(stateDir));
    if (path === undefined) print(text);
    else writeTextfile(path, text);
    return 0;
  },
};

export default command;
