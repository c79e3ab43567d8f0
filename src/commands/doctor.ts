import { UsageError } from '../errors.ts';
import { examine } from '../lifecycle/doctor.ts';
import { visible } from '../view/visible.ts';
import { type Command, print, printJson } from './command.ts';

const MARKS = { ok: 'ok   ', warning: 'warn ', error: 'ERROR' };

const command: Command = {
  usage: 'doctor',
  description:
    'Looks for what could get in the way on this machine; each finding with its remedy. Exit code 1 where something would keep agents from running.',
  options: { json: { type: 'boolean', describe: 'schemas/doctor.schema.json' } },
  async run({ words, flags, stateDir }) {
    if (words.length > 0) throw new UsageError('doctor takes no words: agentctl doctor');
    const report = await examine(stateDir);
    if (flags.on('json')) printJson(report);
    else {
      for (const { level, check, found, remedy } of report.findings) {
        print(visible(`${MARKS[level]} ${check}: ${found}`));
        if (remedy !== null) print(visible(`      -> ${remedy}`));
      }
    }
    return report.findings.some(({ level }) => level === 'error') ? 1 : 0;
  },
};

export default command;
