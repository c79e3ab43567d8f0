import { audit } from '../lifecycle/audit.ts';
import { auditReport } from '../view/audit-report.ts';
import { type Command, note, print, printJson } from './command.ts';

const command: Command = {
  usage: 'audit [PATH…]',
  description:
    'Finds in scripts (sh, Python, JavaScript and TypeScript, Makefiles, fenced blocks of Markdown) what agentctl is to replace, each with the agentctl line to put there: tmux calls that start, probe or end sessions, sessions held open by sleep, exit codes read behind a pipe into tee, completion read from logs, timeouts of 4 hours and more. Without a path: the current directory. What git ignores is left out. Exit code 1 when something was found.',
  examples: [
    ['agentctl audit scripts Makefile README.md', 'before moving in'],
    ["agentctl audit --json | jq -r '.findings[] | [.file, .line, .hazard] | @tsv'", 'for a program'],
  ],
  options: { json: { type: 'boolean', describe: 'schemas/audit.schema.json' } },
  async run({ words, flags }) {
    const report = await audit(words.length === 0 ? ['.'] : words);
    if (flags.on('json')) printJson(report);
    else {
      for (const { file, reason } of report.skipped) note(`skipped ${file}: ${reason}`);
      print(auditReport(report));
    }
    return report.findings.length === 0 ? 0 : 1;
  },
};

export default command;
