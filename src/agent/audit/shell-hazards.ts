import { isLong, namesStart, namesTimeGone, namesTimeout, plainDuration, unitIn } from './durations.ts';
import { isFull, report, type Scene } from './finding.ts';
import { lineIn } from './instead.ts';
import { judgeGrep, judgeTest } from './log-tests.ts';
import { isAssignment, type Program, programOf } from './program.ts';
import { readShell, type ShellCommand } from './shell-commands.ts';
import type { Word } from './shell-lexer.ts';
import { judgeSleep } from './sleeps.ts';
import { HOLE, part, placeOf, type Source } from './source.ts';
import type { Surroundings } from './surroundings.ts';
import { judgeTees } from './tees.ts';
import { judgeTmux } from './tmux-hazards.ts';

/** Strings in strings in strings: beyond it nobody can read what is run either. */
const DEEPEST = 4;

/** Programs whose arguments are words for people, or patterns. */
const SPEAKS =
  /^(?:echo|printf|print|log\w*|warn\w*|info|debug|error|err|die|fail|fatal|note|say|msg|usage|help|assert\w*|cat|man|which|type|hash|alias|unalias|git|gh)$/;
/** Programs that run what stands somewhere among their arguments. */
const HANDS_ON = /^(?:ssh|docker|podman|kubectl|find|parallel|runuser|su)$/;
const SHELLS = /^(?:ba|da|z|k|mk|a)?sh$/;
/** Functions that scripts have to run a line that is given to them. */
const RUNNERS = /^(?:run|exec|try|retry|must|safe)(?:[_-]\w+)?$/;

/** Looks through a text of shell. */
export function judgeShell(source: Source, scene: Scene): void {
  const commands = readShell(source);
  const programs = commands.map(({ words }) => programOf(words));
  const wrappers = new Set(
    commands
      .filter(({ words, within }, at) => within && programs[at]?.name === 'tmux' && words.some(isAllArguments))
      .map(({ within }) => within ?? ''),
  );
  for (const [at, command] of commands.entries()) {
    if (isFull(scene)) return;
    judgeAssignments(command, scene);
    const program = programs[at];
    if (program) judgeProgram(program, scene, { commands, programs, at, source, wrappers });
    for (const heredoc of command.heredocs.slice(0, 4))
      judgeHeredoc(heredoc, command, [program, command.after === '|' ? programs[at + 1] : undefined], scene);
  }
  judgeTees(commands, programs, source, scene);
}

/** One command line, as a shell or another program runs it. */
export function judgeProgram(program: Program, scene: Scene, around: Surroundings | undefined): void {
  const { name, args, timeouts, word } = program;
  for (const { word: timeout, duration, rest } of timeouts) {
    if (isLong(plainDuration(duration.text), 'seconds'))
      report(scene, 'long-timeout', timeout, `agentctl run --max-runtime 1h -- ${lineIn(rest, scene)}`);
  }
  if (SPEAKS.test(name)) return;
  if (name.startsWith('((')) {
    judgeArithmetic(word, scene);
    return;
  }
  if (name === 'agentctl') {
    judgeAgentctl(args, scene);
    return;
  }
  judgeOptions(args, scene);
  // `$TMUX_CMD`, make's `$(TMUX)`, a function that hands its arguments on.
  const written = word.text.length < 40 ? scene.file.slice(placeOf(word, 0), word.end).slice(0, 60) : '';
  const isWrapped = /tmux/i.test(written) || around?.wrappers.has(name);
  if (name === 'tmux' || isWrapped) {
    judgeTmux(program, scene, around, name !== 'tmux');
    for (const arg of args) if (/\s/.test(arg.text)) inner(arg, scene, { inSession: true, isCodeRead: false });
  } else if (SHELLS.test(name)) {
    const at = args.findIndex(({ text }) => /^-\w*c$/.test(text));
    const script = args[at + 1];
    const pipefail = args.slice(0, at).some(({ text }) => text === 'pipefail');
    if (at >= 0 && script) inner(script, scene, { pipefail, isSure: true });
  } else if (name === 'eval') for (const arg of args) inner(arg, scene, { isSure: true });
  else if (name === 'trap' || name === 'watch') {
    const [script] = args.filter(({ text }) => !text.startsWith('-') && /\s/.test(text));
    if (script) inner(script, scene, { isSure: true });
  } else if (name === 'ssh' || name === 'su' || RUNNERS.test(name)) {
    for (const arg of args)
      if (/\s/.test(arg.text)) inner(arg, scene, { isSure: name === 'ssh' || name === 'su', isCodeRead: false });
  }
  if (HANDS_ON.test(name)) {
    const place = args.findIndex(({ text }) => text === 'tmux');
    const tmux = args[place];
    if (tmux) judgeTmux({ name: 'tmux', word: tmux, args: args.slice(place + 1), timeouts: [] }, scene, around, false);
  }
  if (/^(?:sleep|tail)$/.test(name)) judgeSleep(program, scene, around);
  else if (name === '[' || name === '[[' || name === 'test') {
    judgeTest(program, scene);
    judgeTimeGone(program, scene);
  } else judgeGrep(program, scene, around);
}

/** `"$@"`, `"${args[@]}"`, `$*`: any number of words. */
function isAllArguments({ text }: Source): boolean {
  return /^\$(?:[@*]|\{@\})$/.test(text);
}

