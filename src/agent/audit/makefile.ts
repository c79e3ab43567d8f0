import { isLong, namesTimeout, unitIn } from './durations.ts';
import { isFull, report, type Scene } from './finding.ts';
import { judgeShell } from './shell-hazards.ts';
import { HOLE, part, placeOf, type Source, SourceBuilder } from './source.ts';

const SHELL = '$(shell ';

/** Looks through a Makefile: the lines of its recipes, its `$(shell …)`, and its variables that name a timeout. */
export function judgeMakefile(source: Source, scene: Scene): void {
  const { text } = source;
  const pipefail = /^\.SHELLFLAGS\s*[:?]?=.*pipefail/m.test(text);
  let defined: string | undefined;
  const isOneShell = /^\.ONESHELL\b/m.test(text);
  let isSet = false;
  for (let from = 0; from < text.length; ) {
    const to = endOfLine(text, from);
    const line = part(source, from, to);
    if (isFull(scene)) return;
    if (!/^\t?[@ +-]*#/.test(line.text)) judgeShellCalls(line, scene);
    const [, word, name = ''] = /^ *(define|endef)\b *(?:export +|override +)?([\w-]*)/.exec(line.text) ?? [];
    // One shell runs the whole recipe.
    isSet = isOneShell && line.text.startsWith('\t') && (isSet || /set .*pipefail/.test(line.text));
    if (word !== undefined) defined = word === 'define' ? name : undefined;
    else if (line.text.startsWith('\t')) judgeRecipe(line, '\t', { ...scene, pipefail: pipefail || isSet });
    else if (defined !== undefined) {
      // Lines for a recipe, or a text for people.
      if (!/usage|help|text|msg|message|banner/i.test(defined)) judgeShell(shellOf(line), { ...scene, isSure: false });
    } else if (!line.text.startsWith('#')) {
      // `target: ; command`
      const rule = /^[^\t#:=;]+:(?![:=])[^;=#]*;/.exec(line.text)?.[0];
      if (rule !== undefined) judgeRecipe(line, rule, { ...scene, pipefail });
      else judgeVariable(line, scene);
    }
    from = to + 1;
  }
}

/**
 * Make reads the exit code of each line of a recipe, but of those with a dash.
 *
 * @param before - what stands before the recipe on its line.
 */
function judgeRecipe(line: Source, before: string, scene: Scene): void {
  const prefix = before + (/^[\t @+-]*/.exec(line.text.slice(before.length))?.[0] ?? '');
  const command = shellOf(part(line, prefix.length, line.text.length));
  judgeShell(command, { ...scene, isSure: true, isCodeRead: !prefix.slice(before.length).includes('-') });
}

function judgeVariable(line: Source, scene: Scene): void {
  const [, name, value] =
    /^ {0,8}(?:[^:=#]{1,200}: *)?(?:export +|override +)?([A-Za-z_]\w*) *[:?+!]{0,3}= *(.{0,300})/.exec(line.text) ??
    [];
  if (name === undefined || value === undefined) return;
  if (namesTimeout(name) && isLong(value.replace(/#.*$/, ''), unitIn(name, 'seconds?')))
    report(scene, 'long-timeout', line, '--max-runtime 1h');
  if (/\btmux\b/.test(value) && !line.text.includes(SHELL)) {
    // `START = tmux new-session …`, for a recipe.
    const at = line.text.indexOf('=') + 1;
    judgeShell(shellOf(part(line, at, line.text.length)), { ...scene, isSure: false });
  }
}

/** What make runs itself, wherever it stands: `$(shell …)`. */
function judgeShellCalls(line: Source, scene: Scene): void {
  const { text } = line;
  for (let from = text.indexOf(SHELL); from >= 0; ) {
    const begin = from + SHELL.length;
    let end = begin;
    for (let open = 1; end < text.length; end++) {
      if (text[end] === '(') open++;
      else if (text[end] === ')' && --open === 0) break;
    }
    judgeShell(shellOf(part(line, begin, end)), { ...scene, isSure: true, isCaptured: true });
    from = text.indexOf(SHELL, end);
  }
}

/** What the shell gets: `$$` is a dollar, and make's own variables are holes. */
function shellOf(source: Source): Source {
  const { text } = source;
  const built = new SourceBuilder();
  for (let from = 0; from < text.length; ) {
    const dollar = text.indexOf('$', from);
    if (dollar < 0 || dollar > from) {
      const to = dollar < 0 ? text.length : dollar;
      built.addSource(part(source, from, to));
      from = to;
      continue;
    }
    const next = text[from + 1];
    const close = next === '(' ? ')' : next === '{' ? '}' : undefined;
    built.add(next === '$' ? '$' : HOLE, placeOf(source, from));
    const end = close === undefined ? -1 : text.indexOf(close, from);
    // What is never closed ends with its line.
    from = close === undefined ? from + 2 : end < 0 ? text.length : end + 1;
  }
  return built.build(source.end);
}

/** Lines that end with a backslash go on. */
function endOfLine(text: string, from: number): number {
  for (let at = from; ; ) {
    const end = text.indexOf('\n', at);
    if (end < 0) return text.length;
    if (text[end - 1] !== '\\' && text.slice(end - 2, end) !== '\\\r') return end;
    at = end + 1;
  }
}
