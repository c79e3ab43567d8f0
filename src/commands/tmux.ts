import { UsageError } from '../errors.ts';
import { tmuxServer } from '../lifecycle/tmux-server.ts';
import { prepareStateDir } from '../store/state-dir.ts';
import { runTmux } from '../system/tmux.ts';
import type { Command } from './command.ts';

const command: Command = {
  usage: 'tmux ARGUMENT…',
  description: "Runs tmux on the state directory's private server. Its exit code is tmux'.",
  examples: [['agentctl tmux list-sessions', 'what the server has']],
  takesCommand: true,
  run({ words, stateDir }) {
    if (words.length === 0) throw new UsageError('tmux needs a tmux command: agentctl tmux list-sessions');
    prepareStateDir(stateDir);
    return runTmux(tmuxServer(stateDir), words);
  },
};

export default command;
