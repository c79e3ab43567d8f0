import { UsageError } from '../errors.ts';
import { find } from '../lifecycle/list.ts';
import { pressKeys, sendText } from '../lifecycle/send.ts';
import { type Command, note, readStdin } from './command.ts';

const command: Command = {
  usage: 'send NAME TEXT | send NAME - | send --keys NAME KEY…',
  description:
    'Types a text into an agent, as one message also where it has many lines, and Enter after it. With -, the text is read from stdin.',
  examples: [
    ['agentctl send fix-login "and add a test"', 'one message'],
    ['agentctl send fix-login - <prompt.md', 'a long one'],
    ['agentctl send --keys fix-login Escape Up Enter', "keys, by tmux' names"],
    ['agentctl send --force --keys fix-login Enter', 'the answer to "waiting (permission)"'],
  ],
  options: {
    keys: { type: 'boolean', describe: "the words are tmux' key names, and no Enter is added" },
    force: { type: 'boolean', describe: 'also into one that waits for a permission: it is the answer then' },
  },
  async run({ words, flags, stateDir }) {
    const [name, ...rest] = words;
    if (name === undefined || rest.length === 0)
      throw new UsageError('send needs a name and a text: agentctl send NAME TEXT, or - for stdin');
    const agent = find(stateDir, name);
    const force = flags.on('force');
    if (flags.on('keys')) {
      await pressKeys(stateDir, agent, rest, { force });
      return 0;
    }
    const text = rest.length === 1 && rest[0] === '-' ? (await readStdin()).toString() : rest.join(' ');
    const { asOneMessage } = await sendText(stateDir, agent, text, { force });
    if (!asOneMessage) note(`${name} does not ask for bracketed paste: it reads the lines one by one`);
    return 0;
  },
};

export default command;
