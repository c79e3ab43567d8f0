import { parseMaxParallel, type Queue } from '../agent/queue.ts';
import { waitCode } from '../agent/status.ts';
import { UsageError } from '../errors.ts';
import { spawn } from '../lifecycle/spawn.ts';
import { type Call, type Command, note, print, printJson } from './command.ts';
import { hintAtNoManager, hintAtProfiles, SPAWN_OPTIONS, spawnOptions } from './spawn-options.ts';

const command: Command = {
  usage: 'spawn [options] [--] COMMAND [ARGUMENT…]',
  description:
    'Starts COMMAND in tmux under a wrapper that will know how it ended; prints its name once it provably runs.',
  examples: [
    ['agentctl spawn -n fix-login -- claude "fix the login"', 'an agent with a name'],
    ['agentctl spawn --batch agents.ndjson', 'many at once: {"name": "a", "command": ["make", "a"]}, an agent a line'],
    ["agentctl spawn -l job=7 --max-runtime 20m -- sh -c 'make && make test'", 'a shell line, a label, a cap'],
  ],
  options: {
    ...SPAWN_OPTIONS,
    batch: {
      type: 'string',
      requiresArg: true,
      describe: 'instead of a command: a file with an agent a line (schemas/batch.schema.json), or - for this stdin',
    },
    'max-parallel': {
      type: 'string',
      requiresArg: true,
      describe: 'KEY=VALUE:N, with --batch also N: no more than N with this label at one time; the others wait, queued',
    },
    json: { type: 'boolean', describe: 'print the agent as JSON instead of its name; with --batch one a line' },
  },
  takesCommand: true,
  async run(call) {
    if (call.flags.text('batch') !== undefined) {
      const { spawnFromBatch } = await import('./spawn-batch.ts');
      return spawnFromBatch(call);
    }
    const attach = call.flags.on('attach') ? await import('../lifecycle/attach.ts') : undefined;
    attach?.requireTerminal();
    const options = { ...(await spawnOptions(call)), queue: queueOf(call.flags) };
    hintAtProfiles([options]);
    const agent = await spawn(call.stateDir, options);
    if (call.flags.on('json')) printJson(agent);
    else print(agent.name);
    if (agent.phase === 'queued') hintAtNoManager(call.stateDir);
    if (attach === undefined) return 0;
    const ended = await attach.attachUntilEnd(call.stateDir, agent);
    if (ended === undefined) note(`${agent.name} runs on: "agentctl attach ${agent.name}" comes back to it`);
    return ended === undefined ? 0 : waitCode(ended);
  },
};

function queueOf(flags: Call['flags']): Queue | undefined {
  const text = flags.text('max-parallel');
  if (text === undefined) return undefined;
  if (flags.on('attach'))
    throw new UsageError('--attach is not for --max-parallel: an agent that waits for its turn has no terminal yet');
  const queue = parseMaxParallel(text, '--max-parallel');
  if (typeof queue !== 'number') return queue;
  throw new UsageError(`--max-parallel: say of which agents, as in job=7:${queue}; a number alone is for --batch`);
}

export default command;
