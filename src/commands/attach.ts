import { UsageError } from '../errors.ts';
import { attach } from '../lifecycle/attach.ts';
import { find } from '../lifecycle/list.ts';
import type { Command } from './command.ts';

const command: Command = {
  usage: 'attach NAME',
  description:
    "This terminal becomes the agent's, live or ended within its grace; C-q leaves it, and the agent runs on.",
  options: { 'read-only': { alias: 'r', type: 'boolean', describe: 'look only; no key reaches the agent' } },
  async run({ words, flags, stateDir }) {
    const [name, ...more] = words;
    if (name === undefined || more.length > 0) throw new UsageError('attach takes one name: agentctl attach NAME');
    await attach(stateDir, find(stateDir, name), { readOnly: flags.on('read-only') });
    return 0;
  },
};

export default command;
