import { UsageError } from '../errors.ts';
import { type ListedProfile, profiles } from '../lifecycle/profiles.ts';
import type { Profiles } from '../store/generated/types.ts';
import { table } from '../view/table.ts';
import { visible } from '../view/visible.ts';
import { type Command, print, printJson } from './command.ts';

const command: Command = {
  usage: 'agents [--json]',
  description:
    'Lists the profiles for "spawn --agent": what each reports by itself, how far that was proved, and whether its program is installed. Your own are in config.json (schemas/config.schema.json).',
  examples: [['agentctl spawn --agent claude --prompt "fix the login"', 'by a profile']],
  options: { json: { type: 'boolean', describe: 'as JSON (schemas/profiles.schema.json)' } },
  run({ words, flags }) {
    if (words.length > 0) throw new UsageError('agents takes no names: it lists all profiles');
    const all = profiles();
    if (flags.on('json')) {
      printJson(listed(all));
      return 0;
    }
    const rows = all.map(({ name, program, install, reports, proved }) => [
      name,
      program ?? `not installed: ${install}`,
      reports,
      proved,
    ]);
    const header = ['PROFILE', 'PROGRAM', 'REPORTS', 'PROVED WITH'];
    print(table([header, ...rows.map((row) => row.map(visible))], undefined));
    return 0;
  },
};

export default command;

function listed(all: readonly ListedProfile[]): Profiles {
  const profiles = all.map(({ name, agent, command, program, install, reports, proved, isBuiltIn }) => {
    return { name, agent, command: [...command], program, install, reports, proved, builtIn: isBuiltIn };
  });
  return { schemaVersion: 1, profiles };
}
