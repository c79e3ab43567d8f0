import { parseFiniteDuration } from '../agent/duration.ts';
import { UsageError } from '../errors.ts';
import { parseReference } from '../lifecycle/list.ts';
import { logs } from '../lifecycle/logs.ts';
import { PlainText } from '../view/plain-text.ts';
import { type Command, note, writeSlowly } from './command.ts';

const command: Command = {
  usage: 'logs NAME [options]',
  description:
    'Prints what an agent wrote to its terminal, as plain text: LF, no terminal codes. An ended agent is printed whole.',
  examples: [
    ['agentctl logs -f fix-login', 'until it has ended'],
    ['agentctl logs --since 10m --tail 100 fix-login', 'the last lines of the last ten minutes'],
  ],
  options: {
    follow: { alias: 'f', type: 'boolean', describe: 'go on until it has ended' },
    tail: { type: 'string', requiresArg: true, describe: 'only the last N lines' },
    since: { type: 'string', requiresArg: true, describe: 'only what was written in this last time, to within 5 s' },
    raw: { type: 'boolean', describe: "the terminal's own bytes, with colours and CRLF" },
  },
  async run({ words, flags, stateDir }) {
    const [name, ...more] = words;
    if (name === undefined || more.length > 0) throw new UsageError('logs takes one name: agentctl logs NAME');
    const since = flags.text('since');
    const tail = flags.text('tail');
    if (tail !== undefined && !/^\d{1,9}$/.test(tail))
      throw new UsageError(`--tail: ${JSON.stringify(tail)} is not a number of lines: write --tail 100`);
    const sinceMs = since === undefined ? undefined : parseFiniteDuration(since, '--since');
    const text = flags.on('raw') ? undefined : new PlainText();
    const gone = new AbortController();
    process.stdout.on('error', () => gone.abort());
    for await (const bytes of logs(stateDir, parseReference(name), {
      follow: flags.on('follow'),
      tail: tail === undefined ? undefined : Number(tail),
      sinceMs,
      onCut: (bytes) => note(`a line of ${name} is longer than ${bytes / 1024 / 1024} MiB: only its end is shown`),
      onRemoved: note,
      signal: gone.signal,
    })) {
      if (gone.signal.aborted) return 0;
      await writeSlowly(text ? text.push(bytes) : bytes, gone.signal);
    }
    if (text) process.stdout.write(text.end());
    if (text?.drewScreen) note(`${name} draws on the whole screen, which makes no text: see "agentctl screen ${name}"`);
    return 0;
  },
};

export default command;
