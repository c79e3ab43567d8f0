import { UsageError } from '../errors.ts';
import { readShipped } from '../store/package-root.ts';
import { type Command, print } from './command.ts';

/** What is shipped for each shell; its packagers may put the same files where their shells look by themselves. */
const SCRIPTS: Readonly<Record<string, string>> = {
  bash: 'agentctl.bash',
  zsh: '_agentctl',
  fish: 'agentctl.fish',
};

const command: Command = {
  usage: 'completion bash|zsh|fish',
  description: "Prints a completion script that knows commands, options and agents' names.",
  examples: [
    ['source <(agentctl completion bash)', 'in ~/.bashrc; so for zsh'],
    ['agentctl completion fish | source', 'in ~/.config/fish/config.fish'],
  ],
  run({ words }) {
    const [shell, ...more] = words;
    const script = shell !== undefined && Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
    if (script === undefined || more.length > 0)
      throw new UsageError('completion takes one shell: agentctl completion bash, zsh or fish');
    print(readShipped(`completions/${script}`));
    return 0;
  },
};

export default command;
