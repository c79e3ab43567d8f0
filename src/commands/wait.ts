import { parseDuration } from '../agent/duration.ts';
import { type Result, waitCode } from '../agent/status.ts';
import { UsageError } from '../errors.ts';
import { select } from '../lifecycle/list.ts';
import { type Awaited, wait } from '../lifecycle/wait.ts';
import type { Agent } from '../store/generated/types.ts';
import { type Command, note, print, printJson } from './command.ts';

const TIMED_OUT = 75;
const LOST = 125;

const command: Command = {
  usage: 'wait NAME… [options]',
  description:
    "Waits until agents have ended, bound to the runs that have these names now. One name: its own exit code. Several: 0 if all succeeded, else 1, and a line NAME RESULT CODE as each ends. 124 capped, 125 lost or agentctl's own error, 75 the timeout passed.",
  examples: [
    ['agentctl wait fix-login', 'its exit code becomes this one'],
    ['agentctl wait --filter label=job=7 --timeout 20m', 'all of a job'],
    ['agentctl wait --any a b c', 'the first one that ends, with its code'],
    ['agentctl wait fix-login --for done', 'until it says that it has finished, though its process lives on'],
  ],
  options: {
    filter: {
      type: 'array',
      nargs: 1,
      describe: 'also all that fit and are not torn down: label=KEY[=VALUE], phase=…; repeatable',
    },
    any: { type: 'boolean', describe: 'return when the first one ends, with its code' },
    all: { type: 'boolean', describe: 'wait for all that are named (the default); without names, for all live agents' },
    for: {
      type: 'string',
      requiresArg: true,
      describe: 'done, waiting or ended: 0 when it gets there, 1 when it ends otherwise; prints where it got to',
    },
    timeout: { type: 'string', requiresArg: true, describe: 'give up after this long: exit code 75' },
    json: { type: 'boolean', describe: 'a line of JSON for each as it ends (schemas/agent.schema.json)' },
  },
  errorCode: LOST,
  async run({ words, flags, stateDir }) {
    const timeout = flags.text('timeout');
    const timeoutMs = timeout === undefined ? null : parseDuration(timeout, '--timeout');
    const target = awaited(flags.text('for'));
    if (flags.on('any') && flags.on('all')) throw new UsageError('--any and --all exclude each other: choose one');
    const filter = flags.all('filter');
    if (words.length === 0 && filter.length === 0 && !flags.on('all'))
      throw new UsageError('wait needs a name, --filter or --all: agentctl wait NAME');
    const agents = select(stateDir, words, {
      filter,
      all: flags.on('all') && words.length === 0,
      endedToo: filter.length > 0,
    });
    if (agents.length === 0) {
      note('nothing to wait for: no agent fits');
      return 0;
    }
    const alone = agents.length === 1 && words.length === 1;
    const codes: number[] = [];
    let left = agents.length;
    const onWaiting = ({ name, reason }: Agent): void => note(`${name} ${reason}`);
    for await (const ended of wait(stateDir, agents, { timeoutMs, for: target, onWaiting })) {
      left--;
      if ('removed' in ended) note(`${ended.name} was removed while it was waited for: how it ended is not known`);
      else if (flags.on('json')) printJson(ended);
      else if (target !== undefined) print(alone ? ended.phase : `${ended.name} ${ended.phase}`);
      else if (!alone) print(`${ended.name} ${ended.result ?? ended.phase} ${ended.exitCode ?? '-'}`);
      if (!('removed' in ended) && ended.phase === 'unknown')
        note(`nothing can be said of ${ended.name}: ${ended.reason}`);
      if ('removed' in ended) codes.push(target === undefined ? LOST : 1);
      else if (target !== undefined) codes.push(isReached(ended, target) ? 0 : 1);
      else codes.push(codeOf(ended, alone || flags.on('any')));
      if (flags.on('any')) return codes[0] ?? LOST;
    }
    if (left > 0) {
      note(`the timeout of ${timeout} passed, and ${left === 1 ? 'one agent still runs' : `${left} agents still run`}`);
      return TIMED_OUT;
    }
    return alone ? (codes[0] ?? LOST) : codes.every((code) => code === 0) ? 0 : 1;
  },
};

function awaited(text: string | undefined): Awaited | undefined {
  if (text === undefined || text === 'done' || text === 'waiting' || text === 'ended') return text;
  throw new UsageError(`--for: ${JSON.stringify(text)} is nothing to wait for: write done, waiting or ended`);
}

/** One that has succeeded has finished, whether or not it said so before it ended. */
function isReached({ phase, result }: Agent, target: Awaited): boolean {
  return phase === target || (target === 'done' && result === 'succeeded');
}

/** An agent's own code where it speaks for itself; else whether it succeeded, which a stopped one that exits 0 did not. */
function codeOf({ result, exitCode }: Agent, own: boolean): number {
  return own ? waitCode({ result: result as Result, exitCode }) : Number(result !== 'succeeded');
}

export default command;
