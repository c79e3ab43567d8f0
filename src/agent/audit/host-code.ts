import { lexHost, type Token } from './host-lexer.ts';
import { nameParts } from './names.ts';
import { HOLE, SourceBuilder } from './source.ts';

/** Tokens with their brackets, and what can be asked of them. */
export class HostCode {
  readonly tokens: readonly Token[];
  /** The bracket around each token; -1 for none. */
  readonly parents: readonly number[];
  /** Where each opening bracket is closed. */
  readonly #closes: ReadonlyMap<number, number>;

  constructor(tokens: readonly Token[], isPython: boolean) {
    this.tokens = joinStrings(tokens, isPython);
    const parents: number[] = [];
    const closes = new Map<number, number>();
    const open: number[] = [];
    for (const [at, { kind, text }] of this.tokens.entries()) {
      if (kind === 'punct' && (text === ')' || text === ']' || text === '}')) {
        const begin = open.pop();
        if (begin !== undefined) closes.set(begin, at);
      }
      parents.push(open.at(-1) ?? -1);
      if (kind === 'punct' && (text === '(' || text === '[' || text === '{')) open.push(at);
    }
    this.parents = parents;
    this.#closes = closes;
  }

  text(at: number): string {
    const token = this.tokens[at];
    return token === undefined || token.kind === 'string' ? '' : token.text;
  }

  string(at: number): string | undefined {
    return this.tokens[at]?.value?.text;
  }

  closeOf(open: number): number {
    return this.#closes.get(open) ?? this.tokens.length;
  }

  /** The name before a call's parenthesis, `subprocess.run`; empty where it is none. */
  callee(open: number): string {
    if (this.text(open) !== '(') return '';
    const names: string[] = [];
    for (let at = open - 1; at >= 0 && names.length < 6; at -= 2) {
      const token = this.tokens[at];
      if (token?.kind !== 'name') break;
      names.unshift(token.text);
      if (!/^\??\.$/.test(this.text(at - 1))) break;
    }
    return /^(?:if|while|for|return|in|and|or|not|aw(?:ait)|switch|catch|elif|assert|yield|function)$/.test(
      names.at(-1) ?? '',
    )
      ? names.at(-1) === 'assert'
        ? 'assert'
        : ''
      : names.join('.');
  }

  /** The arguments or elements between a bracket and its end: the first and the last token of each. */
  elements(open: number): { from: number; to: number }[] {
    const close = this.closeOf(open);
    const found: { from: number; to: number }[] = [];
    let from = open + 1;
    for (let at = from; at <= close && at <= this.tokens.length; at++) {
      const isEnd = at === close || (this.parents[at] === open && this.text(at) === ',');
      if (isEnd) {
        if (at > from) found.push({ from, to: at - 1 });
        from = at + 1;
      } else if (this.parents[at] === open && /^[([{]$/.test(this.text(at))) at = this.closeOf(at);
    }
    return found;
  }
}

/** The code of a text, and of each `${…}` in its templates. */
export function readHost(text: string, language: 'python' | 'javascript', base: number): HostCode[] {
  return lexHost(text, language, base).map((tokens) => new HostCode(tokens, language === 'python'));
}

/** The last part of a callee. */
export function lastName(callee: string): string {
  return callee.slice(callee.lastIndexOf('.') + 1);
}

/** Whether one of a name's words is in a set. */
export function hasPart(name: string, words: ReadonlySet<string>): boolean {
  return nameParts(name).some((word) => words.has(word));
}

/** Strings that stand side by side in Python, or with a plus between them, are one; a name added to one is a hole in it. */
function joinStrings(tokens: readonly Token[], isPython: boolean): Token[] {
  const joined: Token[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (token?.kind !== 'string' || token.value === undefined) {
      if (token) joined.push(token);
      continue;
    }
    const built = new SourceBuilder();
    built.addSource(token.value);
    let end = token;
    let count = 1;
    for (;;) {
      const next = tokens[at + 1];
      const added = tokens[at + 2];
      if (isPython && next?.kind === 'string' && next.value && !(next.isFirst && isStatement(tokens, at))) {
        built.addSource(next.value);
        end = next;
        at += 1;
      } else if (next?.kind === 'punct' && next.text === '+' && added?.kind === 'string' && added.value) {
        built.addSource(added.value);
        end = added;
        at += 2;
      } else if (next?.kind === 'punct' && next.text === '+' && added?.kind === 'name') {
        built.add(HOLE, added.from);
        end = added;
        at += 2;
        while (tokens[at + 1]?.text === '.' && tokens[at + 2]?.kind === 'name') {
          end = tokens[at + 2] ?? end;
          at += 2;
        }
        if (tokens[at + 1]?.text === '(') at = endOfCall(tokens, at + 1);
        end = tokens[at] ?? end;
      } else break;
      count++;
    }
    joined.push(count === 1 ? token : { ...token, value: built.build(end.to), to: end.to });
  }
  return joined;
}

/** Whether a string stands alone, as a docstring does. */
function isStatement(tokens: readonly Token[], at: number): boolean {
  return tokens[at]?.isFirst === true && !/^[([{,=]$/.test(tokens[at - 1]?.text ?? '');
}

function endOfCall(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length && at < open + 60; at++) {
    const { kind, text } = tokens[at] ?? { kind: 'punct', text: '' };
    if (kind === 'punct' && /^[([{]$/.test(text)) depth++;
    if (kind === 'punct' && /^[)\]}]$/.test(text) && --depth === 0) return at;
  }
  return open - 1;
}
