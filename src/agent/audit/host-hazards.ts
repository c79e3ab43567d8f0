import { isFull, type Scene } from './finding.ts';
import { type HostCode, lastName, readHost } from './host-code.ts';
import { useOf } from './host-context.ts';
import { judgeHostLogs } from './host-logs.ts';
import { judgeHostTimeouts } from './host-timeouts.ts';
import { judgeLibtmux } from './libtmux.ts';
import { programOf } from './program.ts';
import { judgeProgram, judgeShell } from './shell-hazards.ts';
import type { Word } from './shell-lexer.ts';
import { HOLE, type Source } from './source.ts';
import { commandOf, tmuxCalls } from './tmux-call.ts';
import { judgeCall } from './tmux-hazards.ts';

/** Programs that a list of words may begin with, and that are of interest. */
const PROGRAMS = /^(?:\S*\/)?(?:tmux|g?timeout|sudo|env|nohup|setsid|[ef]?grep|rg)$/;
/** A string without any of these words holds no hazard. */
const WORTH_READING = /tmux|sleep|tee|timeout|grep/i;

/**
 * Looks through a text of Python or JavaScript.
 *
 * @param base - where it begins in its file.
 */
export function judgeHost(text: string, base: number, scene: Scene): void {
  const language = scene.language === 'python' ? 'python' : 'javascript';
  for (const code of readHost(text, language, base)) {
    const read = new Set<number>();
    for (let at = 0; at < code.tokens.length && !isFull(scene); at++) {
      const value = code.tokens[at]?.value;
      if (value === undefined || read.has(at)) continue;
      if (PROGRAMS.test(value.text)) judgeList(code, at, read, scene);
      else if (value.text.includes('-') && commandOf(value.text) === value.text) judgeBareCall(code, at, read, scene);
      else if (WORTH_READING.test(value.text)) judgeString(code, at, value, scene);
    }
    judgeHostTimeouts(code, scene);
    judgeHostLogs(code, scene);
    if (language === 'python' && text.includes('libtmux')) judgeLibtmux(code, scene);
  }
}

/** `"tmux kill-session -t fix"`. */
function judgeString(code: HostCode, at: number, value: Source, scene: Scene): void {
  if (!/\s/.test(value.text)) return;
  const use = useOf(code, at);
  if (use === 'spoken') return;
  const isSure = use === 'run';
  judgeShell(value, { ...scene, isSure, isCaptured: isSure, isCodeRead: isSure && isCodeRead(code, at), depth: 1 });
}

