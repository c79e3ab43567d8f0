import { UnknownAgentError, UsageError } from '../errors.ts';
import { inspect } from '../lifecycle/inspect.ts';
import { wallMs } from '../system/clock.ts';
import { agentReport } from '../view/agent-report.ts';
import { type Command, print, printJson } from './command.ts';

/** As LSB's init scripts: 0 runs, 3 does not, 4 nobody knows. */
const CODES = { live: 0, ended: 3, unknown: 4 };

const command: Command = {
  usage: 'status NAME',
  description:
    'Says what is true of one agent, and by what evidence. The exit code is 0 for a live one, 3 for an ended one, 4 for an unknown one: what "tmux has-session" was used for.',
  examples: [['if agentctl status fix-login >/dev/null; then …', 'is it live?']],
  options: { json: { type: 'boolean', describe: 'schemas/agent.schema.json' } },
  async run({ words, flags, stateDir }) {
    const [name, ...more] = words;
    if (name === undefined || more.length > 0) throw new UsageError('status takes one name: agentctl status NAME');
    try {
      const agent = await inspect(stateDir, name);
      if (flags.on('json')) printJson(agent);
      else print(agentReport(agent, wallMs()));
      return agent.phase === 'unknown' ? CODES.unknown : agent.terminal ? CODES.ended : CODES.live;
    } catch (error) {
      if (error instanceof UnknownAgentError) Object.assign(error, { errorCode: CODES.unknown });
      throw error;
    }
  },
};

export default command;
