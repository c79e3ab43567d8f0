import { isName } from '../name.ts';
import type { Scene } from './finding.ts';
import { readShell, type ShellCommand } from './shell-commands.ts';
import { HOLE, part, placeOf, type Source } from './source.ts';
import type { TmuxCall } from './tmux-call.ts';

/** A line longer than this helps nobody. */
const LONGEST = 240;
/** What keeps a session open, or tells of the end, after the command: agentctl does both. */
const TAIL = new Set(['sleep', 'echo', 'printf', 'read', 'bash', 'sh', 'zsh', 'exec', 'date']);

/** `agentctl spawn` for what `tmux new-session` starts. */
export function spawnLine({ options, rest }: TmuxCall, scene: Scene): string {
  const directory = options.c === undefined ? undefined : wordIn(options.c, scene);
  const place = directory === undefined ? '' : ` -C ${directory}`;
  return `agentctl spawn -n ${nameIn(options.s, scene)}${place} -- ${commandIn(rest, scene)}`;
}

/**
 * An agent's name, from the name or target of a tmux session; a variable as it is written. `NAME` where it cannot be read.
 *
 * @param target - `fix`, `=fix:0.1`, `$name`.
 */
export function nameIn(target: Source | undefined, scene: Scene): string {
  if (target === undefined) return 'NAME';
  const from = target.text.startsWith('=') ? 1 : 0;
  const colon = target.text.indexOf(':', from);
  const name = part(target, from, colon < 0 ? target.text.length : colon);
  if (isName(name.text)) return name.text;
  const isVariable = /^(?:\$[A-Za-z_]\w*|\$[1-9]|\$\{\w+\}|[\w-])+$/.test(name.text.slice(0, 200));
  if (isVariable && name.text.includes('$')) return `"${asWritten(name, scene)}"`;
  if (!/^[\w\-\ue000]+$/.test(name.text) || !name.text.includes(HOLE)) return 'NAME';
  return holesIn(name, scene) ?? 'NAME';
}

/** `agentctl run` for a command whose output goes to tee; the terminal takes both of its streams. */
export function runLine(stages: readonly ShellCommand[], source: Source, scene: Scene): string {
  const [first, last] = [stages[0], stages.at(-1)];
  if (!first || !last) return 'agentctl run -n NAME -- COMMAND';
  const whole = part(source, first.from, last.to);
  const command = part(whole, 0, whole.text.replace(/\s*2>&1$/, '').length);
  const written = textOf(command, scene);
  const isPlain = stages.length === 1 && !/[\n;&|<>]|^\w+=/.test(written ?? ';');
  return `agentctl run -n NAME -- ${isPlain ? written : scriptIn(command, source, scene)}`;
}

/** Words as they are to stand on a shell's line; `COMMAND` where they cannot be read. */
export function lineIn(words: readonly Source[], scene: Scene): string {
  const shown = words.map((word) => wordIn(word, scene));
  const line = shown.join(' ');
  return words.length === 0 || shown.includes(undefined) || line.length > LONGEST ? 'COMMAND' : line;
}

function commandIn(rest: readonly Source[], scene: Scene): string {
  const [first] = rest;
  if (first === undefined) return 'COMMAND';
  if (rest.length > 1) return lineIn(rest, scene);
  return scriptIn(withoutTail(first), first, scene);
}

/**
 * `sh -c …` for a command.
 *
 * @param quoted - the string that it stands in.
 */
function scriptIn(command: Source, within: Source, scene: Scene): string {
  const written = textOf(command, scene);
  if (written === undefined) return 'COMMAND';
  // In double quotes the outer shell puts in what begins with a dollar, and it shall go on to do so.
  const isShell = scene.language === 'shell' || scene.language === 'make';
  const inDoubleQuotes = isShell && scene.file[placeOf(within, 0) - 1] === '"';
  const raw = asWritten(command, scene);
  const isVariable = /^\$\{?\w+\}?$/.test(written);
  const expands = inDoubleQuotes && !command.text.includes(HOLE) && /(?:^|[^\\])[$`]/.test(raw);
  if (isVariable) return `sh -c "${written}"`;
  return expands ? `sh -c "${raw}"` : `sh -c ${quoted(written)}`;
}

/** A command without what only holds the session or tells of the end, and without the tee at its end. */
function withoutTail(source: Source): Source {
  const commands = readShell(source);
  const top = commands.filter(
    ({ list, captured }) => list === commands.find((one) => !one.captured)?.list && !captured,
  );
  let last = top.length - 1;
  const isTail = (at: number): boolean => {
    const command = top[at];
    return at > 0 && command !== undefined && /^[;\n]$/.test(command.before) && TAIL.has(command.words[0]?.text ?? '');
  };
  while (isTail(last)) last--;
  while (last > 0 && top[last]?.before === '|' && top[last]?.words[0]?.text === 'tee') last--;
  const kept = top[last];
  // A compound command ends behind its last simple one.
  if (kept === undefined || top.some(({ loops }) => loops > 0) || commands.some(({ condition }) => condition))
    return source;
  if (last === top.length - 1) return source;
  return part(source, 0, source.text.slice(0, kept.to).replace(/\s*2>&1$/, '').length);
}

function wordIn(word: Source, scene: Scene): string | undefined {
  if (/^(?:\$\w+|\$\{\w+\})$/.test(word.text)) return `"${word.text}"`;
  const written = textOf(word, scene);
  if (written === undefined) return undefined;
  const inDoubleQuotes = scene.file[placeOf(word, 0) - 1] === '"';
  if (inDoubleQuotes && word.text.includes('$')) return `"${asWritten(word, scene)}"`;
  return /^[\w@%+=:,./{}$-]+$/.test(written) ? written : quoted(written);
}

/** Its text on one line, with what is put in as it is written; undefined where that cannot be read. */
function textOf(source: Source, scene: Scene): string | undefined {
  const text = source.text.includes(HOLE) ? holesIn(source, scene) : source.text;
  if (text === undefined || text.length > LONGEST) return undefined;
  const line = text.replace(/\\?\r?\n\s*/g, ' ').trim();
  return line === '' ? undefined : line;
}

/** `{name}` or `${name}` in place of each hole; undefined where one has more in it than a short expression. */
function holesIn(source: Source, scene: Scene): string | undefined {
  const { text } = source;
  let shown = '';
  for (let index = 0; index < text.length; index++) {
    if (text[index] !== HOLE) {
      shown += text[index];
      continue;
    }
    const from = placeOf(source, index);
    const raw = scene.file.slice(from, Math.min(placeOf(source, index + 1), from + 100));
    const expression =
      /^\$?[{(]+([^{}\n"'`]{1,60})[)}]+/.exec(raw)?.[1] ?? /^([\w.[\]]+)\s*(?:\+[\s\S]*)?$/.exec(raw.trim())?.[1];
    if (expression === undefined) return undefined;
    if (scene.language === 'make') shown += `$(${expression})`;
    else shown += scene.language === 'javascript' ? `\${${expression}}` : `{${expression}}`;
  }
  return shown;
}

/** As the file has it; a word's own closing quote is none of it. */
function asWritten(source: Source, scene: Scene): string {
  const { length } = source.text;
  return length === 0 ? '' : scene.file.slice(placeOf(source, 0), placeOf(source, length - 1) + 1);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
