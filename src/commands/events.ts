import { parseFiniteDuration } from '../agent/duration.ts';
import { parseEventFilters } from '../agent/event-filter.ts';
import { UsageError } from '../errors.ts';
import { events } from '../lifecycle/events.ts';
import { wallMs } from '../system/clock.ts';
import { eventLine } from '../view/event-line.ts';
import { type Command, print, printJson } from './command.ts';

const command: Command = {
  usage: 'events [options]',
  description:
    'What happened to agents, a line a transition: spawned, started, reported, warned, done, stopping, ended, lost, escaped, torn-down. What no command sees is told by the manager, or by the next sweep.',
  examples: [
    ['agentctl events -f --filter event=ended', 'as agents end'],
    ['agentctl events --since 1h --json', 'one object a line: schemas/event.schema.json'],
  ],
  options: {
    follow: { alias: 'f', type: 'boolean', describe: 'go on with what comes' },
    since: { type: 'string', requiresArg: true, describe: 'only those of this last time' },
    filter: { type: 'array', nargs: 1, describe: 'event=…, name=…, run=…, cause=… or result=…; repeatable' },
    json: { type: 'boolean', describe: 'one object a line' },
  },
  async run({ words, flags, stateDir }) {
    if (words.length > 0) throw new UsageError('events takes no words: agentctl events --filter name=NAME');
    const since = flags.text('since');
    const sinceMs = since === undefined ? undefined : wallMs() - parseFiniteDuration(since, '--since');
    const filter = parseEventFilters(flags.all('filter'));
    const gone = new AbortController();
    process.stdout.on('error', () => gone.abort());
    const { signal } = gone;
    for await (const event of events(stateDir, { follow: flags.on('follow'), sinceMs, filter, signal })) {
      if (signal.aborted) break;
      if (flags.on('json')) printJson(event);
      else print(eventLine(event));
    }
    return 0;
  },
};

export default command;
