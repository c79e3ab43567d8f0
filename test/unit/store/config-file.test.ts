import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { configPath, readConfig, singleValues } from '../../../src/store/config-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agentctl-config-'));
  mkdirSync(join(folder, 'agentctl'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = () => join(folder, 'agentctl', 'config.json');
const read = (text: string) => {
  writeFileSync(file(), text);
  return readConfig({ XDG_CONFIG_HOME: folder });
};

test('none, and an empty one, say nothing', () => {
  expect(readConfig({ XDG_CONFIG_HOME: folder })).toMatchObject({ exists: false, config: {}, path: file() });
  expect(read('')).toMatchObject({ exists: true, config: {} });
});

test('a byte order mark is none of its text', () => {
  expect(read('\ufeff{"defaults": {"grace": "7m"}}').config).toEqual({ defaults: { grace: '7m' } });
  expect(read('\ufeff').config).toEqual({});
});

test('is not looked for in a relative XDG_CONFIG_HOME', () => {
  expect(configPath({ XDG_CONFIG_HOME: 'config', HOME: '/home/me' })).toBe('/home/me/.config/agentctl/config.json');
  expect(configPath({ XDG_CONFIG_HOME: '/cfg', HOME: '/home/me' })).toBe('/cfg/agentctl/config.json');
});

test('single values are by their place, as they were written', () => {
  const { config } = read(
    '{"$schema": "x", "defaults": {"grace": "5m", "maxIdle": 90}, "maxRuntimeCeiling": "4h", "spare": ["a"]}',
  );
  expect(Object.fromEntries(singleValues(config))).toEqual({
    'defaults.grace': '5m',
    'defaults.maxIdle': '90',
    maxRuntimeCeiling: '4h',
  });
});

test.each([
  ['{\n "defalts": {}\n}', ':2: defalts is not known: did you mean defaults?'],
  ['{"defaults": {\n\n"maxRunTime": "1h"}}', ':3: defaults.maxRunTime is not known: did you mean maxRuntime?'],
  ['{"defaults": {"grace": "5x"}}', ':1: defaults.grace is "5x": write a duration: "90s", "5m", "1h30m"'],
  ['{"defaults":\n{"grace": true}}', ':2: defaults.grace is true: write a duration'],
  ['{"defaults": "1h"}', ':1: defaults is "1h": write an object with its settings, or leave it out'],
  ['{"profiles":{"x":{"comand":["a"]}}}', ':1: profiles.x is {"comand":["a"]}: write what is called: {"command": ['],
  ['{"profiles":{"x":{"command":"a"}}}', ':1: profiles.x.command is "a": write what is called: {"command": ['],
  ['{"profiles":{"x":{"command":[1]}}}', ':1: profiles.x.command.0 is 1: write a list of words'],
  ['{"profiles":{"x":{"command":["a"],"agent":"b"}}}', ':1: profiles.x.agent is "b": write claude, codex'],
  ['{"profiles":{"x":{"command":["a"],"env":{"A":1}}}}', ':1: profiles.x.env.A is 1: write variables'],
  ['{"profiles":{"x":{"command":["a"],"install":1}}}', ':1: profiles.x.install is 1: write a sentence'],
  ['{"manager": {"enabled": "yes"}}', ':1: manager.enabled is "yes": write true or false'],
  ['{"retention": {"keep": -1}}', ':1: retention.keep is -1: write a number of agents'],
  ['{"logs": {"piece": "64MB"}}', ':1: logs.piece is "64MB": write a size: "64MiB"'],
  ['{"spare": "x"}', ':1: spare is "x": write a list of names of programs'],
  ['{"spare": ["ok",\n"much-too-long-a-name"]}', ':2: spare.1 is "much-too-long-a-name"'],
  ['{"on": {"donne": "x"}}', ':1: on.donne is not known: did you mean done?'],
  ['{"on": {"done": 3}}', ':1: on.done is 3: write a command or a list of them'],
  ['{"stateDir": "relative"}', ':1: stateDir is "relative": write the absolute path of a directory'],
  ['{"profiles": {"x": {}}}', ':1: profiles.x is {}: write what is called: {"command": ['],
  [
    '{"profiles": {"x": {"comand": ["a"], "command": ["a"]}}}',
    ':1: profiles.x.comand is not known: did you mean command?',
  ],
  ['[]', ':1: the whole is []: write an object: {"defaults"'],
  ['{\n "a": 1,\n }', ':3: this is not JSON'],
  ['{"a": 1', ': this is not JSON'],
  ['{\n "a": off,\n "b": 1\n}\n', ":2: this is not JSON (Unexpected token 'o'): mend it"],
  ['\u0000', ': this is UTF-16, or no text at all'],
  [Buffer.from('\ufeff{}', 'utf16le').toString('utf8'), ': this is UTF-16, or no text at all: save it as UTF-8'],
])('%j is refused in one line, with its place', (text, says) => {
  const refused = (): string => {
    try {
      read(text);
      return 'nothing';
    } catch (error) {
      return (error as Error).message;
    }
  };
  const said = refused();
  const [head = '', ...rest] = says.split(': ');
  expect(said.startsWith(file() + head), said).toBe(true);
  expect(said).toContain(rest.join(': '));
  expect(said).not.toContain('\n');
});
