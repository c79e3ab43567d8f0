import { UsageError } from '../errors.ts';
import { find } from '../lifecycle/list.ts';
import { screen } from '../lifecycle/screen.ts';
import { PlainText } from '../view/plain-text.ts';
import { type Command, print } from './command.ts';

const command: Command = {
  usage: 'screen NAME',
  description: "Prints an agent's screen as text: the live one, or the last one after its end and its teardown.",
  async run({ words, stateDir }) {
    const [name, ...more] = words;
    if (name === undefined || more.length > 0) throw new UsageError('screen takes one name: agentctl screen NAME');
    // One that was kept is a file, which the agent could write too.
    print(PlainText.of(Buffer.from(await screen(stateDir, find(stateDir, name)))));
    return 0;
  },
};

export default command;
