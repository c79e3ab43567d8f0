import { isFull, report, type Scene } from './finding.ts';
import { runLine } from './instead.ts';
import { isAssignment, type Program, programOf } from './program.ts';
import type { ShellCommand } from './shell-commands.ts';
import type { Source } from './source.ts';

/** Their exit code tells nothing. */
const HARMLESS =
  /^(?:echo|printf|cat|date|yes|head|tail|ls|pwd|env|hostname|whoami|uname|seq|true|:|jq|sed|awk|sort|envsubst)$/;

const SHORTENS = /^(?:tail|head|cat|sed|cut|tr|ts)$/;

/** The pipes into tee whose exit code somebody reads, and takes for that of the command before. */
export function judgeTees(
  commands: readonly ShellCommand[],
  programs: readonly (Program | undefined)[],
  source: Source,
  scene: Scene,
): void {
  const shebang = /^#!.*/.exec(source.text.slice(0, 100))?.[0] ?? '';
  let pipefail = scene.pipefail || shebang.includes('pipefail');
  let errexit = /sh\s+-[a-z]*e/.test(shebang);
  for (const [at, command] of commands.entries()) {
    if (isFull(scene)) return;
    const program = programs[at];
    if (program?.name === 'set' || program?.name === 'setopt') {
      pipefail = setting(program, 'pipefail', undefined) ?? pipefail;
      errexit = setting(program, 'errexit', 'e') ?? errexit;
    }
    if (program?.name !== 'tee' || command.before !== '|' || pipefail) continue;
    const end = endOfPipe(commands, programs, at);
    const last = commands[end];
    if (last === undefined) continue;
    const stages = stagesBefore(commands, at);
    if (stages.length > 0 && stages.every((stage) => HARMLESS.test(programOf(stage.words)?.name ?? 'x'))) continue;
    const following = commandsAfter(commands, end);
    if (following.some(({ words }) => words.some(({ text }) => /pipestatus/i.test(text)))) continue;
    const isItsLine = command.captured && isReadFromAssignment(commands, end);
    if (isItsLine || isRead(last, stages, following, errexit && scene.isSure, scene.isCodeRead))
      report(scene, 'tee-exit-code', stages[0]?.words[0] ?? program.word, runLine(stages, source, scene));
  }
}

function isRead(
  command: ShellCommand,
  stages: readonly ShellCommand[],
  following: readonly ShellCommand[],
  errexit: boolean,
  isCodeRead: boolean,
): boolean {
  const [next] = following;
  const first = stages[0] ?? command;
  if (command.condition || first.condition || first.negated) return true;
  if (command.after === '&&') return true;
  // `|| true` says that nobody wants to know.
  if (command.after === '||') return !/^(?:true|:)$/.test(next?.words[0]?.text ?? '');
  if (next && /^[;\n]$/.test(command.after) && next.words.some(({ text }) => /\$\?|\$\{\?\}|\$status\b/.test(text)))
    return true;
  if (errexit && command.after !== '&' && !command.captured) return true;
  return isCodeRead && next === undefined && !command.captured;
}

/** The last stage behind a tee: itself, or what only shortens what is shown. A grep there is asked for its own code. */
function endOfPipe(commands: readonly ShellCommand[], programs: readonly (Program | undefined)[], at: number): number {
  let end = at;
  while (commands[end]?.after === '|' && SHORTENS.test(programs[end + 1]?.name ?? '')) end++;
  return commands[end]?.after === '|' ? -1 : end;
}

/** `out=$(make | tee log) || exit`: an assignment alone has the exit code of what is in it. */
function isReadFromAssignment(commands: readonly ShellCommand[], at: number): boolean {
  const next = commands[at + 1];
  if (!next || next.captured || !next.words.every(isAssignment)) return false;
  const following = commandsAfter(commands, at + 1);
  return next.words.length > 0 && isRead(next, [next], following, false, false);
}

/** The few commands of the same list that come next. */
function commandsAfter(commands: readonly ShellCommand[], at: number): ShellCommand[] {
  const near = commands.slice(at + 1, at + 20);
  return near.filter(({ list, captured }) => list === commands[at]?.list && !captured).slice(0, 4);
}

/** The stages of the pipe before a command, in their order; empty after a compound command. */
function stagesBefore(commands: readonly ShellCommand[], at: number): ShellCommand[] {
  const stages: ShellCommand[] = [];
  const list = commands[at]?.list;
  for (let before = at - 1; before >= 0; before--) {
    const command = commands[before];
    if (!command || command.list !== list || command.captured !== commands[at]?.captured) {
      if (command?.captured) continue;
      break;
    }
    if (command.after !== '|') break;
    stages.unshift(command);
    if (command.before !== '|') break;
  }
  return stages;
}

/** What `set` does to an option; undefined where it says nothing of it. */
function setting({ name, args }: Program, option: string, letter: string | undefined): boolean | undefined {
  for (const [at, { text }] of args.entries()) {
    if (name === 'setopt' && text.replaceAll('_', '').toLowerCase() === option) return true;
    if (letter && /^[-+]\w+$/.test(text) && text.includes(letter)) return text.startsWith('-');
    if (text === option && /^[-+]\w*o$/.test(args[at - 1]?.text ?? '')) return args[at - 1]?.text.startsWith('-');
  }
  return undefined;
}
