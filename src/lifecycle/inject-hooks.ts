import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'smol-toml';
import { InvalidInput } from '../agent/invalid-input.ts';
import { claudeSettings, withHooks } from '../agent/profiles/claude.ts';
import { geminiSettings } from '../agent/profiles/gemini.ts';
import { notifyWords } from '../agent/profiles/hook-commands.ts';
import { codeOf, refusal } from '../errors.ts';
import type { ExtraFiles, Link } from '../store/new-agent.ts';

/** What makes an agent of one kind report, for one launch. */
export interface Injection {
  /** Stand behind the words that call the program. */
  words: readonly string[];
  /** The user's own words, without what was taken into ours. */
  left: readonly string[];
  env: Readonly<Record<string, string>>;
  files: ExtraFiles;
}

interface Place {
  /** The absolute path of bin/agent-report. */
  report: string;
  /** The agent's directory, where the files will be. */
  directory: string;
  cwd: string;
  /** The environment that the agent will have. */
  env: Readonly<Record<string, string>>;
}

/**
 * How the hooks of an agent are put in beside those that the user has; none of the user's files is changed.
 *
 * @param own - the user's own words: of his profile, and for this launch.
 * @throws {InvalidInput} where settings that the user gives cannot be read.
 */
export function injectHooks(agent: string, own: readonly string[], place: Place): Injection {
  switch (agent) {
    case 'claude':
      return claude(own, place);
    case 'codex':
      return codex(own, place);
    case 'gemini':
      return { words: [], left: own, ...gemini(place) };
    case 'opencode':
      return { words: [], left: own, ...opencode(place) };
    default:
      return { words: [], left: own, env: {}, files: {} };
  }
}

/** Of more than one --settings only the last counts: the user's are taken into ours. */
function claude(own: readonly string[], { report, directory, cwd }: Place): Injection {
  const { values, left } = takeOut(own, ['--settings'], () => true);
  const given = values.at(-1);
  return {
    words: ['--settings', join(directory, 'settings.json')],
    left,
    env: {},
    files: {
      'settings.json': JSON.stringify(
        withHooks(given === undefined ? {} : readSettings(given, cwd), claudeSettings(report)),
      ),
    },
  };
}

/** Takes options with their values out of a command line, up to a `--`. */
function takeOut(
  words: readonly string[],
  names: readonly string[],
  isMeant: (value: string) => boolean,
): { values: string[]; left: string[] } {
  const values: string[] = [];
  const left: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--') return { values, left: [...left, ...words.slice(at)] };
    const name = names.find((one) => word === one || word.startsWith(one.startsWith('--') ? `${one}=` : one));
    const value =
      name === undefined ? undefined : word === name ? words[at + 1] : word.slice(name.length).replace(/^=/, '');
    if (name === undefined || value === undefined || !isMeant(value)) left.push(word);
    else {
      values.push(value);
      if (word === name) at++;
    }
  }
  return { values, left };
}

function readSettings(given: string, cwd: string): Record<string, unknown> {
  const isText = given.trimStart().startsWith('{');
  try {
    const settings: unknown = JSON.parse(isText ? given : readFileSync(resolve(cwd, given), 'utf8'));
    if (typeof settings === 'object' && settings !== null && !Array.isArray(settings))
      return isText ? (settings as Record<string, unknown>) : atHome(settings, dirname(resolve(cwd, given)));
  } catch (error) {
    const why = codeOf(error) === undefined ? 'they are not JSON' : refusal(error);
    throw new InvalidInput(
      `--settings: ${isText ? 'what is given' : given} cannot be read (${why}): give a file or an object`,
    );
  }
  throw new InvalidInput(`--settings: ${isText ? 'what is given' : given} is no object: give a file or an object`);
}

