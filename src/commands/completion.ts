import { UsageError } from '../errors.ts';
import { completionScript } from '../view/completion-script.ts';
import { type Command, print } from './command.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

const command: Command = {
  usage: 'completion bash|zsh|fish',
  description: "Prints a completion script that knows commands, options and agents' names.",
  examples: [['source <(agentctl completion bash)', 'in ~/.bashrc']],
  async run({ words, commands: catalogue }) {
    const shell = SHELLS.find((one) => one === words[0]);
    if (shell === undefined || words.length > 1)
      throw new UsageError('completion takes one shell: agentctl completion bash, zsh or fish');
    const commands = await Promise.all(
      Object.entries(catalogue).map(async ([name, { summary, load }]) => {
        const { options, usage } = (await load()).default;
        return {
          name,
          summary,
          options: [...Object.keys(options ?? {}), 'state-dir', 'help'],
          takesNames: /\bNAME\b/.test(usage),
        };
      }),
    );
    print(completionScript(shell, commands));
    return 0;
  },
};

export default command;
