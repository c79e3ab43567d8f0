import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { InvalidInput } from '../agent/invalid-input.ts';
import { lineAt, lineOfKey, whereNoJson } from '../agent/json-line.ts';
import { nearest } from '../agent/nearest.ts';
import { codeOf, refusal, wordsOf } from '../errors.ts';
import type { Config } from './generated/types.ts';
import * as validators from './generated/validators.js';
import { readText } from './read-text.ts';

/** config.json, as it stands there. */
export interface ConfigFile {
  path: string;
  exists: boolean;
  config: Config;
  /** How a key is called in a message: `FILE:LINE: KEY`. */
  where: (key: string) => string;
}

/** What is the user's own, for all state directories: `agentctl/` in `$XDG_CONFIG_HOME`, else in `~/.config`. */
export function configFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(configHome(env), 'agentctl');
}

/**
 * `$XDG_CONFIG_HOME`, else `~/.config`. One that is relative is none (XDG base directory specification): it would be another
 * for each command, and one below `/` for the manager.
 */
export function configHome({ XDG_CONFIG_HOME: given, HOME }: NodeJS.ProcessEnv = process.env): string {
  return given && isAbsolute(given) ? given : join(HOME || homedir(), '.config');
}

/** What whoever works for the user, elsewhere and with an environment of its own, is told so that it reads the same config.json. */
export function whereConfigIs({ XDG_CONFIG_HOME: given }: NodeJS.ProcessEnv = process.env): Record<string, string> {
  return given && isAbsolute(given) ? { XDG_CONFIG_HOME: given } : {};
}

/** Where config.json is, or would be. */
export function configPath(env: NodeJS.ProcessEnv = process.env): string {
  return join(configFolder(env), 'config.json');
}

/**
 * config.json; an empty one where there is none.
 *
 * @throws {InvalidInput} with the line, the key, its value and the form that is allowed, where it is not what
 *   schemas/config.schema.json says.
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): ConfigFile {
  const path = configPath(env);
  let text: string;
  try {
    // Editors may put a byte order mark in front, which no JSON has.
    text = readText(path).replace(/^\ufeff/, '');
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR')
      return { path, exists: false, config: {}, where: (key) => `${path}: ${key}` };
    throw new InvalidInput(`${path} cannot be read (${refusal(error)}): mend that, or move it away`);
  }
  // By the fast way where all is well, which it mostly is: this stands in every start-up.
  let data: unknown;
  try {
    data = text.trim() === '' ? {} : JSON.parse(text);
  } catch (error) {
    throw new InvalidInput(notJson(path, text, error));
  }
  const where = (key: string): string => `${path}:${lineOfKey(text, key.split('.'))}: ${key}`;
  if (validators.config(data)) return { path, exists: true, config: data, where };
  throw new InvalidInput(misfit(path, text, validators.config.errors?.[0], data));
}

/** Every single value, by its place: `defaults.maxRuntime`. */
export function singleValues(config: Config): Map<string, string> {
  const values = new Map<string, string>();
  for (const [section, value] of Object.entries(config)) {
    if (section === 'profiles' || section === 'on' || section === 'spare' || section.startsWith('$')) continue;
    if (typeof value === 'object' && value !== null) {
      for (const [key, one] of Object.entries(value)) values.set(`${section}.${key}`, String(one));
    } else values.set(section, String(value));
  }
  return values;
}

function notJson(path: string, text: string, error: unknown): string {
  // Every second byte of it is 0; in front there may be a mark that is no UTF-8.
  if (/^.{0,3}\0/s.test(text)) return `${path}: this is UTF-16, or no text at all: save it as UTF-8`;
  const what = wordsOf(error)
    .replace(/ (in JSON )?at position.*$/s, '')
    .replace(/, (\.\.\.)?".*"(\.\.\.)? is not valid JSON$/s, '');
  return `${path}:${lineAt(text, whereNoJson(text))}: this is not JSON (${what}): mend it, or move the file away`;
}

interface SchemaError {
  instancePath?: string;
  keyword?: string;
  message?: string;
  params?: Record<string, unknown>;
}

function misfit(path: string, text: string, error: SchemaError | undefined, data: unknown): string {
  const keys = (error?.instancePath ?? '')
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const unknown = error?.params?.additionalProperty;
  if (typeof unknown === 'string') {
    const known = knownKeys(error?.instancePath ?? '');
    const near = nearest(unknown, known);
    const remedy = near ? `did you mean ${near}?` : `there are ${known.join(', ')}`;
    const key = [...keys, unknown];
    return `${path}:${lineOfKey(text, key)}: ${key.join('.')} is not known: ${remedy}`;
  }
  const value = keys.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], data);
  const form = FORMS.find(([pattern]) => pattern.test(keys.join('.')))?.[1] ?? error?.message ?? 'see the schema';
  const shown = JSON.stringify(value)?.slice(0, 80) ?? 'missing';
  return `${path}:${lineOfKey(text, keys)}: ${keys.join('.') || 'the whole'} is ${shown}: ${form} (schemas/config.schema.json)`;
}

const FORMS: readonly (readonly [key: RegExp, form: string])[] = [
  [/^$/, 'write an object: {"defaults": {"maxRuntime": "1h"}}'],
  [/^(defaults|manager|retention|logs|metrics|profiles)$/, 'write an object with its settings, or leave it out'],
  [/^profiles\.[^.]+(\.command)?$/, 'write what is called: {"command": ["my-agent", "--quiet"]}'],
  [/^profiles\..*\.agent$/, 'write claude, codex, gemini or opencode, or leave it out'],
  [/^profiles\..*\.(prompt|command\b)/, 'write a list of words: ["--prompt", "{prompt}"]'],
  [/^profiles\..*\.env\b/, 'write variables with their texts: {"NAME": "text"}'],
  [/^profiles\..*\.install$/, 'write a sentence'],
  [
    /^(defaults\.|maxRuntimeCeiling|manager\.leaveAfter|retention\.olderThan)/,
    'write a duration: "90s", "5m", "1h30m", a number of seconds, or "none"',
  ],
  [/^logs\./, 'write a size: "64MiB", "1GiB", a number of bytes, or "none"'],
  [/^metrics\./, 'write the absolute path of a file that ends in .prom, or "none"'],
  [/^manager\.enabled/, 'write true or false'],
  [/^retention\.keep/, 'write a number of agents, or "none"'],
  [/^spare/, 'write a list of names of programs: ["my-daemon"]'],
  [/^on(\.|$)/, 'write a command or a list of them for each of waiting, done, warned, ended, lost, escaped'],
  [/^stateDir/, 'write the absolute path of a directory'],
];

/** Of one level of the schema: there are only two. */
function knownKeys(instancePath: string): string[] {
  const sections: Readonly<Record<string, readonly string[]>> = {
    '': [
      'stateDir',
      'defaults',
      'maxRuntimeCeiling',
      'manager',
      'retention',
      'logs',
      'metrics',
      'spare',
      'profiles',
      'on',
    ],
    '/defaults': ['maxRuntime', 'grace', 'maxIdle', 'killAfter', 'sweepInterval'],
    '/manager': ['enabled', 'leaveAfter'],
    '/retention': ['olderThan', 'keep'],
    '/logs': ['piece', 'total'],
    '/metrics': ['textfile'],
    '/on': ['waiting', 'done', 'warned', 'ended', 'lost', 'escaped'],
  };
  return [...(sections[instancePath] ?? ['command', 'agent', 'prompt', 'env', 'install'])];
}
