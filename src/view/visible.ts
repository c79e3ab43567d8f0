/**
 * A text that came from anywhere, fit for a terminal: nothing in it can move a cursor, set a title or hide what follows.
 *
 * @example visible('a\x1b[31mb') // 'a\\x1b[31mb'
 */
export function visible(text: string): string {
  // Control characters of both sets, and those that reorder what is read (bidirectional overrides).
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (character) => {
    const code = character.charCodeAt(0);
    return code > 0xff ? `\\u${code.toString(16)}` : `\\x${code.toString(16).padStart(2, '0')}`;
  });
}
