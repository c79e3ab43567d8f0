import { parseFiniteDuration } from '../agent/duration.ts';
import { UsageError } from '../errors.ts';
import { select, withDescendants } from '../lifecycle/list.ts';
import { stop } from '../lifecycle/stop.ts';
import { wallMs } from '../system/clock.ts';
import { statusCell } from '../view/agent-table.ts';
import { visible } from '../view/visible.ts';
import { type Call, type Command, note, print } from './command.ts';
import { managerWish, NO_MANAGER } from './manager-option.ts';
import { stopForeign } from './stop-foreign.ts';

const SELECTION = {
  all: { type: 'boolean', describe: 'every live agent' },
  filter: { type: 'array', nargs: 1, describe: 'the live agents with phase=… or label=KEY[=VALUE]; repeatable' },
  ...NO_MANAGER,
  tree: { type: 'boolean', describe: 'also the agents that they spawned, and those that these spawned' },
} as const;

const command: Command = {
  usage: 'stop NAME… [options]',
  description:
    'Ends agents with everything they started: TERM to the agent, KILL to what is left after its kill-after. Returns once nothing is left; logs and results stay.',
  examples: [
    ['agentctl stop --filter label=job=7', 'all of a job'],
    ['agentctl stop --foreign default:build', 'a session of another tmux server'],
  ],
  options: {
    ...SELECTION,
    'kill-after': {
      type: 'string',
      requiresArg: true,
      describe: "from TERM to KILL; default the agent's own, 10s for --foreign",
    },
    foreign: { type: 'array', nargs: 1, describe: 'SOCKET:NAME, as "ps --foreign" shows it; repeatable' },
  },
  run(call) {
    const given = call.flags.text('kill-after');
    const killAfterMs = given === undefined ? undefined : parseFiniteDuration(given, '--kill-after');
    if (call.flags.all('foreign').length > 0) return stopForeign(call, killAfterMs);
    return stopSelected(call, 'stop', killAfterMs);
  },
};

export default command;

/** `kill` is `stop` without patience. */
export const KILL: Command = {
  usage: 'kill NAME… [options]',
  description: 'Ends agents with everything they started, at once: KILL follows TERM without a pause.',
  options: SELECTION,
  run: (call) => stopSelected(call, 'kill', 0),
};

async function stopSelected(
  { words, flags, stateDir }: Call,
  name: 'stop' | 'kill',
  killAfterMs: number | undefined,
): Promise<number> {
  const filter = flags.all('filter');
  const all = flags.on('all');
  if (words.length === 0 && !all && filter.length === 0)
    throw new UsageError(`${name} needs a name, --filter or --all: agentctl ${name} NAME`);
  const selected = withDescendants(stateDir, select(stateDir, words, { filter, all }), !flags.on('tree'));
  if (selected.length === 0) note('nothing to stop: no live agent fits');
  for (const { name: ended, status } of selected) {
    if (status.phase === 'ended') note(`${ended} had ended already: ${status.reason}; what it left is ended now`);
  }
  // One that was named is refused if it cannot be stopped; among all of them it must not keep the others running.
  const beyondReach = selected.filter((agent) => agent.status.phase === 'unknown' && !words.includes(agent.name));
  for (const { name: unknown, status } of beyondReach) note(`${unknown} cannot be stopped from here: ${status.reason}`);
  const reachable = selected.filter((agent) => !beyondReach.includes(agent));
  for (const agent of await stop(stateDir, reachable, { by: `agentctl ${name}`, killAfterMs, ...managerWish(flags) })) {
    print(visible(`${agent.name} ${statusCell(agent, wallMs())}`));
  }
  return beyondReach.length === 0 ? 0 : 1;
}
