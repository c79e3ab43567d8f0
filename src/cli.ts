import { nearest } from './agent/nearest.ts';
import type { Catalogue, Command } from './commands/command.ts';
import { parsePlainly } from './commands/parse-plainly.ts';
import { UsageError } from './errors.ts';
import { packageVersion } from './store/package-root.ts';
import { findStateDir, type StateDir } from './store/state-dir.ts';

/** Every command, each loaded only when it is called: a start-up that loads all of them costs as much as node itself. */
export const COMMANDS: Catalogue = {
  spawn: { summary: 'start an agent and return once it provably runs', load: () => import('./commands/spawn.ts') },
  run: { summary: 'start an agent, show its output, end with its exit code', load: () => import('./commands/run.ts') },
  ps: { summary: 'list agents, and what is true of each', load: () => import('./commands/ps.ts') },
  top: { summary: 'the agents live on the whole screen, with keys', load: () => import('./commands/top.ts') },
  status: {
    summary: 'one agent for people; exit code 0 live, 3 ended, 4 unknown',
    load: () => import('./commands/status.ts'),
  },
  inspect: { summary: 'everything that is known of an agent', load: () => import('./commands/inspect.ts') },
  wait: { summary: 'wait for agents to end, with their exit code', load: () => import('./commands/wait.ts') },
  logs: { summary: 'what an agent printed', load: () => import('./commands/logs.ts') },
  screen: { summary: "an agent's screen, the last one after its end", load: () => import('./commands/screen.ts') },
  attach: { summary: "this terminal becomes the agent's; C-q leaves", load: () => import('./commands/attach.ts') },
  send: { summary: 'type a text into an agent', load: () => import('./commands/send.ts') },
  stop: { summary: 'end agents with their whole process tree', load: () => import('./commands/stop.ts') },
  kill: { summary: 'the same, without waiting for them to clean up', load: () => import('./commands/kill.ts') },
  done: { summary: 'say that an agent has finished: its grace begins', load: () => import('./commands/done.ts') },
  extend: { summary: 'give an agent more time', load: () => import('./commands/extend.ts') },
  keep: { summary: 'hold what time would end or tear down', load: () => import('./commands/keep.ts') },
  agents: { summary: 'the profiles for spawn --agent', load: () => import('./commands/agents.ts') },
  hooks: {
    summary: "what to put into an agent's own settings, so that it reports",
    load: () => import('./commands/hooks.ts'),
  },
  rm: { summary: 'remove ended agents with their logs', load: () => import('./commands/rm.ts') },
  prune: { summary: 'remove archived agents by age or number', load: () => import('./commands/prune.ts') },
  sweep: { summary: 'look at every agent once, and do what is due', load: () => import('./commands/sweep.ts') },
  manager: {
    summary: 'the process that does so all the time: run, start, stop, status',
    load: () => import('./commands/manager.ts'),
  },
  service: {
    summary: 'have systemd keep the manager alive, or the line for cron',
    load: () => import('./commands/service.ts'),
  },
  config: { summary: 'the effective settings, and where each comes from', load: () => import('./commands/config.ts') },
  events: { summary: 'what happened to agents, a line a transition', load: () => import('./commands/events.ts') },
  stats: { summary: 'how many ended how, and what teardown saved', load: () => import('./commands/stats.ts') },
  metrics: { summary: 'all of it as numbers, for Prometheus', load: () => import('./commands/metrics.ts') },
  audit: { summary: 'what in your scripts agentctl is to replace', load: () => import('./commands/audit.ts') },
  tmux: { summary: 'any tmux command, on the private server', load: () => import('./commands/tmux.ts') },
  info: { summary: 'which state directory, and why; versions', load: () => import('./commands/info.ts') },
  doctor: { summary: 'what on this machine could get in the way', load: () => import('./commands/doctor.ts') },
  completion: { summary: 'completion for bash, zsh or fish', load: () => import('./commands/completion.ts') },
};

