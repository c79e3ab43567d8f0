/**
 * A command line for people: words are quoted only where a shell would need it.
 *
 * @example commandLine(['sh', '-c', 'make test']) // "sh -c 'make test'"
 */
export function commandLine(words: readonly string[]): string {
  return words
    .map((word, at) =>
      (at === 0 ? /^[A-Za-z0-9_@%+:,./-]+$/ : /^[A-Za-z0-9_@%+=:,./-]+$/).test(word)
        ? word
        : `'${word.replaceAll("'", "'\\''")}'`,
    )
    .join(' ');
}
