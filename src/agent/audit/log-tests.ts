import { report, type Scene } from './finding.ts';
import { nameIn } from './instead.ts';
import { namesCompletion, namesLog } from './names.ts';
import type { Program } from './program.ts';
import type { ShellCommand } from './shell-commands.ts';
import type { Word } from './shell-lexer.ts';
import { HOLE, placeOf } from './source.ts';
import type { Surroundings } from './surroundings.ts';

const GREPS = /^(?:[efz]?grep|rg|ag|ack)$/;
const READERS = /^(?:tail|cat|head|tac|sed|less|strings|awk|tr)$/;
/** The options of grep that have a value. */
const VALUED = 'efmABCdD';

/** A grep that decides by a word in a log whether something has finished. */
export function judgeGrep({ name, word, args }: Program, scene: Scene, around: Surroundings | undefined): void {
  if (!GREPS.test(name)) return;
  const { switches, patterns, files } = readOptions(args);
  if (!patterns.some(({ text }) => namesCompletion(text))) return;
  const command = around?.commands[around.at];
  const reader = around && feeder(around);
  const isFollowed = reader?.name === 'tail' && reader.args.some(({ text }) => /^-\w*[fF]|^--follow/.test(text));
  const isTest =
    switches.includes('q') ||
    (switches.includes('c') && command?.captured) ||
    isFollowed ||
    scene.isCaptured ||
    (command && (command.condition || command.negated || /^(?:&&|\|\|)$/.test(command.after) || asksForCode(around)));
  if (!isTest) return;
  if (reader?.name === 'agentctl') {
    const name = reader.args.slice(1).find(({ text }) => !text.startsWith('-'));
    if (reader.args[0]?.text === 'logs') report(scene, 'log-grep', word, `agentctl wait ${nameIn(name, scene)}`);
    return;
  }
  const inputs = (command?.redirects ?? []).filter(({ operator }) => operator === '<').map(({ target }) => target);
  const read = reader && READERS.test(reader.name) ? reader.args : [];
  const isLog = [...files, ...inputs, ...read].some((file) => file && namesLog(withHoles(file, scene)));
  if (isLog) report(scene, 'log-grep', word, 'agentctl wait NAME');
}

/** `[ "$(tail -n 1 build.log)" = DONE ]`. */
export function judgeTest({ word, args }: Program, scene: Scene): void {
  const isLog = ({ text }: Word): boolean => {
    if (/^\$\(\s*grep\s+-\w*c/.test(text)) return false; // judged as a grep
    const run =
      /^\$\(\s*(?:tail|cat|head|grep|sed)\b(.{1,200})\)$/.exec(text)?.[1] ?? /^\$\(<(.{1,200})\)$/.exec(text)?.[1];
    return run?.split(/[\s"']+/).some((part) => namesLog(part)) === true;
  };
  if (args.some(isLog) && args.some((arg) => namesCompletion(arg.text)))
    report(scene, 'log-grep', word, 'agentctl wait NAME');
}

/** A path with what another language puts into it: `${logPath}`. */
function withHoles(word: Word, { file }: Scene): string {
  return word.text.includes(HOLE) ? file.slice(placeOf(word, 0), word.end) : word.text;
}

/** What its input comes from: the first stage of the pipe that is no filter of text. */
function feeder({ commands, programs, at }: Surroundings): Program | undefined {
  const list = commands[at]?.list;
  let found: Program | undefined;
  for (let before = at - 1; before >= 0 && commands[before + 1]?.before === '|'; before--) {
    const command = commands[before];
    // `( tail -f log & ) | grep -q DONE`
    if (before === at - 1 && command?.list !== list && command?.after === '&') return programs[before];
    if (command?.list !== list || command?.after !== '|') break;
    found = programs[before];
  }
  return found;
}

/** Whether the next command looks at `$?`. */
function asksForCode({ commands, at }: Surroundings): boolean {
  const command = commands[at] as ShellCommand;
  const next = commands[at + 1];
  return (
    next?.list === command.list && /^[;\n]$/.test(command.after) && next.words.some(({ text }) => text.includes('$?'))
  );
}

function readOptions(args: readonly Word[]) {
  let switches = '';
  const patterns: Word[] = [];
  const rest: Word[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at];
    if (arg === undefined) break;
    if (/^--/.test(arg.text)) {
      if (/^--(?:quiet|silent)$/.test(arg.text)) switches += 'q';
      if (arg.text === '--count') switches += 'c';
      continue;
    }
    if (!/^-\w/.test(arg.text)) {
      rest.push(arg);
      continue;
    }
    const letters = arg.text.slice(1);
    const valued = [...letters].findIndex((letter) => VALUED.includes(letter));
    switches += valued < 0 ? letters : letters.slice(0, valued);
    if (valued < 0 || valued < letters.length - 1) continue;
    const value = args[++at];
    if (value && letters.endsWith('e')) patterns.push(value);
  }
  if (patterns.length === 0) patterns.push(...rest.splice(0, 1));
  return { switches, patterns, files: rest };
}