export const GLOBAL_OPTIONS = {
  'state-dir': { type: 'string', requiresArg: true, describe: 'the state directory (default: see agentctl info)' },
  help: { alias: 'h', type: 'boolean', describe: 'this text' },
} as const;

/**
 * Runs one command line and resolves to its exit code.
 *
 * @param argv - without node and the script.
 * @throws {UsageError} and whatever the command throws.
 */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  const { name, stateDir, rest, help, version } = splitAtCommand(argv);
  if (version) {
    process.stdout.write(`${packageVersion()}\n`);
    return 0;
  }
  if (name === undefined || name === 'help') {
    const topic = name === 'help' ? rest[0] : undefined;
    if (topic !== undefined) return runCommandLine([topic, '--help']);
    (help || name === 'help' ? process.stdout : process.stderr).write(overview());
    return help || name === 'help' ? 0 : 2;
  }
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (entry === undefined) {
    const suggestion = nearest(name, Object.keys(COMMANDS));
    throw new UsageError(
      `unknown command ${JSON.stringify(name)}: ${suggestion ? `did you mean ${suggestion}?` : '"agentctl --help" lists the commands'}`,
    );
  }
  const { default: command } = await entry.load();
  try {
    const { flags, words, helpText } = await parse(name, command, help ? ['--help', ...rest] : rest);
    if (helpText !== undefined) {
      process.stdout.write(helpText);
      return 0;
    }
    let found: StateDir | undefined;
    return await command.run({
      flags,
      words,
      // Only for who asks: `config path` is what helps out of a config.json of which nobody can tell what it says.
      get stateDir() {
        found ??= findStateDir(flags.text('state-dir') ?? stateDir);
        return found;
      },
    });
  } catch (error) {
    if (command.errorCode !== undefined && error instanceof Error)
      Object.assign(error, { errorCode: command.errorCode });
    throw error;
  }
}

/** Global options may stand before the command. */
function splitAtCommand(argv: readonly string[]) {
  let stateDir: string | undefined;
  let help = false;
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (word === '--state-dir') stateDir = argv[++at] ?? '';
    else if (word.startsWith('--state-dir=')) stateDir = word.slice('--state-dir='.length);
    else if (word === '--help' || word === '-h') help = true;
    else if (word === '--version' || word === '-V') return { name: undefined, stateDir, rest: [], help, version: true };
    else if (word.startsWith('-'))
      throw new UsageError(`unknown option ${word} before the command: see "agentctl --help"`);
    else return { name: word, stateDir, rest: argv.slice(at + 1), help, version: false };
  }
  return { name: undefined, stateDir, rest: [], help, version: false };
}

/** Only what is not plainly right needs yargs. */
async function parse(name: string, command: Command, argv: readonly string[]) {
  const options = { ...command.options, ...GLOBAL_OPTIONS };
  const plain = parsePlainly(options, argv, command.takesCommand ?? false);
  if (plain) return { ...plain, helpText: undefined };
  const { parseWithYargs } = await import('./commands/parse-with-yargs.ts');
  return parseWithYargs(name, command, options, argv);
}

function overview(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length)) + 2;
  return `Examples:
  agentctl run -- make test                          run it in tmux, see its output, get its exit code
  agentctl spawn --agent claude --prompt "fix it"    start an agent and go on
  agentctl ps                                        what runs, what ended, how
  agentctl wait fix-login                            wait for its end; its exit code is yours
  agentctl logs -f fix-login                         what it prints
  agentctl stop fix-login                            end it with everything it started

Usage: agentctl [--state-dir DIR] COMMAND …

Commands:
${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(width)}${summary}`)
  .join('\n')}

Options:
  --state-dir DIR   the state directory (default: see agentctl info)
  -V, --version     agentctl's version
  -h, --help        this text; agentctl COMMAND --help for a command's
`;
}
