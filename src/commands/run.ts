import { fstatSync } from 'node:fs';
import { run } from '../lifecycle/run.ts';
import { PlainText } from '../view/plain-text.ts';
import { type Command, note, writeSlowly } from './command.ts';
import { hintAtProfiles, SPAWN_OPTIONS, spawnOptions } from './spawn-options.ts';

const command: Command = {
  usage: 'run [options] [--] COMMAND [ARGUMENT…]',
  description:
    "Starts an agent, writes its output to stdout and ends with its exit code; 124 when it reached its cap, 125 for agentctl's own errors. INT stops it and a second INT kills it, TERM stops it within 2 s; HUP leaves it running.",
  examples: [
    ['agentctl run -- make test', 'as if typed here, but under a cap and with nothing left behind'],
    ['agentctl run --attach -- htop', 'a full-screen program'],
  ],
  options: { ...SPAWN_OPTIONS, raw: { type: 'boolean', describe: "the terminal's own bytes, with colours and CRLF" } },
  takesCommand: true,
  errorCode: 125,
  async run(call) {
    const options = await spawnOptions(call);
    hintAtProfiles([options]);
    if (options.stdin === undefined && stdinIsPiped()) {
      note("the agent's stdin is its own terminal: to give it what is piped in here, add --stdin -");
    }
    const text = call.flags.on('raw') ? undefined : new PlainText();
    return run(call.stateDir, options, {
      attach: call.flags.on('attach'),
      onOutput: (bytes, left) => writeSlowly(text ? text.push(bytes) : bytes, left),
      onOutputEnd: () => text && process.stdout.write(text.end()),
      onNote: note,
    });
  },
};

function stdinIsPiped(): boolean {
  try {
    return fstatSync(0).isFIFO();
  } catch {
    return false; // closed, as cron may leave it
  }
}

export default command;
