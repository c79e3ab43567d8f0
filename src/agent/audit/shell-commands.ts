import { lexShell, type ShellToken, type Word } from './shell-lexer.ts';
import type { Source } from './source.ts';

/** One simple command, and what decides whether its exit code is read. */
export interface ShellCommand {
  words: Word[];
  redirects: { operator: string; target: Word | undefined }[];
  heredocs: Source[];
  /** Those of one list run one after another. */
  list: number;
  /** What stands before and after it: `|`, `&&`, `||`, `;`, `&`, `\n`, or nothing. */
  before: string;
  after: string;
  /** It decides an `if`, or whether a loop goes on. */
  condition: 'if' | 'while' | undefined;
  negated: boolean;
  /** How many loops it stands in. */
  loops: number;
  /** The function that it stands in. */
  within: string | undefined;
  /** Whether its output is taken by another command, as in `$(…)`. */
  captured: boolean;
  /** Where it begins and ends in the text that was read. */
  from: number;
  to: number;
}

const OPENING = new Set(['if', 'elif', 'while', 'until', 'then', 'else', 'do', '{', '!', 'time']);
const CLOSING = new Set(['done', 'fi', 'esac', '}']);

/** The simple commands of a shell text, in their order; those in `$(…)` before the one that has them in a word. */
export function readShell(source: Source): ShellCommand[] {
  const reader = new CommandReader();
  reader.read(lexShell(source), false);
  return reader.commands;
}

class CommandReader {
  readonly commands: ShellCommand[] = [];
  #lists = 0;
  #loops = 0;
  #braces = 0;
  #functions: { name: string; braces: number }[] = [];

  read(tokens: readonly ShellToken[], captured: boolean): void {
    let list = ++this.#lists;
    const outer: number[] = [];
    let before = '';
    let condition: ShellCommand['condition'];
    let negated = false;
    let command: ShellCommand | undefined;

    const start = (from: number): ShellCommand => {
      const within = this.#functions.at(-1)?.name;
      const loops = this.#loops;
      // Written out: a spread for each command took a quarter of the time.
      // biome-ignore format: one field a line says no more
      return { words: [], redirects: [], heredocs: [], list, before, after: '', condition, negated, loops, within, captured, from, to: from };
    };
    const finish = (operator: string): void => {
      if (command && command.words.length + command.redirects.length > 0) {
        command.after = operator;
        this.commands.push(command);
      }
      // A line's end after an operator is nothing, and so is an empty line.
      if (command || operator !== '\n') before = operator;
      if (operator !== '|') negated = false;
      command = undefined;
    };

    for (let at = 0; at < tokens.length; at++) {
      const token = tokens[at];
      if (token === undefined) break;
      if (token.kind === 'word') {
        for (const inner of token.inner) this.#aside(() => this.read(inner, true));
        const keyword = command === undefined && !token.quoted ? token.text : '';
        if (OPENING.has(keyword)) {
          if (keyword === 'if' || keyword === 'elif') condition = 'if';
          else if (keyword === 'while' || keyword === 'until') condition = 'while';
          else if (keyword !== '!' && keyword !== 'time' && keyword !== '{') condition = undefined;
          if (keyword === 'do') this.#loops++;
          if (keyword === '{') this.#braces++;
          negated = keyword === '!';
          continue;
        }
        if (CLOSING.has(keyword)) {
          if (keyword === 'done') this.#loops = Math.max(0, this.#loops - 1);
          if (keyword === '}') {
            this.#closeBrace();
            this.#closeGroup(tokens, at);
          }
          before = ';';
          continue;
        }
        if (keyword === 'function') {
          const name = tokens[at + 1];
          if (name?.kind === 'word') {
            this.#functions.push({ name: name.text, braces: this.#braces });
            at += 1;
          }
          while (isOperator(tokens[at + 1], '(') || isOperator(tokens[at + 1], ')')) at++;
          continue;
        }
        command ??= start(token.from);
        command.words.push(token);
        command.to = token.to;
        continue;
      }
      const { text } = token;
      if (text === '(') {
        const last = command?.words.at(-1);
        if (command?.words.length === 1 && last && isOperator(tokens[at + 1], ')')) {
          this.#functions.push({ name: last.text, braces: this.#braces });
          command = undefined;
          at++;
        } else if (token.joined && last?.text.endsWith('=')) {
          at = this.#array(tokens, at + 1);
        } else {
          finish(before === '|' ? '|' : ';');
          outer.push(list);
          list = ++this.#lists;
        }
      } else if (text === ')') {
        finish(';');
        this.#closeGroup(tokens, at);
        list = outer.pop() ?? list;
      } else if (/[<>]/.test(text)) {
        command ??= start(token.from);
        // `2>` is no word and a number.
        const last = command.words.at(-1);
        if (token.joined && last && !last.quoted && /^\d+$/.test(last.text)) command.words.pop();
        const target = tokens[at + 1];
        if (token.heredoc) command.heredocs.push(token.heredoc);
        command.redirects.push({ operator: text, target: target?.kind === 'word' ? target : undefined });
        if (target?.kind === 'word') {
          for (const inner of target.inner) this.#aside(() => this.read(inner, true));
          command.to = target.to;
          at++;
        }
      } else finish(text);
    }
    finish('');
  }

  /** What stands in an array is a command that some line runs later. */
  #array(tokens: readonly ShellToken[], from: number): number {
    let at = from;
    const words: Word[] = [];
    for (; at < tokens.length && !isOperator(tokens[at], ')'); at++) {
      const token = tokens[at];
      if (token?.kind !== 'word') continue;
      for (const inner of token.inner) this.#aside(() => this.read(inner, true));
      words.push(token);
    }
    const [first, last] = [words[0], words.at(-1)];
    if (first && last) {
      this.commands.push({
        ...{ words, redirects: [], heredocs: [], list: ++this.#lists, before: '', after: '', condition: undefined },
        ...{ negated: false, loops: 0, within: this.#functions.at(-1)?.name, captured: false },
        ...{ from: first.from, to: last.to },
      });
    }
    return at;
  }

  /** A substitution is not part of the loops around it. */
  #aside(read: () => void): void {
    const loops = this.#loops;
    read();
    this.#loops = loops;
  }

  /** The exit code of `( … )` and `{ … }` is that of their last command. */
  #closeGroup(tokens: readonly ShellToken[], at: number): void {
    const last = this.commands.at(-1);
    const [next, then] = [tokens[at + 1], tokens[at + 2]];
    if (last?.after !== ';' || next?.kind !== 'operator' || !/^(?:&&|\|\||&)$/.test(next.text)) return;
    const isForgiven = next.text === '||' && then?.kind === 'word' && /^(?:true|:)$/.test(then.text);
    if (!isForgiven) last.after = next.text;
  }

  #closeBrace(): void {
    this.#braces = Math.max(0, this.#braces - 1);
    const last = this.#functions.at(-1);
    if (last && this.#braces <= last.braces) this.#functions.pop();
  }
}

function isOperator(token: ShellToken | undefined, text: string): boolean {
  return token?.kind === 'operator' && token.text === text;
}
