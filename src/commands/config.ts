import { UsageError } from '../errors.ts';
import { readSettings } from '../lifecycle/settings.ts';
import { configPath, readConfig } from '../store/config-file.ts';
import { settingsTable } from '../view/settings-table.ts';
import { type Call, type Command, print, printJson } from './command.ts';

const command: Command = {
  usage: 'config [path | validate]',
  description:
    'Prints the effective settings, each with where it comes from: flags go before the environment, that before config.json, that before the defaults. "path" prints where config.json is, or would be; "validate" says whether it is valid, or what is wrong in which line.',
  examples: [
    ['agentctl config', 'what is in force, and why'],
    ['$EDITOR "$(agentctl config path)"', 'change them'],
  ],
  options: { json: { type: 'boolean', describe: 'schemas/settings.schema.json' } },
  run(call) {
    const [what, ...more] = call.words;
    if (more.length > 0 || (what !== undefined && !Object.hasOwn(DEEDS, what)))
      throw new UsageError('config takes path, validate or nothing: agentctl config');
    if (what !== undefined && call.flags.on('json'))
      throw new UsageError(
        `config ${what} has no JSON: its exit code tells, and "agentctl config --json" has the settings`,
      );
    return (DEEDS[what ?? ''] ?? show)(call);
  },
};

export default command;

const DEEDS: Readonly<Record<string, (call: Call) => number>> = { path, validate };

function show({ flags, stateDir }: Call): number {
  const { settings, effective, path: file, exists } = readSettings();
  const lists = { spare: settings.spare, on: settings.on, profiles: Object.keys(readConfig().config.profiles ?? {}) };
  const { path: stateDirectory, reason: stateDirectoryReason } = stateDir;
  if (flags.on('json')) {
    const ofStateDir = { stateDirectory, stateDirectoryReason };
    printJson({ schemaVersion: 1, file, exists, ...ofStateDir, settings: effective, ...lists });
  } else print(settingsTable(stateDir, effective, lists, exists ? file : `${file} (not there)`));
  return 0;
}

function path(): number {
  print(configPath());
  return 0;
}

function validate(): number {
  const { path: file, exists } = readSettings();
  print(exists ? `${file} is valid` : `${file} is not there: everything is as it comes`);
  return 0;
}
