import { join } from 'node:path';
import { InvalidInput } from '../agent/invalid-input.ts';
import { promptWords } from '../agent/profiles/profile.ts';
import type { ExtraFiles } from '../store/new-agent.ts';
import { packageRoot } from '../store/package-root.ts';
import { injectHooks } from './inject-hooks.ts';
import { findProfile } from './profiles.ts';

/** What a profile makes of an order to start an agent. */
export interface ProfileLaunch {
  command: readonly string[];
  env: Readonly<Record<string, string>>;
  files: ExtraFiles;
  /** Whose events come back. */
  reports: string | null;
}

export interface ProfileOrder {
  /** The profile's name. */
  agent: string;
  prompt: string | undefined;
  /** The user's own words for this launch. */
  extra: readonly string[];
  /** The agent's directory, where its files will be. */
  directory: string;
  cwd: string;
  /** The environment that the agent will have. */
  env: Readonly<Record<string, string>>;
}

/** Below the kernel's bound on one argument (128 KiB), with room for what stands before it. */
const LONGEST_PROMPT_BYTES = 130_000;

/**
 * The command by which an agent of a profile is started, with the hooks that report for it.
 *
 * @throws {InvalidInput} on a profile that is none or is not installed, and on settings that cannot be read.
 */
export function profileLaunch({ agent, prompt, extra, ...place }: ProfileOrder): ProfileLaunch {
  const profile = findProfile(agent, place.env);
  const report = join(packageRoot(), 'bin', 'agent-report');
  const injection = injectHooks(profile.agent ?? '', extra, { ...place, report });
  const [program = '', ...always] = profile.command;
  if (prompt !== undefined && prompt.trim() === '')
    throw new InvalidInput('the prompt is empty: say what is to be done');
  const asked = prompt === undefined ? { words: [], files: {} } : askedFor(prompt, profile.agent, place.directory);
  const last = asked.text === undefined ? [] : promptWords(profile, asked.text);
  return {
    command: [program, ...injection.words, ...asked.words, ...always, ...injection.extra, ...last],
    env: { ...profile.env, ...injection.env },
    files: { ...injection.files, ...asked.files },
    reports: profile.agent,
  };
}

interface Asked {
  text?: string;
  words: readonly string[];
  files: ExtraFiles;
}

/** A prompt that no argument can hold becomes a file. */
function askedFor(prompt: string, agent: string | null, directory: string): Asked {
  if (Buffer.byteLength(prompt) <= LONGEST_PROMPT_BYTES) return { text: prompt, words: [], files: {} };
  return {
    text: `Read the file ${join(directory, 'prompt.md')} and do what it says.`,
    // Claude Code asks before it reads what is not in its folders.
    words: agent === 'claude' ? ['--add-dir', directory] : [],
    files: { 'prompt.md': prompt },
  };
}
