import { type HostCode, hasPart, lastName } from './host-code.ts';

/** What becomes of a string or list: it is run, it is not, or that cannot be told from where it stands. */
export type Use = 'run' | 'perhaps' | 'spoken';

/** Callees that hand on what they get. */
const TRANSPARENT =
  /^(?:split|quote|join|format|dedent|strip|trim|String|str|list|tuple|raw|concat|encode|replace|rstrip|repr|f|filter|map)$/;
/** Words in the names of what runs a command … */
const RUNS = new Set(
  'run exec execute execa spawn system popen shell sh bash zsh call subprocess command cmd tmux getoutput getstatusoutput output ssh sudo process'.split(
    ' ',
  ),
);
/** … and of what only speaks of one, or compares it. */
const SPEAKS = new Set(
  'print println pprint log logger logging console warn warning error info debug trace echo exception raise throw fail panic fatal describe it test expect assert equal equals contain contains match includes index startswith endswith starts ends find search sub argument option help usage title prompt say notify message msg stdout stderr write secho style bold yellow green red cyan dim chalk which exists require import reject agentctl'.split(
    ' ',
  ),
);
const SPOKEN_KEYS =
  /^(?:help|description|desc|message|msg|hint|usage|title|text|label|error|note|reason|example|examples|docs?|summary|epilog|prompt|content|comment|remedy|fix|suggestion|details?|instructions?|pattern|regex|match|name|id)$/i;
const RUN_KEYS = /(?:command|cmd|script|shell|argv|exec)/i;
const COMPARES = /^(?:===?|!==?|in|is)$/;

/** How a token's value is used, judged by what stands around it. */
export function useOf(code: HostCode, at: number): Use {
  const { tokens, parents } = code;
  const token = tokens[at];
  const [before, after] = [code.text(at - 1), code.text(at + 1)];
  // A template with a tag: `$`, `sh`, `html`.
  const isTagged = token?.text.startsWith('`') && tokens[at - 1]?.kind === 'name' && tokens[at - 1]?.to === token.from;
  if (isTagged) return before === '$' || hasPart(before, RUNS) ? 'run' : before === 'raw' ? 'perhaps' : 'spoken';
  if (isAlone(code, at)) return 'spoken';
  const isC = code.text(at - 1) === ',' && /^-\w*c$/.test(code.string(at - 2) ?? '');
  // `["tmux", "kill-session"] in calls`
  if (/^[([{]$/.test(code.text(at)) && COMPARES.test(code.text(code.closeOf(at) + 1))) return 'spoken';
  if (COMPARES.test(before) || COMPARES.test(after) || before === 'case') return 'spoken';
  if (after === ':' && !/^[?:]$/.test(before) && parents[at] !== -1 && code.text(parents[at] ?? -1) === '{')
    return 'spoken';
  let inner = at;
  for (let level = 0; level < 8; level++) {
    const key = keyBefore(code, inner);
    if (key !== undefined) {
      if (
        SPOKEN_KEYS.test(lastName(key)) ||
        /(?:usage|help|hint|msg|message|prompt|text|desc|doc|template_name)$/i.test(key)
      )
        return 'spoken';
      if (RUN_KEYS.test(key)) return 'run';
    }
    const open = parents[inner] ?? -1;
    const close = open < 0 ? -1 : code.closeOf(open);
    if (open < 0 || code.text(open) === '{') return isC ? 'run' : 'perhaps';
    const callee = code.callee(open);
    if (callee === '' && (COMPARES.test(code.text(open - 1)) || COMPARES.test(code.text(close + 1)))) return 'spoken';
    if (callee !== '') {
      const last = lastName(callee);
      if (/(?:Error|Exception|Warning)$/.test(last)) return 'spoken';
      if (!TRANSPARENT.test(last)) {
        // A logger, or what a test expects; `console.log(…)`, `expect(run).toHaveBeenCalledWith(…)`.
        if (hasPart(last, SPEAKS) && !/^(?:check_output|exec\w*|spawn\w*|system|\w*run)$/.test(last)) return 'spoken';
        if (/^(?:log|logger|logging|console|print|click|chalk|re)\./i.test(callee)) return 'spoken';
        if (/^(?:to[A-Z]|assert|expect)/.test(last)) return 'spoken';
        return isC || hasPart(last, RUNS) || last === '$' || /^exec|^spawn/.test(last) ? 'run' : 'perhaps';
      }
    }
    inner = open;
    while (
      inner > 0 &&
      (code.tokens[inner - 1]?.kind === 'name' || code.text(inner - 1) === '.') &&
      !/^(?:return|aw(?:ait)|in|not|and|or|if)$/.test(code.text(inner - 1))
    )
      inner--;
  }
  return 'perhaps';
}

/** The name that a value is given: `name =`, `name:`, `"name":`, looked for before the value and what it is added to. */
function keyBefore(code: HostCode, at: number): string | undefined {
  const before = code.text(at - 1);
  if (!/^(?:=|:|\+=|:=)$/.test(before)) return undefined;
  const key = code.tokens[at - 2];
  if (key?.kind === 'name') {
    // `NAME: str = "…"`
    if (before === '=' && code.text(at - 3) === ':' && code.tokens[at - 4]?.kind === 'name') return code.text(at - 4);
    return key.text;
  }
  if (key?.kind === 'string') return key.value?.text;
  return undefined;
}

/** A statement of its own, as a docstring is. */
function isAlone(code: HostCode, at: number): boolean {
  const token = code.tokens[at];
  const next = code.tokens[at + 1];
  const isWhole = token?.isFirst === true && (next === undefined || next.isFirst);
  return isWhole && code.parents[at] === -1 && !/[=+,([]/.test(code.text(at - 1) || ' ');
}
