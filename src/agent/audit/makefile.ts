import { isLong, namesTimeout, unitIn } from './durations.ts';
import { report, type Scene } from './finding.ts';
import { judgeShell } from './shell-hazards.ts';
import { HOLE, part, placeOf, type Source, SourceBuilder } from './source.ts';

/** Looks through a Makefile: the lines of its recipes, its `$(shell …)`, and its variables that name a timeout. */
export function judgeMakefile(source: Source, scene: Scene): void {
  const { text } = source;
  const pipefail = /^\.SHELLFLAGS\s*[:?]?=.*pipefail/m.test(text);
  for (let from = 0; from < text.length; ) {
    const to = endOfLine(text, from);
    const line = part(source, from, to);
    if (line.text.startsWith('\t')) judgeRecipe(line, { ...scene, pipefail });
    else if (!line.text.startsWith('#')) judgeVariable(line, scene);
    from = to + 1;
  }
}

/** Make reads the exit code of each line of a recipe, but of those with a dash. */
function judgeRecipe(line: Source, scene: Scene): void {
  const prefix = /^\t[\t @+-]*/.exec(line.text)?.[0] ?? '';
  const command = shellOf(part(line, prefix.length, line.text.length));
  judgeShell(command, { ...scene, isSure: true, isCodeRead: !prefix.includes('-') });
}

function judgeVariable(line: Source, scene: Scene): void {
  const [, name, value] = /^ *(?:export +|override +)?([A-Za-z_]\w*) *[:?+!]{0,3}= *(.{0,300})/.exec(line.text) ?? [];
  if (name === undefined || value === undefined) return;
  if (namesTimeout(name) && isLong(value.replace(/#.*$/, ''), unitIn(name, 'seconds?')))
    report(scene, 'long-timeout', line, '--max-runtime 1h');
  const shell = line.text.indexOf('$(shell ');
  const end = line.text.lastIndexOf(')');
  if (shell >= 0 && end > shell)
    judgeShell(shellOf(part(line, shell + '$(shell '.length, end)), { ...scene, isSure: true, isCaptured: true });
  else if (/\btmux\b/.test(value)) {
    // `START = tmux new-session …`, for a recipe.
    const at = line.text.indexOf('=') + 1;
    judgeShell(shellOf(part(line, at, line.text.length)), { ...scene, isSure: false });
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
