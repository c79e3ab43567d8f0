import { AgentctlError, UsageError } from '../errors.ts';
import {
  installService,
  planService,
  refuseOthersUnit,
  type ServicePlan,
  serviceStatus,
  uninstallService,
} from '../lifecycle/service.ts';
import { isManagerHeld } from '../store/manager-file.ts';
import { lingerHint, serviceReport } from '../view/service-report.ts';
import { visible } from '../view/visible.ts';
import { type Call, type Command, note, print, printJson } from './command.ts';

/** As LSB's init scripts, and `manager status`. */
const NOT_RUNNING = 3;

const command: Command = {
  usage: 'service install | uninstall | status',
  description:
    'Has systemd keep the manager of this state directory alive, from login on (with linger: from the start of the machine on), as a unit of your own. "install" shows the unit, asks, writes it, enables and starts it; where no systemd answers, it prints the line for a crontab that sweeps every 15 minutes instead, and exits with 1. "uninstall" ends that manager and removes the unit; agents run on. "status" exits with 0 where the service is active, else 3.',
  examples: [
    ['agentctl service install', 'shows, asks, writes'],
    ['agentctl service install --print >agentctl.service', 'for tools of your own'],
  ],
  options: {
    yes: { alias: 'y', type: 'boolean', describe: 'install: do not ask' },
    print: { type: 'boolean', describe: 'install: print the unit, and do nothing' },
    force: { type: 'boolean', describe: 'install, uninstall: also where the unit is not as agentctl wrote it' },
    json: { type: 'boolean', describe: 'status: as JSON (schemas/service-status.schema.json)' },
  },
  run(call) {
    const [what, ...more] = call.words;
    const deed = what !== undefined && more.length === 0 && Object.hasOwn(DEEDS, what) ? DEEDS[what] : undefined;
    if (deed === undefined)
      throw new UsageError('service needs one of install, uninstall, status: agentctl service status');
    return deed(call);
  },
};

export default command;

const DEEDS: Readonly<Record<string, (call: Call) => Promise<number>>> = { install, uninstall, status };

async function install({ flags, stateDir }: Call): Promise<number> {
  const plan = await planService(stateDir);
  if (flags.on('print')) {
    process.stdout.write(plan.text);
    return 0;
  }
  if (plan.noSystemd !== undefined) {
    note(`no service can be installed, because ${plan.noSystemd}: put the line below into your crontab (crontab -e)`);
    process.stdout.write(`${plan.cronLine}\n`);
    return 1;
  }
  if (!flags.on('force')) refuseOthersUnit(plan);
  print(shown(plan));
  if (!flags.on('yes') && !(await agreed(plan))) {
    note('nothing was written');
    return 1;
  }
  await installService(plan);
  print(`wrote ${visible(plan.file)}; ${plan.unit} is enabled and started`);
  if (isManagerHeld(stateDir.path)) note('the manager is held: the service begins with "agentctl manager start"');
  const { linger, user } = await serviceStatus(stateDir);
  if (!linger) note(lingerHint(user));
  return 0;
}

async function uninstall({ flags, stateDir }: Call): Promise<number> {
  const removed = await uninstallService(stateDir, { force: flags.on('force') });
  if (removed === undefined) note(`no service is installed for ${stateDir.path}`);
  else print(`removed ${visible(removed)}; commands start the manager again when they need it`);
  return 0;
}

async function status({ flags, stateDir }: Call): Promise<number> {
  const facts = await serviceStatus(stateDir);
  if (flags.on('json')) printJson(facts);
  else print(serviceReport(facts));
  return facts.active ? 0 : NOT_RUNNING;
}

/** What is to be written, where, and what goes for it. */
function shown({ file, found, text }: ServicePlan): string {
  const instead =
    found.state === 'absent' ? '' : found.text === text ? ' (as it is there now)' : ' (in place of another)';
  return `${visible(file)}${instead}:\n\n${text.split('\n').map(visible).join('\n')}`;
}

/** @throws {AgentctlError} where nobody can be asked. */
async function agreed({ unit }: ServicePlan): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new AgentctlError('nobody can be asked here, and nothing was written: say --yes to write this unit');
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(`Write this, enable and start ${unit}? [y/N] `)).trim());
  } catch {
    return false; // C-c, or the end of input
  } finally {
    lines.close();
  }
}
