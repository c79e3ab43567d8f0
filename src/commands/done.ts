import type { Said } from '../agent/evidence.ts';
import { UsageError } from '../errors.ts';
import { callingAgent } from '../lifecycle/calling-agent.ts';
import { done } from '../lifecycle/done.ts';
import { find } from '../lifecycle/list.ts';
import { callersStateDir } from './callers-state-dir.ts';
import type { Command } from './command.ts';
import { managerWish, NO_MANAGER } from './manager-option.ts';

const command: Command = {
  usage: 'done [NAME] [options]',
  description:
    'Says that an agent has finished; without a name, the agent that calls it. Its grace begins: unless it goes on working, it is ended after that, and its result is what was said here (wait: 0 for success, 1 for failure). One that ends by itself before has its own exit code.',
  examples: [
    ['agentctl done --message "all tests pass"', 'by the agent itself, from anywhere in its tree'],
    ['agentctl done fix-login --status failure --result report.md', 'for it, with a file that is kept'],
  ],
  options: {
    message: { alias: 'm', type: 'string', requiresArg: true, describe: 'what there is to say of it' },
    result: { type: 'string', requiresArg: true, describe: 'a file; a copy is kept with the agent' },
    status: { type: 'string', requiresArg: true, describe: 'success (default) or failure' },
    ...NO_MANAGER,
  },
  async run({ words, flags, stateDir }) {
    const [name, ...more] = words;
    if (more.length > 0)
      throw new UsageError('done takes one name at most: agentctl done NAME --message "what there is to say"');
    const status = flags.text('status') ?? 'success';
    if (!isSaid(status)) throw new UsageError(`--status: ${JSON.stringify(status)} is neither success nor failure`);
    const options = { status, message: flags.text('message'), resultFile: flags.text('result'), ...managerWish(flags) };
    if (name !== undefined) {
      await done(stateDir, find(stateDir, name), options);
      return 0;
    }
    const self = callingAgent();
    if (self === null)
      throw new UsageError(
        'done: this was not called by an agent: name the one that is done, as in "agentctl done NAME"',
      );
    await done(callersStateDir(self, flags, stateDir), self, options);
    return 0;
  },
};

export default command;

function isSaid(text: string): text is Said {
  return text === 'success' || text === 'failure';
}