function judgeAssignments({ words }: ShellCommand, scene: Scene): void {
  const isDeclaration = /^(?:export|local|readonly|declare|typeset|env|:)$/.test(words[0]?.text ?? '');
  for (const [at, word] of words.entries()) {
    const withDefault = isDeclaration && /^\$\{(\w+):?=([^{}]{1,60})\}$/.exec(word.text);
    if (withDefault) judgeTimeout(word, withDefault[1] ?? '', withDefault[2] ?? '', scene);
    if (!isAssignment(word)) {
      if (at > 0 && isDeclaration) continue;
      if (!isDeclaration) return;
      continue;
    }
    const equals = word.text.indexOf('=');
    const name = word.text.slice(0, equals).replace('+', '');
    const value = part(word, equals + 1, word.text.length);
    if (judgeTimeout(word, name, value.text, scene)) continue;
    const isProse = /(?:usage|help|hint|msg|message|prompt|text|desc|doc)/i.test(name);
    if (!isProse && word.quoted && /\s/.test(value.text) && /\b(?:tmux|sleep|tee|timeout)\b/.test(value.text))
      inner(value, scene, { isSure: false, inSession: scene.inSession, isCodeRead: false });
  }
}

function judgeOptions(args: readonly Word[], scene: Scene): void {
  for (const [at, { text }] of args.entries()) {
    const match = /^(?:--?)?([A-Za-z][\w-]{2,60})(?:=(.{1,60}))?$/.exec(text);
    if (!match?.[1] || (match[2] === undefined && !text.startsWith('-'))) continue;
    const value = match[2] ?? args[at + 1]?.text ?? '';
    const word = args[at];
    if (word) judgeTimeout(word, match[1], value, scene);
  }
}

/** `[ "$elapsed" -gt 86400 ]`. */
function judgeTimeGone({ word, args }: Program, scene: Scene): void {
  for (const [at, { text }] of args.entries()) {
    if (!/^-[gl][te]$/.test(text) || !isTimeGone(args[at - 1]?.text.slice(0, 80) ?? '')) continue;
    if (isLong(plainDuration(args[at + 1]?.text ?? ''), 'seconds?'))
      report(scene, 'long-timeout', word, '--max-runtime 1h');
  }
}

/** `$elapsed`, `$(( $(date +%s) - start ))`. */
function isTimeGone(text: string): boolean {
  if (namesTimeGone(text)) return true;
  const minuend = /-\s*\$?\{?(\w{1,40})\W*$/.exec(text);
  return minuend !== null && /\+%s|SECONDS/.test(text) && namesStart(minuend[1] ?? '');
}

/** `(( elapsed > 86400 ))`. */
function judgeArithmetic(word: Word, scene: Scene): void {
  const match = /^\(\((.{1,80}?)([<>]=?)([\s\d*()]{1,40})\)\)$/.exec(word.text);
  if (match && isTimeGone(match[1] ?? '') && isLong(match[3] ?? '', 'seconds?'))
    report(scene, 'long-timeout', word, '--max-runtime 1h');
}

function judgeTimeout(place: Source, name: string, value: string, scene: Scene): boolean {
  if (!namesTimeout(name) || !isLong(plainDuration(value), unitIn(name, 'seconds?'))) return false;
  report(scene, 'long-timeout', place, '--max-runtime 1h');
  return true;
}

/** What agentctl runs itself has its exit code read; its own caps are meant. */
function judgeAgentctl(args: readonly Word[], scene: Scene): void {
  const at = args.findIndex(({ text }) => SHELLS.test(text.slice(text.lastIndexOf('/') + 1)));
  const script = /^-\w*c$/.test(args[at + 1]?.text ?? '') ? args[at + 2] : undefined;
  if (at >= 0 && script) inner(script, scene, { isCodeRead: true, isSure: true });
}

/** A heredoc is a script where a shell reads it, also through `cat <<END | sh`, or where it is written into one. */
function judgeHeredoc(
  text: Source,
  { redirects, words }: ShellCommand,
  [program, next]: (Program | undefined)[],
  scene: Scene,
) {
  const name = program?.name ?? '';
  const reader = name === 'cat' && next ? next.name : name;
  const targets = [
    ...redirects.map(({ target }) => target?.text ?? ''),
    ...(name === 'tee' ? words : []).map((word) => word.text),
  ];
  const isRead = SHELLS.test(reader) || reader === 'ssh';
  const isWritten =
    /^(?:cat|tee)$/.test(name) &&
    (targets.some((target) => /\.(?:ba|z)?sh["'}]*$/.test(target)) || /^#!.*sh\b/.test(text.text.slice(0, 80)));
  if (isRead || isWritten) inner(text, scene, { isSure: true, isCodeRead: false });
}

function inner(source: Source, scene: Scene, changes: Partial<Scene>): void {
  if (scene.depth >= DEEPEST || source.text === HOLE) return;
  const fresh = { inSession: false, isCodeRead: false, pipefail: false, isCaptured: false };
  judgeShell(source, {
    ...scene,
    ...fresh,
    ...changes,
    isSure: changes.isSure ?? scene.isSure,
    depth: scene.depth + 1,
  });
}
