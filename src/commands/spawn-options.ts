import type { Options } from 'yargs';
import { parseDuration, parseFiniteDuration } from '../agent/duration.ts';
import { parseOn } from '../agent/hook-events.ts';
import { parseLabels } from '../agent/labels.ts';
import type { Limits } from '../agent/limits.ts';
import { dialectOf } from '../agent/reports/dialects.ts';
import { UsageError } from '../errors.ts';
import { parseEnv, readEnvFile } from '../lifecycle/agent-environment.ts';
import type { SpawnOptions } from '../lifecycle/draft.ts';
import { hasOwnHooks } from '../lifecycle/own-hooks.ts';
import { readPromptFile } from '../lifecycle/prompt-file.ts';
import { isManagerHeld } from '../store/manager-file.ts';
import type { StateDir } from '../store/state-dir.ts';
import { type Call, note, readStdin } from './command.ts';
import { NO_MANAGER } from './manager-option.ts';

/** What `spawn` and `run` have in common. */
export const SPAWN_OPTIONS: Readonly<Record<string, Options>> = {
  agent: {
    type: 'string',
    requiresArg: true,
    describe: 'a profile ("agentctl agents"): its command, with hooks that report; what follows is added to it',
  },
  prompt: { type: 'string', requiresArg: true, describe: 'with --agent: what it is to do' },
  'prompt-file': { type: 'string', requiresArg: true, describe: 'the same from a file, or - for this stdin' },
  name: { alias: 'n', type: 'string', requiresArg: true, describe: 'its name; default COMMAND-xxxx' },
  cwd: { alias: 'C', type: 'string', requiresArg: true, describe: 'its working directory; default this one' },
  env: {
    alias: 'e',
    type: 'array',
    nargs: 1,
    describe: 'NAME=VALUE for its environment, or NAME for the value here; repeatable',
  },
  'env-file': { type: 'array', nargs: 1, describe: 'a file of NAME=VALUE lines; repeatable' },
  label: { alias: 'l', type: 'array', nargs: 1, describe: 'key=value, for --filter; repeatable' },
  'max-runtime': { type: 'string', requiresArg: true, describe: 'the cap: how long it may run; default 1h' },
  grace: { type: 'string', requiresArg: true, describe: 'from its end to teardown; default 5m' },
  'max-idle': { type: 'string', requiresArg: true, describe: 'how long it may do nothing; default 30m' },
  'kill-after': { type: 'string', requiresArg: true, describe: 'from TERM to KILL; default 10s' },
  size: { type: 'string', requiresArg: true, describe: "its terminal's COLUMNSxROWS; default 200x50" },
  stdin: {
    type: 'string',
    requiresArg: true,
    describe: 'a file as its stdin, or - for this stdin; default its terminal',
  },
  stdout: { type: 'string', requiresArg: true, describe: 'a file for its stdout, which then is not in its log' },
  stderr: { type: 'string', requiresArg: true, describe: 'a file for its stderr, which then is not in its log' },
  replace: { type: 'boolean', describe: 'stop a live agent of this name first' },
  on: {
    type: 'array',
    nargs: 1,
    describe: 'EVENT=COMMAND: hears of waiting, done, warned, ended, lost or escaped; repeatable',
  },
  'with-parent': { type: 'boolean', describe: 'end it when the agent that spawns it ends' },
  'leave-running': { type: 'boolean', describe: 'after its own end, end nothing that it left running' },
  ...NO_MANAGER,
  attach: { type: 'boolean', describe: 'attach this terminal to it' },
};

/** @throws {InvalidInput} and {@link UsageError} for whatever does not fit. */
export async function spawnOptions({ words, flags }: Pick<Call, 'words' | 'flags'>): Promise<SpawnOptions> {
  const stdin = flags.text('stdin');
  const agent = flags.text('agent');
  return {
    command: words,
    agent,
    prompt: await promptOf(flags),
    name: flags.text('name'),
    cwd: flags.text('cwd'),
    env: {
      ...Object.assign({}, ...flags.all('env-file').map((file) => readEnvFile(file, process.env))),
      ...parseEnv(flags.all('env'), process.env, '--env'),
    },
    labels: parseLabels(flags.all('label'), '--label'),
    limits: limits(flags),
    ...size(flags.text('size')),
    stdin: stdin === '-' ? await readStdin() : stdin,
    stdout: flags.text('stdout'),
    stderr: flags.text('stderr'),
    replace: flags.on('replace'),
    withParent: flags.on('with-parent'),
    leaveRunning: flags.on('leave-running'),
    on: parseOn(flags.all('on'), '--on'),
    noManager: flags.on('no-manager'),
    onWarning: note,
  };
}

async function promptOf(flags: Call['flags']): Promise<string | undefined> {
  const prompt = flags.text('prompt');
  const file = flags.text('prompt-file');
  if (prompt !== undefined && file !== undefined)
    throw new UsageError('--prompt and --prompt-file exclude each other: choose one');
  if ((prompt ?? file) !== undefined && flags.text('agent') === undefined)
    throw new UsageError(
      `--${prompt === undefined ? 'prompt-file' : 'prompt'} is for a profile: add --agent claude, say`,
    );
  if (file === undefined) return prompt;
  if (file === '-' && flags.text('stdin') === '-')
    throw new UsageError('--prompt-file - and --stdin - both want this stdin: give one of them a file');
  return file === '-' ? (await readStdin()).toString() : readPromptFile(file);
}

/** Said where it would help, once for each: these agents will not be known to be done or to wait. */
export function hintAtProfiles(agents: readonly SpawnOptions[]): void {
  const plain = agents.filter(({ agent }) => agent === undefined);
  const hints = plain.map(({ command, cwd }) => {
    const agent = dialectOf(command);
    return agent === null || hasOwnHooks(agent, process.env, cwd ?? process.cwd()) ? null : agent;
  });
  for (const agent of new Set(hints)) {
    if (agent === null) continue;
    note(
      `${agent} can say when it is done and when it waits: start it with --agent ${agent}, or see "agentctl hooks ${agent}"`,
    );
  }
}

/** Where nobody looks after agents, nobody starts those that wait. */
export function hintAtNoManager({ path }: StateDir): void {
  if (isManagerHeld(path))
    note('without a manager "agentctl sweep" starts those that wait, and "manager start" a manager');
}

function limits(flags: Call['flags']): Partial<Limits> {
  const read = <T>(flag: string, parse: (text: string, where: string) => T): T | undefined => {
    const text = flags.text(flag);
    return text === undefined ? undefined : parse(text, `--${flag}`);
  };
  const given = {
    maxRuntimeMs: read('max-runtime', parseDuration),
    graceMs: read('grace', parseDuration),
    maxIdleMs: read('max-idle', parseDuration),
    killAfterMs: read('kill-after', parseFiniteDuration),
  };
  if (given.maxRuntimeMs === 0)
    throw new UsageError('--max-runtime: 0 leaves it no time to run: give 90s, 5m, 1h30m or none');
  if (given.maxIdleMs === 0) throw new UsageError('--max-idle: 0 ends it at once: give 90s, 5m, 1h30m or none');
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function size(text: string | undefined): { columns?: number; rows?: number } {
  if (text === undefined) return {};
  const [, columns, rows] = /^(\d{1,4})x(\d{1,4})$/.exec(text) ?? [];
  // tmux' own bounds end at 10,000; below 2x2 it draws nothing.
  if (Number(columns) >= 2 && Number(rows) >= 2) return { columns: Number(columns), rows: Number(rows) };
  throw new UsageError(`--size: ${JSON.stringify(text)} is not a size: write COLUMNSxROWS, as in 200x50`);
}
