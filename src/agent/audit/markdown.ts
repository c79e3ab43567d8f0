import type { Language } from './finding.ts';
import { part, placeOf, type Source, SourceBuilder } from './source.ts';

/** A fenced block of code. */
export interface Fence {
  language: Language;
  code: Source;
  /** Whether its first line says what it is. */
  isNamed: boolean;
}

const LANGUAGES: Readonly<Record<string, Language>> = {
  ...{ sh: 'shell', bash: 'shell', shell: 'shell', zsh: 'shell', ksh: 'shell', console: 'shell', terminal: 'shell' },
  ...{ 'shell-session': 'shell', shellsession: 'shell', shellscript: 'shell', 'sh-session': 'shell' },
  ...{ python: 'python', py: 'python', python3: 'python' },
  ...{ js: 'javascript', javascript: 'javascript', ts: 'javascript', typescript: 'javascript', mjs: 'javascript' },
  ...{ jsx: 'javascript', tsx: 'javascript', node: 'javascript', make: 'make', makefile: 'make', '': 'shell' },
};

interface Opened {
  mark: string;
  info: string;
  from: number;
  /** Whether it stands in a quotation: `> `. */
  isQuoted: boolean;
}

/** `$ `, `user@host:~$ `, `[user@host dir]# `, `(venv) $ `. */
const PROMPT = /^[ \t]*(?:\([\w.-]+\) ?)?(?:[$%#]|\[?[\w.-]+@[\w.-]+[: ]?[^\s$#%]*[$#%]) /;

/** The fenced blocks of a Markdown text that are in a language which is read. */
export function fencesOf(source: Source): Fence[] {
  const { text } = source;
  const fences: Fence[] = [];
  let open: Opened | undefined;
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf('\n', from);
    const to = end < 0 ? text.length : end;
    const line = text.slice(from, Math.min(to, from + 200));
    const [, mark = '', info = ''] =
      /^[ \t>]*(?:[-*+] +|\d+[.)] +)?(`{3,}|~{3,})[ \t]*([^`]*)$/.exec(line.replace(/\r$/, '')) ?? [];
    if (open === undefined) {
      if (mark !== '') open = { mark, info, from: to + 1, isQuoted: /^[ \t]*>/.test(line) };
    } else if (mark.startsWith(open.mark) && info.trim() === '') {
      add(fences, source, open, from);
      open = undefined;
    }
    from = to + 1;
  }
  if (open) add(fences, source, open, text.length);
  return fences;
}

function add(fences: Fence[], source: Source, { info, from, isQuoted }: Opened, to: number): void {
  const name = /^[{.]*([\w+-]*)/.exec(info.trim())?.[1]?.toLowerCase() ?? '';
  const language = Object.hasOwn(LANGUAGES, name) ? LANGUAGES[name] : undefined;
  if (language === undefined || from >= to) return;
  const written = part(source, from, to);
  const code = isQuoted ? unquoted(written) : written;
  fences.push({ language, code: language === 'shell' ? typedIn(code) : code, isNamed: name !== '' });
}

/** Where lines begin with a prompt, these are what was typed, and the others what was printed. */
function typedIn(code: Source): Source {
  const { text } = code;
  // A `#` alone begins a comment.
  if (!text.split('\n').some((line) => !/^[ \t]*#/.test(line) && PROMPT.test(line.slice(0, 200)))) return code;
  const built = new SourceBuilder();
  let goesOn = false;
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf('\n', from);
    const to = end < 0 ? text.length : end;
    const line = text.slice(from, to);
    const prompt = PROMPT.exec(line.slice(0, 200))?.[0];
    if (prompt !== undefined || goesOn) {
      built.addSource(part(code, from + (prompt?.length ?? 0), to));
      built.add('\n', placeOf(code, to));
      goesOn = line.endsWith('\\');
    }
    from = to + 1;
  }
  return built.build(code.end);
}

/** The lines of a quotation without the mark before each. */
function unquoted(code: Source): Source {
  const { text } = code;
  const built = new SourceBuilder();
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf('\n', from);
    const next = end < 0 ? text.length : end + 1;
    const mark = /^[ \t]*(?:>[ \t]?)*/.exec(text.slice(from, Math.min(next, from + 100)))?.[0].length ?? 0;
    built.addSource(part(code, from + mark, next));
    from = next;
  }
  return built.build(code.end);
}
