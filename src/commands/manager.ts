import { parseDuration } from '../agent/duration.ts';
import { UsageError, wordsOf } from '../errors.ts';
import { livingManager } from '../lifecycle/living-manager.ts';
import { manage } from '../lifecycle/manage.ts';
import { managerStatus } from '../lifecycle/manager-status.ts';
import { settings } from '../lifecycle/settings.ts';
import { resumeManager, stopManager } from '../lifecycle/start-manager.ts';
import { wallMs } from '../system/clock.ts';
import { managerReport } from '../view/manager-report.ts';
import { type Call, type Command, note, print, printJson } from './command.ts';

/** As LSB's init scripts: 3 is not running. */
const NOT_RUNNING = 3;

const command: Command = {
  usage: 'manager run | start | stop | status',
  description:
    'The manager keeps caps, ends what is done or idle, and tears down what has ended; one for each state directory. Commands that need it start it; it leaves by itself when there are no agents. "stop" ends it and holds: no command starts it until "start". "run" is the manager itself, in the foreground, for a service. "status" exits with 0 where it runs, else 3.',
  examples: [
    ['agentctl manager status --json', 'schemas/manager-status.schema.json'],
    ['agentctl manager run --leave-after none', 'in the foreground; as a service: agentctl service'],
  ],
  options: {
    json: { type: 'boolean', describe: 'status: as JSON' },
    'leave-after': {
      type: 'string',
      requiresArg: true,
      describe: 'run: leave after so long without agents; default 10m, or none',
    },
    'take-over': { type: 'boolean', describe: 'run: end a manager that lives and is no newer, and take its place' },
  },
  run(call) {
    const [what, ...more] = call.words;
    const deed = what !== undefined && more.length === 0 && Object.hasOwn(DEEDS, what) ? DEEDS[what] : undefined;
    if (deed === undefined)
      throw new UsageError('manager needs one of run, start, stop, status: agentctl manager status');
    return deed(call);
  },
};

export default command;

const DEEDS: Readonly<Record<string, (call: Call) => Promise<number>>> = { run, start, stop, status };

async function run({ flags, stateDir }: Call): Promise<number> {
  const given = flags.text('leave-after');
  const leaveAfterMs = given === undefined ? settings().leaveAfterMs : parseDuration(given, '--leave-after');
  const { openManagerLog } = await import('../lifecycle/manager-log.ts');
  const log = await openManagerLog(stateDir);
  // Whoever started it does not hear it, and nobody starts another until the next command: one defect must not cost all
  // agents their caps. Every look begins with the files, and trusts nothing that was left half done.
  for (const event of ['uncaughtException', 'unhandledRejection'] as const)
    process.on(event, (error: unknown) =>
      log.error({ event }, error instanceof Error ? `${error.stack}` : wordsOf(error)),
    );
  await manage(stateDir, { leaveAfterMs, takeOver: flags.on('take-over'), log });
  return 0;
}

async function start({ stateDir }: Call): Promise<number> {
  settings(); // what is wrong there would end it out of sight
  const started = await resumeManager(stateDir);
  if (started) print(`the manager runs (pid ${started.pid})`);
  else note(`the manager runs already (pid ${livingManager(stateDir)?.pid})`);
  return 0;
}

async function stop({ stateDir }: Call): Promise<number> {
  const ended = await stopManager(stateDir);
  if (ended) print(`the manager (pid ${ended.pid}) has ended`);
  else note('no manager runs');
  note('none is started until "agentctl manager start"; agents run on, their watchdogs keep the caps');
  return 0;
}

async function status({ flags, stateDir }: Call): Promise<number> {
  const facts = await managerStatus(stateDir);
  if (flags.on('json')) printJson(facts);
  else print(managerReport(facts, wallMs()));
  return facts.running ? 0 : NOT_RUNNING;
}
