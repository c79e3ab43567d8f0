import { isLong, namesKept, namesStart, namesTimeGone, namesTimeout, type Unit, unitIn } from './durations.ts';
import { isFull, report, type Scene } from './finding.ts';
import { type HostCode, lastName } from './host-code.ts';
import { nameParts } from './names.ts';

/** A value that is longer than this is no number of seconds. */
const LONGEST_VALUE = 24;
/** Their `timeout` is in seconds. */
const IN_SECONDS = /^(?:run|call|check_call|check_output|communicate|Popen)$/;
/** Calls whose last argument is a time limit. */
const LIMITS = /^(?:timeout|wait_for|alarm|fail_after|move_on_after|withTimeout|with_timeout|waitFor|pTimeout)$/;
const CLOCK = /^(?:now|utcnow|time|monotonic|perf_counter|current|currentTime|current_time)$/;
const ENDS_WORK = /^(?:kill\w*|abort\w*|terminate\w*|stop\w*|reject|cancel\w*)$/i;

/** Time limits of 4 hours and more, by the name that they are given or by the call that they are handed to. */
export function judgeHostTimeouts(code: HostCode, scene: Scene): void {
  const usual: Unit = scene.language === 'python' ? 'seconds?' : 'milliseconds?';
  for (let at = 0; at < code.tokens.length && !isFull(scene); at++) {
    const token = code.tokens[at];
    if (!token) continue;
    const name =
      token.kind === 'name' ? token.text : token.value && token.value.text.length < 60 ? token.value.text : '';
    if (name === '') continue;
    const value = valueAfter(code, at);
    if (value !== undefined) {
      if (!namesTimeout(name) || isKept(code, at)) continue;
      const callee = lastName(code.callee(code.parents[at] ?? -1));
      const otherwise =
        name === 'timeout' && scene.language === 'python' && IN_SECONDS.test(callee) ? 'seconds' : usual;
      if (!hasLongValue(code, value, unitIn(name, otherwise))) continue;
      report(scene, 'long-timeout', token.from, '--max-runtime 1h');
      at = value.to - 1; // `timeout = options.timeout ?? 86400` is one
    } else if (token.value) {
      const fallback = defaultOf(code, at, name);
      if (fallback && hasLongValue(code, fallback, unitIn(name, usual)))
        report(scene, 'long-timeout', token.from, '--max-runtime 1h');
    } else if (token.kind === 'name' && code.text(at + 1) === '(') {
      if (isLimit(code, at) && hasLongValue(code, lastArgument(code, at + 1), unitIn(name, usual)))
        report(scene, 'long-timeout', token.from, '--max-runtime 1h');
    } else {
      const sign = comparisonAfter(code, at, name);
      if (sign === undefined) continue;
      const from = sign + (code.text(sign + 1) === '=' ? 2 : 1);
      if (hasLongValue(code, { from, to: Math.min(from + 6, endOfLine(code, from)) }, unitIn(name, usual)))
        report(scene, 'long-timeout', token.from, '--max-runtime 1h');
    }
  }
}

/** The value that an option or a variable of the environment has where none is given. */
function defaultOf(code: HostCode, at: number, text: string): { from: number; to: number } | undefined {
  const open = code.parents[at] ?? -1;
  const last = lastName(code.callee(open));
  const name = /^(?:-\w, ?)?-{0,2}([\w-]+)/.exec(text)?.[1] ?? '';
  if (!/^(?:add_argument|add_option|option|Option|get|getenv|setdefault)$/.test(last) || !namesTimeout(name))
    return undefined;
  const elements = code.elements(open);
  // `os.environ.get("TIMEOUT", 86400)`, commander's `.option('--timeout <s>', 'seconds', '86400')`
  const place = /^(?:get|set)/.test(last)
    ? elements[1]
    : text.startsWith('-') && elements.length > 2
      ? elements[2]
      : undefined;
  if (place?.from === place?.to && place) return { from: place.from, to: place.to + 1 };
  if (/^(?:get|set)/.test(last)) return place && { from: place.from, to: place.to + 1 };
  // `add_argument("--timeout", default=86400)`, `.option('timeout', { default: 86400 })`
  const close = Math.min(code.closeOf(open), open + 60);
  for (let inside = open + 1; inside < close; inside++)
    if (code.text(inside) === 'default' && /^[=:]$/.test(code.text(inside + 1))) return valueAfter(code, inside);
  return undefined;
}

/** Where `elapsed > …` or `time.time() - started > …` has its sign; undefined for what is no such thing. */
function comparisonAfter(code: HostCode, at: number, name: string): number | undefined {
  let sign = at + 1;
  if (namesStart(name)) {
    let begin = at;
    while (code.text(begin - 1) === '.' && code.tokens[begin - 2]?.kind === 'name') begin -= 2;
    if (code.text(begin - 1) !== '-' || namesKept(name)) return undefined;
    const isSinceNow = [2, 3, 4, 5].some((back) => CLOCK.test(code.text(begin - back)));
    if (!isSinceNow) return undefined;
    if (code.text(sign) === ')') sign++;
    if (code.text(sign) === '.' && code.text(sign + 1) === 'total_seconds') sign += 4;
  } else if (code.tokens[at]?.kind !== 'name' || !namesTimeGone(name)) return undefined;
  return /^(?:>=?|<=?)$/.test(code.text(sign)) ? sign : undefined;
}

