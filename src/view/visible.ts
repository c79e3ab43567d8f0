/**
 * What a terminal acts on, or nobody sees: control characters of both sets; line and paragraph separators; and format
 * characters, which reorder what is read (bidirectional overrides), take no room (zero-width ones) or say something in
 * secret (tags). Emoji that are joined to one by a zero-width joiner stay whole.
 */
const UNSEEN =
  /\p{Cc}|\p{Zl}|\p{Zp}|(?!(?<=\p{Extended_Pictographic}[\ufe0f\u{1f3fb}-\u{1f3ff}]?)\u200d(?=\p{Extended_Pictographic}))\p{Cf}/gu;

/**
 * A text that came from anywhere, fit for a terminal: nothing in it can move a cursor, set a title or hide what follows.
 *
 * @example visible('a\x1b[31mb') // 'a\\x1b[31mb'
 */
export function visible(text: string): string {
  return text.replace(UNSEEN, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xff ? escaped(character) : `\\x${code.toString(16).padStart(2, '0')}`;
  });
}

/** The same for JSON, which stays the same data: its own escapes cover the first of the two sets only. */
export function visibleJson(json: string): string {
  return json.replace(UNSEEN, escaped);
}

function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
