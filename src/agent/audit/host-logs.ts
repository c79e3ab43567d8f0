import { report, type Scene } from './finding.ts';
import type { HostCode } from './host-code.ts';
import { namesCompletion, namesLog } from './names.ts';

/** How far an expression is followed. */
const REACH = 24;
const READS = /^(?:read|read_text|readlines|readline|open|readFile|readFileSync|readLines)$/;
/** What looks for a word in a text. */
const LOOKS_JS = /^(?:includes|match|matchAll|search|indexOf|test|exec|endsWith|startsWith)$/;

/** Texts that were read from a log, and are then looked through for a word that tells of the end. */
export function judgeHostLogs(code: HostCode, scene: Scene): void {
  const logs = new Set<string>();
  for (let at = 0; at < code.tokens.length; at++) {
    const token = code.tokens[at];
    if (token?.kind === 'name') noteLog(code, at, logs);
    if (token?.kind !== 'string' && token?.kind !== 'regex') continue;
    if (namesCompletion(token.value?.text ?? token.text) && isLookedFor(code, at, logs))
      report(scene, 'log-grep', token.from, 'agentctl wait NAME');
  }
}

/** Notes the name of what was read from a log. */
function noteLog(code: HostCode, at: number, logs: Set<string>): void {
  const name = code.text(at);
  const [before, after] = [code.text(at - 1), code.text(at + 1)];
  if (after === '=') {
    // `text = open(log).read()`, `last = text.splitlines()[-1]`
    if (isLogRead(code, at + 2) || (logs.has(code.text(at + 2)) && code.text(at + 3) === '.')) logs.add(name);
  } else if (before === 'as') {
    // `with open(log) as file`
    if (isLogReadBefore(code, at - 1)) logs.add(name);
  } else if (before === 'for' && after === 'in') {
    // `for line in open(log)`
    if (isLogRead(code, at + 2) || logs.has(code.text(at + 2))) logs.add(name);
  }
}

function isLookedFor(code: HostCode, at: number, logs: ReadonlySet<string>): boolean {
  const isLog = (from: number): boolean => logs.has(code.text(from)) || isLogRead(code, from);
  // `lines[-1] == "DONE"`, `line.strip() === 'DONE'`
  if (/^[!=]==?$/.test(code.text(at - 1)))
    for (let back = at - 2; back > at - 10 && back >= 0; back--) {
      if (logs.has(code.text(back))) return true;
      if (code.tokens[back]?.isFirst || /^(?:and|or|&&|\|\||,|;)$/.test(code.text(back))) return false;
    }
  // `"DONE" in text`
  if (code.text(at + 1) === 'in') return isLog(at + 2);
  if (code.text(at + 1) === 'not' && code.text(at + 2) === 'in') return isLog(at + 3);
  // `/DONE/.test(text)`
  if (code.text(at + 1) === '.' && LOOKS_JS.test(code.text(at + 2))) return isLog(at + 4);
  // `re.search("DONE", text)`
  const open = code.parents[at] ?? -1;
  if (open < 0) return false;
  if (/^re\.(?:search|match|findall|fullmatch)$/.test(code.callee(open)) && code.text(at + 1) === ',')
    return isLog(at + 2);
  // `text.includes('DONE')`, `readFileSync(log, 'utf8').includes('DONE')`
  if (
    at !== open + 1 ||
    (!LOOKS_JS.test(code.text(open - 1)) && !/^(?:endswith|startswith|find|count)$/.test(code.text(open - 1)))
  )
    return false;
  let start = open - 2;
  if (!/^\??\.$/.test(code.text(start))) return false;
  for (start--; start > 0 && start > open - REACH && !code.tokens[start]?.isFirst; start--)
    if (
      logs.has(code.text(start)) ||
      (READS.test(code.text(start)) && code.text(start - 1) !== '.' && isLogRead(code, start)) ||
      (READS.test(code.text(start)) && isLogRead(code, start - 2))
    )
      return true;
  return logs.has(code.text(start));
}

/** Whether an expression reads a file whose name is that of a log. */
function isLogRead(code: HostCode, from: number): boolean {
  let reads = false;
  let names = false;
  for (let at = from; at < code.tokens.length && at < from + REACH; at++) {
    const token = code.tokens[at];
    if (
      !token ||
      (at > from && token.isFirst && !/^[.)]/.test(token.text)) ||
      /^(?::|;|and|or|&&|\|\|)$/.test(code.text(at))
    )
      break;
    if (READS.test(code.text(at))) reads = true;
    else if (token.kind === 'name' && token.text !== 'log' && namesLog(token.text)) names = true;
    else if (token.kind === 'name' && token.text === 'log' && code.text(at + 1) !== '(') names = true;
    else if (token.value && namesLog(token.value.text)) names = true;
  }
  return reads && names;
}

function isLogReadBefore(code: HostCode, as: number): boolean {
  let from = as;
  while (from > 0 && from > as - REACH && code.text(from - 1) !== 'with') from--;
  return code.text(from - 1) === 'with' && isLogRead(code, from);
}
