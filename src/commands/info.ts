import { UsageError } from '../errors.ts';
import { info } from '../lifecycle/info.ts';
import { visible } from '../view/visible.ts';
import { type Command, print, printJson } from './command.ts';

const command: Command = {
  usage: 'info',
  description: 'Says which state directory is used and why, where the private tmux server is, and the versions.',
  options: { json: { type: 'boolean', describe: 'schemas/info.schema.json' } },
  async run({ words, flags, stateDir }) {
    if (words.length > 0) throw new UsageError('info takes no words: agentctl info');
    const facts = await info(stateDir);
    if (flags.on('json')) {
      printJson(facts);
      return 0;
    }
    const { live, ended, archived } = facts.agents;
    print(
      [
        `agentctl          ${facts.version} (${facts.package})`,
        `state directory   ${facts.stateDirectory} (${facts.stateDirectoryReason})`,
        `agents            ${live} live, ${ended} ended, ${archived} archived`,
        `tmux socket       ${facts.tmuxSocket}`,
        `tmux.conf         ${facts.tmuxConfig ?? 'none of yours'}`,
        `tmux              ${facts.tmuxVersion ?? 'not installed'}`,
        `node              ${facts.nodeVersion}`,
      ]
        .map(visible)
        .join('\n'),
    );
    return 0;
  },
};

export default command;
