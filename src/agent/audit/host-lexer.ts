import { asItIs, HOLE, type Source, SourceBuilder } from './source.ts';

/** A token of Python or JavaScript; comments are none. */
export interface Token {
  kind: 'name' | 'number' | 'string' | 'punct' | 'regex';
  /** As it is written; a string's is in `value`. */
  text: string;
  /** A string's value, with a {@link HOLE} for each thing that is put in. */
  value: Source | undefined;
  from: number;
  to: number;
  /** Whether a line ends before it. */
  isFirst: boolean;
}

/** What a string has between its quotes, escapes and holes. */
const PLAIN = /[^"'`\\\n{}$]+/y;
const SPACE = 32;
const NEWLINE = 10;
const NAME = /[A-Za-z_$][\w$]*/y;
const NUMBER = /\d[\w.]*/y;
const PUNCT = /===|!==|==|!=|=>|\*\*|&&|\|\||\?\?|\+=|<=|>=|\.\.\.|:=|->|[^\s\w]/y;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };
/** Deeper than anybody nests templates in templates. */
const DEEPEST = 20;
/** What a regular expression may follow. */
const BEFORE_REGEX = /^(?:[(,=:[!&|?{};+\-*%<>~^]|=>|===|!==|==|!=|&&|\|\||\?\?|return|typeof|case|in|of)$/;

/**
 * Reads Python or JavaScript (TypeScript too) as tokens. It never fails; what is not closed ends with its line, or with the text.
 *
 * @param base - where the text begins in its file.
 * @returns the tokens, and those of each `${…}` in a template apart; their places are in the file.
 */
export function lexHost(text: string, language: 'python' | 'javascript', base: number): Token[][] {
  const lexer = new HostLexer(text, language === 'python', base);
  return [lexer.tokens(undefined), ...lexer.aside];
}

class HostLexer {
  readonly aside: Token[][] = [];
  readonly #text: string;
  readonly #isPython: boolean;
  readonly #base: number;
  #pos = 0;
  #depth = 0;
  /** No regular expression is closed on its line from here on. */
  #noRegexBefore = 0;

  constructor(text: string, isPython: boolean, base: number) {
    this.#base = base;
    this.#text = text;
    this.#isPython = isPython;
  }

  /** @param close - `}` in a template. */
  tokens(close: string | undefined): Token[] {
    const text = this.#text;
    const tokens: Token[] = [];
    let last: Token | undefined;
    let open = 0;
    let isFirst = true;
    while (this.#pos < text.length) {
      const code = text.charCodeAt(this.#pos);
      if (code <= SPACE) {
        if (code === NEWLINE) isFirst = true;
        this.#pos++;
        continue;
      }
      const char = text[this.#pos] ?? '';
      if ((char === '#' || char === '/' || char === '\\') && this.#skipComment(char)) continue;
      if (char === close && open === 0) {
        this.#pos++;
        break;
      }
      if (char === '{') open++;
      else if (char === '}') open--;
      last = this.#token(char, last, isFirst);
      tokens.push(last);
      isFirst = false;
    }
    return tokens;
  }

  #token(char: string, last: Token | undefined, isFirst: boolean): Token {
    const from = this.#pos;
    const finish = (kind: Token['kind'], text: string, value?: Source): Token => {
      return { kind, text, value, from: from + this.#base, to: this.#pos + this.#base, isFirst };
    };
    if (char >= '0' && char <= '9') return finish('number', this.#match(NUMBER) ?? '');
    const name = this.#match(NAME);
    const quote = name === undefined ? char : (this.#text[this.#pos] ?? '');
    if (name !== undefined) {
      const isPrefix = (quote === '"' || quote === "'") && this.#isPython && /^(?:[rbfut]|[rbft]{2})$/i.test(name);
      if (!isPrefix) return finish('name', name);
      const value = this.#string(quote, /[ft]/i.test(name), /r/i.test(name));
      return finish('string', this.#text.slice(from, from + 3), value);
    }
    if (char === '"' || char === "'") return finish('string', char, this.#string(char, false, false));
    if (char === '`' && !this.#isPython) return finish('string', char, this.#template());
    if (char === '/' && !this.#isPython && (last === undefined || BEFORE_REGEX.test(last.text))) {
      const regex = this.#regex();
      if (regex !== undefined) return finish('regex', regex);
    }
    return finish('punct', this.#match(PUNCT) ?? this.#text[this.#pos++] ?? '');
  }

  #string(quote: string, hasHoles: boolean, isRaw: boolean): Source {
    const text = this.#text;
    const isTriple = this.#isPython && text.startsWith(quote.repeat(3), this.#pos);
    const close = isTriple ? quote.repeat(3) : quote;
    this.#pos += close.length;
    const value = this.#value((at) => {
      const char = text[at] ?? '';
      if (char === quote && (!isTriple || text.startsWith(close, at))) return 'end';
      if (char === '\n') return isTriple ? undefined : 'end'; // never closed
      if (char === '\\') return isRaw ? 'pair' : 'escape';
      return hasHoles && (char === '{' || char === '}') ? char : undefined;
    });
    if (text.startsWith(close, this.#pos)) this.#pos += close.length;
    return value;
  }

  #template(): Source {
    const text = this.#text;
    this.#pos++;
    const value = this.#value((at) => {
      const char = text[at];
      if (char === '`') return 'end';
      if (char === '\\') return 'escape';
      return char === '$' && text[at + 1] === '{' ? '${' : undefined;
    });
    this.#pos = Math.min(this.#pos + 1, text.length);
    return value;
  }

  /**
   * A string's value, from behind its opening quote to its closing one.
   *
   * @param special - what a character is: undefined for one that stands for itself.
   */
  #value(special: (at: number) => 'end' | 'escape' | 'pair' | '{' | '}' | '${' | undefined): Source {
    const text = this.#text;
    const from = this.#pos;
    let built: SourceBuilder | undefined;
    let plain = from;
    const flush = (): SourceBuilder => {
      built ??= new SourceBuilder();
      if (plain < this.#pos) built.add(text.slice(plain, this.#pos), plain + this.#base);
      return built;
    };
    while (this.#pos < text.length) {
      if (this.#match(PLAIN) !== undefined) continue;
      const at = this.#pos;
      const what = special(at);
      if (what === 'end') break;
      if (what === undefined) {
        this.#pos++;
        continue;
      }
      const next = text[at + 1] ?? '';
      if (what === 'pair' || (what === 'escape' && !(next in ESCAPES || /[\\'"`$\n]/.test(next)))) {
        this.#pos += 2; // as it is written
        continue;
      }
      const into = flush();
      this.#pos += 2;
      if (what === 'escape') {
        if (next !== '\n') into.add(ESCAPES[next] ?? next, at + 1 + this.#base);
      } else if (what === '${') {
        into.add(HOLE, at + this.#base);
        this.#aside();
      } else if (next === what) into.add(what, at + this.#base);
      else {
        this.#pos = at;
        if (what === '{') this.#skipBraces();
        else this.#pos++;
        into.add(HOLE, at + this.#base);
      }
      plain = this.#pos;
    }
    this.#pos = Math.min(this.#pos, text.length);
    return built === undefined
      ? asItIs(text.slice(from, this.#pos), from + this.#base)
      : flush().build(this.#pos + this.#base);
  }

  /** The code in a template, from behind its `${`. */
  #aside(): void {
    if (this.#depth >= DEEPEST) return;
    this.#depth++;
    this.aside.push(this.tokens('}'));
    this.#depth--;
  }

  /** From a brace to behind the one that closes it. */
  #skipBraces(): void {
    let open = 0;
    for (; this.#pos < this.#text.length; this.#pos++) {
      const char = this.#text[this.#pos];
      if (char === '\n') return;
      if (char === '{') open++;
      else if (char === '}' && --open === 0) {
        this.#pos++;
        return;
      }
    }
  }

  #regex(): string | undefined {
    if (this.#pos < this.#noRegexBefore) return undefined;
    const text = this.#text;
    let inClass = false;
    let at = this.#pos + 1;
    for (; at < text.length && text[at] !== '\n'; at++) {
      const char = text[at];
      if (char === '\\') at++;
      else if (char === '[') inClass = true;
      else if (char === ']') inClass = false;
      else if (char === '/' && !inClass) {
        const regex = text.slice(this.#pos, at + 1);
        this.#pos = at + 1;
        return regex;
      }
    }
    this.#noRegexBefore = at;
    return undefined;
  }

  #skipComment(char: string): boolean {
    const next = this.#text[this.#pos + 1];
    if (
      this.#isPython
        ? char === '#'
        : (char === '/' && next === '/') || (char === '#' && next === '!' && this.#pos === 0)
    ) {
      this.#pos = orEnd(this.#text.indexOf('\n', this.#pos), this.#text);
      return true;
    }
    if (!this.#isPython && char === '/' && next === '*') {
      const end = this.#text.indexOf('*/', this.#pos + 2);
      this.#pos = end < 0 ? this.#text.length : end + 2;
      return true;
    }
    if (this.#isPython && char === '\\' && (next === '\n' || next === '\r')) {
      this.#pos += 2;
      return true;
    }
    return false;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#pos;
    if (!pattern.test(this.#text)) return undefined;
    const from = this.#pos;
    this.#pos = pattern.lastIndex;
    return this.#text.slice(from, this.#pos);
  }
}

function orEnd(index: number, text: string): number {
  return index < 0 ? text.length : index;
}