/** A permission's `/path` is meant from where the settings lie, which ours do elsewhere. */
function atHome(settings: object, folder: string): Record<string, unknown> {
  const { permissions, ...others } = settings as Record<string, unknown>;
  if (typeof permissions !== 'object' || permissions === null) return { ...settings };
  const moved = Object.entries(permissions).map(([kind, rules]) => [
    kind,
    Array.isArray(rules) ? rules.map((rule) => String(rule).replace(/\(\/(?!\/)/, () => `(/${folder}/`)) : rules,
  ]);
  return { ...others, permissions: Object.fromEntries(moved) };
}

/** A `notify` given for the launch replaces the user's: ours calls that one. */
function codex(own: readonly string[], { report, env }: Place): Injection {
  const { values, left } = takeOut(own, ['-c', '--config'], (value) => notifyIn(value) !== undefined);
  const profile = takeOut(own, ['-p', '--profile'], () => true).values.at(-1);
  const notify = values.map(notifyIn).at(-1) ?? configuredNotify(profile, env);
  return { words: ['-c', `notify=${JSON.stringify(notifyWords(report, notify))}`], left, env: {}, files: {} };
}

/** By precedence: a profile's file, the user's, the machine's. A project's own is ignored by Codex. */
function configuredNotify(profile: string | undefined, env: Readonly<Record<string, string>>): readonly string[] {
  const home = env.CODEX_HOME || join(env.HOME || homedir(), '.codex');
  const files = [
    ...(profile === undefined ? [] : [join(home, `${profile}.config.toml`)]),
    join(home, 'config.toml'),
    '/etc/codex/config.toml',
  ];
  for (const file of files) {
    const found = notifyIn(textIn(file));
    if (found !== undefined) return found;
  }
  return [];
}

/** Nothing where it cannot be read: its program will say so. */
function textIn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Undefined where there is none; what is no TOML, Codex itself will complain of. */
function notifyIn(toml: string): string[] | undefined {
  try {
    const { notify } = parse(toml);
    return Array.isArray(notify) && notify.every((word) => typeof word === 'string') ? notify : undefined;
  } catch {
    return undefined;
  }
}

/**
 * An extension is the one place for hooks that Gemini CLI reads for every user and in every folder, and it has to lie in its
 * home: so it gets a home of links to the user's own, with one more extension.
 */
function gemini({ report, directory, cwd, env }: Place): Pick<Injection, 'env' | 'files'> {
  const real = join(resolve(cwd, env.GEMINI_CLI_HOME || env.HOME || homedir()), '.gemini');
  const shadow = join('gemini', '.gemini');
  // Where they really are: the caller may be such an agent itself, whose folder goes with it.
  const links = [
    ...namesIn(real).filter((name) => name !== 'extensions'),
    ...namesIn(join(real, 'extensions'))
      .filter((name) => name !== 'agentctl')
      .map((name) => join('extensions', name)),
  ].map((name): [string, Link] => [join(shadow, name), { linkTo: realpathSync(join(real, name)) }]);
  const extension = join(shadow, 'extensions', 'agentctl');
  return {
    env: {
      GEMINI_CLI_HOME: join(directory, 'gemini'),
      // Written anew as a whole, a link would not outlive it.
      GEMINI_CLI_TRUSTED_FOLDERS_PATH: env.GEMINI_CLI_TRUSTED_FOLDERS_PATH || join(real, 'trustedFolders.json'),
    },
    files: {
      ...Object.fromEntries(links),
      [join(extension, 'gemini-extension.json')]: JSON.stringify({ name: 'agentctl', version: '1.0.0' }),
      [join(extension, 'hooks', 'hooks.json')]: JSON.stringify(geminiSettings(report)),
    },
  };
}

/** What is in it and is no link to nowhere; nothing where it cannot be read: its program will say so. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => existsSync(join(folder, name)));
  } catch {
    return [];
  }
}

/** Merged with the user's configuration, and the project's, by opencode itself; with this variable's own by us. */
function opencode({ report, env }: Place): Pick<Injection, 'env' | 'files'> {
  const plugin = pathToFileURL(join(dirname(report), 'opencode-plugin.mjs')).href;
  const own = configIn(env.OPENCODE_CONFIG_CONTENT);
  const config = { ...own, plugin: [...(Array.isArray(own.plugin) ? own.plugin : []), plugin] };
  return { env: { OPENCODE_CONFIG_CONTENT: JSON.stringify(config) }, files: {} };
}

/** @throws {InvalidInput} where it is no JSON: what cannot be read cannot be kept. */
function configIn(text: string | undefined): Record<string, unknown> {
  if (text === undefined || text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Nor is it then.
  }
  throw new InvalidInput(
    'OPENCODE_CONFIG_CONTENT holds no JSON object: mend it, or put what it says into a file (OPENCODE_CONFIG)',
  );
}
