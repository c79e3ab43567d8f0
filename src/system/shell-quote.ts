/**
 * Quotes a text so that any POSIX shell reads it back byte for byte.
 *
 * @example shellQuote("it's") // 'it'\''s'
 */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
