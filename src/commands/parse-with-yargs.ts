import type { Options } from 'yargs';
import { nearest } from '../agent/nearest.ts';
import { UsageError } from '../errors.ts';
import { type Command, Flags } from './command.ts';
import type { Parsed } from './parse-plainly.ts';

/**
 * Any command line, with help and with the sentence for what is wrong.
 *
 * @param options - the command's own and the global ones.
 * @throws {UsageError}
 */
export async function parseWithYargs(
  name: string,
  command: Command,
  options: Readonly<Record<string, Options>>,
  argv: readonly string[],
): Promise<Parsed & { helpText: string | undefined }> {
  const { default: yargs } = await import('yargs');
  const parser = yargs([...argv])
    .scriptName('agentctl')
    .usage(`agentctl ${command.usage}\n\n${command.description}`)
    .help(false) // before our own --help, which it would take away again
    .version(false)
    .options(options)
    .parserConfiguration({
      'halt-at-non-option': command.takesCommand ?? false,
      'populate--': true,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'boolean-negation': false,
      // As getopt: what must follow an option is its value, also where it begins with a dash ("--sort -name").
      'nargs-eats-options': true,
      'dot-notation': false,
      'camel-case-expansion': false,
    })
    .strictOptions()
    .exitProcess(false)
    .wrap(Math.min(100, process.stdout.columns ?? 100))
    .fail((message) => {
      throw new UsageError(explain(message, name, options));
    });
  for (const [example, meaning] of command.examples ?? []) parser.example(example, meaning);
  const parsed = parser.parseSync() as Record<string, unknown>;
  const words = [...(parsed._ as string[]), ...((parsed['--'] as string[] | undefined) ?? [])].map(String);
  return { flags: new Flags(parsed), words, helpText: parsed.help ? `${await parser.getHelp()}\n` : undefined };
}

/** yargs' complaint as one of our sentences, with what was probably meant. */
function explain(message: string, name: string, options: Readonly<Record<string, object>>): string {
  const see = `see "agentctl ${name} --help"`;
  const unknown = /^Unknown arguments?: ([^,\s]+)/.exec(message)?.[1];
  if (unknown !== undefined) {
    const suggestion = nearest(unknown, Object.keys(options));
    const dashes = unknown.length === 1 ? '-' : '--';
    return `unknown option ${dashes}${unknown}: ${suggestion ? `did you mean --${suggestion}? Otherwise ${see}` : see}`;
  }
  const missing = /^Not enough arguments following: (\S+)/.exec(message)?.[1];
  if (missing !== undefined) return `the option ${missing.length === 1 ? '-' : '--'}${missing} needs a value: ${see}`;
  return `${message.split('\n')[0]}: ${see}`;
}
