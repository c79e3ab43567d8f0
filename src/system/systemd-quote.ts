/** What nobody reads otherwise; units are for people too. */
const PLAIN = /^[\w@+:,./=-]+$/;

/**
 * Quotes a text as one word of a unit's setting (systemd.syntax(7)): quotes, backslashes and control characters by C's
 * escapes, `%` doubled, since it begins a specifier everywhere.
 *
 * @example systemdQuote('/home/a b/100%') // '"/home/a b/100%%"'
 */
export function systemdQuote(text: string): string {
  if (PLAIN.test(text)) return text;
  const escaped = text
    .replace(/[\\"]/g, '\\$&')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped
    .replace(/[\x00-\x1f\x7f]/g, (sign) => `\\x${sign.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `"${specifiersEscaped(escaped)}"`;
}

/** A text that stands in a unit as it is, unquoted, as Description= and ConditionPathExists= have it. */
export function specifiersEscaped(text: string): string {
  return text.replaceAll('%', '%%');
}

/** What systemd takes for the path of a program: it refuses quotes and backslashes there, and reads no `$$`. */
const PLAIN_PROGRAM = /^\/[^"'\\$\p{Cc}]*$/u;

/**
 * A command line for ExecStart= (systemd.service(5)): like {@link systemdQuote}, and `$` doubled, which begins a variable
 * there. A program whose path systemd would not take is started by a shell.
 *
 * @example execLine(['/usr/bin/node', '/opt/my app/agentctl']) // '/usr/bin/node "/opt/my app/agentctl"'
 */
export function execLine(argv: readonly string[]): string {
  const [program = '', ...args] = argv;
  if (!PLAIN_PROGRAM.test(program)) return execLine(['/bin/sh', '-c', 'exec "$0" "$@"', ...argv]);
  return [systemdQuote(program), ...args.map((arg) => systemdQuote(arg).replaceAll('$', '$$$$'))].join(' ');
}