/** What stands behind `name =`, `name:`, `name: number =`, `"name":`. */
function valueAfter(code: HostCode, at: number): { from: number; to: number } | undefined {
  let sign = at + 1;
  if (code.text(at - 1) === 'type') return undefined; // `type Timeout = '24h' | '1h'`
  // `os.environ["TIMEOUT"] = "86400"`
  const isItem = code.tokens[at]?.value !== undefined && code.text(sign) === ']' && code.text(sign + 1) === '=';
  if (isItem) sign++;
  if (code.text(sign) === '?') sign++;
  // `TIMEOUT: int = 86400`, `timeout: Final[int] = 86400`, `const timeout: number = …`
  if (code.text(sign) === ':' && code.tokens[sign + 1]?.kind === 'name') {
    const equals =
      code.text(sign + 2) === '=' ? sign + 2 : code.text(sign + 2) === '[' ? code.closeOf(sign + 2) + 1 : -1;
    if (code.text(equals) === '=') sign = equals;
  }
  if (!/^(?:=|:|:=|\?\?=?|\|\||or)$/.test(code.text(sign))) return undefined;
  if (code.tokens[at]?.value && code.text(sign) === '=' && !isItem) return undefined;
  const own = code.parents[at] ?? -1;
  const parent = isItem ? code.parents[own] : own;
  let to = sign + 1;
  for (; to < code.tokens.length && to < sign + 1 + LONGEST_VALUE; to++) {
    const text = code.text(to);
    if (code.parents[to] === parent && /^(?:,|;)$/.test(text)) break;
    if (/^[)\]}]$/.test(text) && code.parents[to] !== undefined && (code.parents[to] ?? -1) < (parent ?? -1)) break;
    if (to > sign + 1 && code.tokens[to]?.isFirst && code.parents[to] === parent && !/^[*+]|^\?\?|^\|\|$/.test(text))
      break;
  }
  return { from: sign + 1, to };
}

/** `wait_for(agent, 86400)`, `Timeout(hours=24)`, and a timer of JavaScript's whose end ends something. */
function isLimit(code: HostCode, at: number): boolean {
  const name = code.text(at);
  if (!/time|wait|alarm|after|move_on/i.test(name) || /^(?:def|function|as(?:ync))$/.test(code.text(at - 1)))
    return false;
  if (/^set(?:Timeout)$/.test(name)) {
    const close = Math.min(code.closeOf(at + 1), at + 200);
    for (let inside = at + 2; inside < close; inside++) if (ENDS_WORK.test(code.text(inside))) return true;
    return false;
  }
  return (LIMITS.test(name) || /^(?:set_?)?[A-Za-z]*timeout$/i.test(name)) && !isKept(code, at);
}

function lastArgument(code: HostCode, open: number): { from: number; to: number } {
  const last = code.elements(open).at(-1);
  // `timeout=…` is looked at by its own name.
  const isNamed = last && code.text(last.from + 1) === '=' && namesTimeout(code.text(last.from));
  return last && !isNamed
    ? { from: last.from, to: Math.min(last.to + 1, last.from + LONGEST_VALUE) }
    : { from: open, to: open };
}

/** Whether a value has a number in it, or a product of some, that is 4 hours or more. */
function hasLongValue(code: HostCode, { from, to }: { from: number; to: number }, unit: Unit): boolean {
  for (let at = from; at < to; at++) {
    const token = code.tokens[at];
    if (token?.kind === 'string' && isLong(token.value?.text ?? '', unit)) return true;
    const isFactor =
      token?.kind === 'number' || (token?.kind === 'name' && (code.text(at + 1) === '*' || isUnitName(token.text)));
    if (!isFactor) continue;
    let text = token.text;
    let end = at;
    while (code.text(end + 1) === '*' && /^(?:number|name)$/.test(code.tokens[end + 2]?.kind ?? '') && end < at + 12) {
      text += `*${code.text(end + 2)}`;
      end += 2;
    }
    if (
      isLong(
        text.replaceAll('n', (letter, index) => (/\d$/.test(text.slice(0, index)) ? '' : letter)),
        namedUnit(code, at) ?? unit,
      )
    )
      return true;
    at = end;
  }
  return false;
}

/** `hours=24`, `hours: 24`, `ofHours(24)`. */
function namedUnit(code: HostCode, at: number): Unit | undefined {
  if (!/^[=:(]$/.test(code.text(at - 1))) return undefined;
  if (code.text(at - 1) === '(' && code.text(at - 2) === 'timedelta') return 'days';
  const name = nameParts(code.text(at - 2)).at(-1) ?? '';
  return /^(?:millisecond|second|minute|hour|day)s?$/.test(name) ? unitIn(name, 'seconds') : undefined;
}

/** `DAY`, `ONE_DAY_MS`: a day without a number. */
function isUnitName(name: string): boolean {
  return /^(?:ONE_)?(?:DAY|WEEK)(?:_IN)?(?:_(?:MS|S|SECONDS))?$/i.test(name);
}

/** Whether what stands around it is about a cache, a token or the like: `cache.set(key, value, timeout=86400)`. */
function isKept(code: HostCode, at: number): boolean {
  let inner = at;
  for (let level = 0; level < 5; level++) {
    const open = code.parents[inner] ?? -1;
    if (open < 0) return false;
    for (let before = open - 1; before >= Math.max(0, open - 6); before--) {
      if (namesKept(code.text(before) || (code.string(before) ?? '').slice(0, 60))) return true;
      if (code.tokens[before]?.isFirst) break;
    }
    if (namesKept(code.callee(open))) return true;
    inner = open;
    if (code.text(open) === '{' && !/^[:=(,[]$/.test(code.text(open - 1))) return false;
  }
  return false;
}

function endOfLine(code: HostCode, from: number): number {
  let to = from;
  while (to < code.tokens.length && to < from + 20 && !(to > from && code.tokens[to]?.isFirst)) to++;
  return to;
}