/** `["tmux", "kill-session", "-t", name]`, `spawn('tmux', ['kill-session', …])`. */
function judgeList(code: HostCode, at: number, read: Set<number>, scene: Scene): void {
  const open = code.parents[at] ?? -1;
  if (!/^[([]$/.test(code.text(open)) || !/^[([,]$/.test(code.text(at - 1)) || code.text(at + 1) !== ',') return;
  if (useOf(code, open) === 'spoken' || (code.text(open) === '(' && useOf(code, at) === 'spoken')) return;
  // Behind other words (`['ssh', host, 'tmux', …]`) only what cannot be anything else.
  const isFirst = at === open + 1;
  if (
    !isFirst &&
    !(commandOf(code.string(at + 2) ?? '') === code.string(at + 2) && /^-\w/.test(code.string(at + 4) ?? ''))
  )
    return;
  const words = wordsFrom(code, at, open, read);
  const program = programOf(words);
  if (program) judgeProgram(program, { ...scene, isSure: true, isCaptured: true, depth: 1 }, undefined);
}

/** `tmux("kill-session", "-t", name)`, `run_tmux(["kill-session", …])`: what hands the words to tmux is somewhere else. */
function judgeBareCall(code: HostCode, at: number, read: Set<number>, scene: Scene): void {
  const open = code.parents[at] ?? -1;
  if (!/^[([]$/.test(code.text(open)) || !/^[([,]$/.test(code.text(at - 1))) return;
  const callee = code.callee(open) || code.callee(code.parents[open] ?? -1);
  const hasOption = code.text(at + 1) === ',' && /^-\w/.test(code.string(at + 2) ?? '');
  if (!hasOption && !/tmux/i.test(callee)) return;
  if (useOf(code, open) === 'spoken' || (code.text(open) === '(' && useOf(code, at) === 'spoken')) return;
  const words = wordsFrom(code, at, open, read);
  const [first] = words;
  if (!first) return;
  for (const call of tmuxCalls(words, ({ text }) => text === `...${HOLE}`))
    judgeCall(call, first, { ...scene, isSure: true, isCaptured: true }, undefined);
}

/** The words from a token to the end of its list; a list in the arguments of a call goes on in it. */
function wordsFrom(code: HostCode, at: number, open: number, read: Set<number>): Word[] {
  const words: Word[] = [];
  let inList = code.text(open) === '[';
  const add = (elements: { from: number; to: number }[]): void => {
    for (const { from, to } of elements) {
      const first = code.tokens[from];
      const last = code.tokens[to];
      if (!first || !last) continue;
      if (from === to && first.value) {
        words.push(word(first.value));
        read.add(from);
      } else if (!inList && code.text(from) === '[' && code.closeOf(from) === to) {
        inList = true;
        add(code.elements(from));
        return;
      } else if (!inList && (code.text(from) === '{' || code.text(from + 1) === '=')) return;
      else {
        const isMany = /^(?:\*|\.\.\.)$/.test(code.text(from));
        const text = isMany ? `...${HOLE}` : HOLE;
        words.push(word({ text, at: Array.from(text, () => first.from), end: last.to }));
      }
    }
  };
  add(code.elements(open).filter(({ from }) => from >= at));
  // `["tmux", …] + args`
  if (inList && /^[+.]$/.test(code.text(code.closeOf(open) + 1)))
    words.push(word({ text: `...${HOLE}`, at: 0, end: 0 }));
  return words;
}

function word({ text, at, end }: Source): Word {
  return { kind: 'word', text, at, end, quoted: true, inner: [], from: 0, to: text.length };
}

/** Whether a program looks at the exit code of the command line that a string is. */
function isCodeRead(code: HostCode, at: number): boolean {
  let open = code.parents[at] ?? -1;
  while (open >= 0 && code.callee(open) === '') open = code.parents[open] ?? -1;
  if (open < 0) return false;
  const last = lastName(code.callee(open));
  // It throws where the code is not 0.
  const isForgotten = last === 'exec' && code.elements(open).length === 1 && !isTaken(code, open);
  if (isForgotten) return false;
  if (/^(?:check_call|check_output|exec|execSync|execa\w*|execAsync|execPromise)$/.test(last)) return true;
  const close = code.closeOf(open);
  for (let inside = open; inside < close && inside < open + 200; inside++)
    if (code.text(inside) === 'check' && code.text(inside + 2) === 'True') return true;
  if (code.text(close + 1) === '.' && /^(?:returncode|status|exitCode)$/.test(code.text(close + 2))) return true;
  let start = open - 1;
  while (/^\??\.$/.test(code.text(start - 1))) start -= 2;
  const before = code.text(start - 1);
  const isItsValue = /^(?:system|call|getstatusoutput)$/.test(last);
  if (isItsValue) return /^(?:=|return|if|not|==|!=)$/.test(before);
  const name = before === '=' ? code.text(start - 2) : '';
  if (name === '') return false;
  for (let after = close; after < code.tokens.length && after < close + 120; after++)
    if (
      code.text(after) === name &&
      code.text(after + 1) === '.' &&
      /^(?:returncode|status|exitCode)$/.test(code.text(after + 2))
    )
      return true;
  return false;
}

/** Whether what a call gives back is used: `= exec(…)`, `return exec(…)`, `exec(…).then(…)`. */
function isTaken(code: HostCode, open: number): boolean {
  let start = open - 1;
  while (/^\??\.$/.test(code.text(start - 1))) start -= 2;
  return (
    /^(?:aw(?:ait)|=|return|=>|\(|,|\[|:)$/.test(code.text(start - 1)) || code.text(code.closeOf(open) + 1) === '.'
  );
}
