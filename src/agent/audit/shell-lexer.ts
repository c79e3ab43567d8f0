import { part, placeOf, type Source, SourceBuilder } from './source.ts';

/** A word of a shell command, without its quotes. What the shell puts in stays as it is written: `$name`, `$(date)`. */
export interface Word extends Source {
  kind: 'word';
  /** Whether part of it was quoted: then it is neither a keyword nor an operator. */
  quoted: boolean;
  /** What it runs: the tokens of each `$(…)`, backquote and `<(…)`. */
  inner: ShellToken[][];
  /** Where it begins and ends in the text that is read. */
  from: number;
  to: number;
}

export interface Operator {
  kind: 'operator';
  /** `;` also for `;;` and a line's end is `\n`; `|` also for `|&`. */
  text: string;
  /** Whether it follows a word without a blank: `a=(`, `name()`, `2>`. */
  joined: boolean;
  /** What a `<<` reads. */
  heredoc: Source | undefined;
  from: number;
}

export type ShellToken = Word | Operator;

/** Deeper than anybody nests; beyond it, a substitution is read as text. */
const DEEPEST = 8;
const REDIRECT = /(?:&>>?|<<<|<<-?|<>|<&|>>|>&|>\||<|>)/y;
const PLAIN = /[^\s;&|()<>'"`$\\]+/y;
const ENDS_WORD = new Set(' \t\r\n;&|()<>');
const IN_QUOTES = /[^"`$\\]+/y;

/**
 * Reads a text of POSIX sh or bash as words and operators. It never fails and never goes back, so that it is linear: what is not
 * closed ends with the text.
 */
export function lexShell(source: Source): ShellToken[] {
  return new ShellLexer(source).list(false);
}

class ShellLexer {
  readonly #source: Source;
  readonly #text: string;
  #pos = 0;
  #depth = 0;
  #heredocs: { operator: Operator; end: string }[] = [];

  constructor(source: Source) {
    this.#source = source;
    this.#text = source.text;
  }

  /** @param closes - whether a parenthesis that was not opened in it ends it. */
  list(closes: boolean): ShellToken[] {
    const text = this.#text;
    const tokens: ShellToken[] = [];
    let open = 0;
    let wordEnd = -1;
    const operator = (name: string, length: number): Operator => {
      const token: Operator = {
        kind: 'operator',
        text: name,
        joined: wordEnd === this.#pos,
        heredoc: undefined,
        from: this.#pos,
      };
      this.#pos += length;
      tokens.push(token);
      return token;
    };
    while (this.#pos < text.length) {
      const char = text[this.#pos] ?? '';
      const next = text[this.#pos + 1];
      if (char === ' ' || char === '\t' || char === '\r') this.#pos++;
      else if (char === '\\' && next === '\n') this.#pos += 2;
      else if (char === '\\' && next === '\r' && text[this.#pos + 2] === '\n') this.#pos += 3;
      else if (char === '\n') {
        operator('\n', 1);
        this.#readHeredocs();
      } else if (char === '#') this.#pos = orEnd(text.indexOf('\n', this.#pos), text);
      else if (char === ';') operator(';', next === ';' ? 2 : 1);
      else if (char === '|') operator(next === '|' ? '||' : '|', next === '|' || next === '&' ? 2 : 1);
      else if (char === '&' && next !== '>') operator(next === '&' ? '&&' : '&', next === '&' ? 2 : 1);
      else if (char === '(' && next === '(') {
        const from = this.#pos;
        this.#pos += 2;
        this.#skipArithmetic();
        const { text: sum, at, end } = part(this.#source, from, this.#pos);
        tokens.push({ kind: 'word', text: sum, at, end, quoted: true, inner: [], from, to: this.#pos });
      } else if (char === '(') {
        open++;
        operator('(', 1);
      } else if (char === ')') {
        if (closes && open === 0) {
          this.#pos++;
          return tokens;
        }
        open = Math.max(0, open - 1);
        operator(')', 1);
      } else if ((char === '<' || char === '>') && next === '(') {
        const from = this.#pos;
        this.#pos += 2;
        const inner = this.#nested();
        tokens.push({ kind: 'word', ...part(this.#source, from, this.#pos), quoted: true, inner, from, to: this.#pos });
      } else if (char === '<' || char === '>' || char === '&') {
        REDIRECT.lastIndex = this.#pos;
        const name = REDIRECT.exec(text)?.[0] ?? char;
        const token = operator(name, name.length);
        if (name === '<<' || name === '<<-') this.#heredocAfter(token);
      } else {
        const word = this.#word();
        tokens.push(word);
        wordEnd = word.to;
      }
    }
    return tokens;
  }

  #word(): Word {
    const text = this.#text;
    const from = this.#pos;
    PLAIN.lastIndex = from;
    // Most words are nothing but plain characters, and need no builder.
    if (PLAIN.test(text) && (PLAIN.lastIndex === text.length || ENDS_WORD.has(text[PLAIN.lastIndex] ?? ''))) {
      this.#pos = PLAIN.lastIndex;
      const { text: plain, at, end } = part(this.#source, from, this.#pos);
      return { kind: 'word', text: plain, at, end, quoted: false, inner: [], from, to: this.#pos };
    }
    const built = new SourceBuilder();
    const inner: ShellToken[][] = [];
    let quoted = false;
    while (this.#pos < text.length) {
      const char = text[this.#pos] ?? '';
      if (char === "'") {
        quoted = true;
        const end = orEnd(text.indexOf("'", this.#pos + 1), text);
        this.#add(built, this.#pos + 1, end);
        this.#pos = end + 1;
      } else if (char === '"') {
        quoted = true;
        this.#pos++;
        this.#inQuotes(built, inner);
      } else if (char === '\\') {
        quoted = true;
        if (text[this.#pos + 1] !== '\n') this.#add(built, this.#pos + 1, this.#pos + 2);
        this.#pos += 2;
      } else if (char === '$' || char === '`') this.#expansion(built, inner);
      else {
        PLAIN.lastIndex = this.#pos;
        const plain = PLAIN.exec(text)?.[0];
        if (plain === undefined) break;
        this.#add(built, this.#pos, this.#pos + plain.length);
        this.#pos += plain.length;
      }
    }
    if (this.#pos === from) this.#pos++; // white space that is no blank: never stand still
    this.#pos = Math.min(this.#pos, text.length);
    const { text: value, at, end } = built.build(placeOf(this.#source, this.#pos));
    return { kind: 'word', text: value, at, end, quoted, inner, from, to: this.#pos };
  }

  /** From behind the opening quote to behind the closing one. */
  #inQuotes(built: SourceBuilder, inner: ShellToken[][]): void {
    const text = this.#text;
    while (this.#pos < text.length) {
      const char = text[this.#pos];
      if (char === '"') {
        this.#pos++;
        return;
      }
      if (char === '\\') {
        const next = text[this.#pos + 1] ?? '';
        const isEscape = '"\\$`\n'.includes(next);
        if (next !== '\n') this.#add(built, this.#pos + (isEscape ? 1 : 0), this.#pos + 2);
        this.#pos += 2;
      } else if (char === '$' || char === '`') this.#expansion(built, inner);
      else {
        IN_QUOTES.lastIndex = this.#pos;
        const { length } = IN_QUOTES.exec(text)?.[0] ?? ' ';
        this.#add(built, this.#pos, this.#pos + length);
        this.#pos += length;
      }
    }
  }

  /** A `$…` or a backquote: as it is written, and what it runs. */
  #expansion(built: SourceBuilder, inner: ShellToken[][]): void {
    const text = this.#text;
    const from = this.#pos;
    const next = text[from + 1];
    if (text[from] === '`') {
      let end = from + 1;
      while (end < text.length && text[end] !== '`') end += text[end] === '\\' ? 2 : 1;
      if (this.#depth < DEEPEST) inner.push(lexShell(part(this.#source, from + 1, Math.min(end, text.length))));
      this.#pos = end + 1;
    } else if (next === '(' && text[from + 2] === '(') {
      this.#pos += 3;
      this.#skipArithmetic();
    } else if (next === '(' && this.#depth < DEEPEST) {
      this.#pos += 2;
      inner.push(...this.#nested());
    } else if (next === '{') this.#skipBraces();
    else if (next === "'") {
      let end = from + 2;
      while (end < text.length && text[end] !== "'") end += text[end] === '\\' ? 2 : 1;
      this.#add(built, from + 2, Math.min(end, text.length));
      this.#pos = end + 1;
      return;
    } else {
      this.#pos += next === undefined || /[\s"'`]/.test(next) ? 1 : 2;
    }
    this.#pos = Math.min(this.#pos, text.length);
    this.#add(built, from, this.#pos);
  }

  #nested(): ShellToken[][] {
    this.#depth++;
    const tokens = this.list(true);
    this.#depth--;
    return [tokens];
  }

  /** From behind the opening parentheses of `((` to behind the closing ones. */
  #skipArithmetic(): void {
    for (let open = 2; this.#pos < this.#text.length && open > 0; this.#pos++) {
      const char = this.#text[this.#pos];
      if (char === '(') open++;
      else if (char === ')') open--;
    }
  }

  #skipBraces(): void {
    let open = 0;
    for (; this.#pos < this.#text.length; this.#pos++) {
      const char = this.#text[this.#pos];
      if (char === '\\') this.#pos++;
      else if (char === '{') open++;
      else if (char === '}' && --open === 0) {
        this.#pos++;
        return;
      } else if (char === '\n' && open === 0) return;
    }
  }

  #heredocAfter(operator: Operator): void {
    const match = /^[ \t]*(['"]?)([\w.!@%+-]+)\1/.exec(this.#text.slice(this.#pos, this.#pos + 100));
    if (match?.[2]) this.#heredocs.push({ operator, end: match[2] });
  }

  /** At the begin of the line after the one that has the `<<`. */
  #readHeredocs(): void {
    for (const { operator, end } of this.#heredocs.splice(0)) {
      const from = this.#pos;
      let to = this.#text.length;
      while (this.#pos < this.#text.length) {
        const lineEnd = orEnd(this.#text.indexOf('\n', this.#pos), this.#text);
        const line = this.#text.slice(this.#pos, lineEnd).trim();
        if (line === end) to = this.#pos;
        this.#pos = lineEnd + 1;
        if (line === end) break;
      }
      this.#pos = Math.min(this.#pos, this.#text.length);
      operator.heredoc = part(this.#source, from, to);
    }
  }

  #add(built: SourceBuilder, from: number, to: number): void {
    built.addSource(part(this.#source, from, Math.min(to, this.#text.length)));
  }
}

function orEnd(index: number, text: string): number {
  return index < 0 ? text.length : index;
}
