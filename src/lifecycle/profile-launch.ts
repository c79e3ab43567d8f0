import { join } from 'node:path';
import { InvalidInput } from '../agent/invalid-input.ts';
import { type Profile, promptWords } from '../agent/profiles/profile.ts';
import type { ExtraFiles } from '../store/new-agent.ts';
import { packageRoot } from '../store/package-root.ts';
import { injectHooks } from './inject-hooks.ts';

/** What a profile makes of an order to start an agent. */
export interface ProfileLaunch {
  command: readonly string[];
  env: Readonly<Record<string, string>>;
  files: ExtraFiles;
  /** Whose events come back. */
  reports: string | null;
}

export interface ProfileOrder {
  prompt: string | undefined;
  /** The user's own words for this launch. */
  extra: readonly string[];
  /** The agent's directory, where its files will be. */
  directory: string;
  cwd: string;
  /** The environment that the agent will have, but for what is put in here. */
  env: Readonly<Record<string, string>>;
}

/** Below the kernel's bound on one argument (128 KiB), with room for what stands before it. */
const LONGEST_PROMPT_BYTES = 130_000;
/** Codex gives all prompts of a dialogue, and its answer, to its notify as one argument. */
const LONGEST_CODEX_PROMPT_BYTES = 30_000;

/**
 * The command by which an agent of a profile is started, with the hooks that report for it.
 *
 * @throws {InvalidInput} on an empty prompt, and on settings that cannot be read.
 */
export function profileLaunch(profile: Profile, { prompt, extra, ...place }: ProfileOrder): ProfileLaunch {
  if (prompt !== undefined && prompt.trim() === '')
    throw new InvalidInput('the prompt is empty: say what is to be done');
  const report = join(packageRoot(), 'bin', 'agent-report');
  const caller = callerLength(profile);
  const own = [...profile.command.slice(caller), ...extra];
  const injection = injectHooks(profile.agent ?? '', own, { ...place, report });
  const asked = prompt === undefined ? { words: [], files: {} } : askedFor(prompt, profile.agent, place.directory);
  const last = asked.text === undefined ? [] : promptWords(profile, asked.text);
  return {
    command: [...profile.command.slice(0, caller), ...asked.words, ...injection.words, ...injection.left, ...last],
    env: injection.env,
    files: { ...injection.files, ...asked.files },
    reports: profile.agent,
  };
}

/** How many words call the program: one, or as many as stand before it in `npx claude`. */
function callerLength({ agent, command }: Profile): number {
  const at = command.findIndex((word) => word.split('/').pop() === agent);
  return at < 0 ? 1 : at + 1;
}

interface Asked {
  text?: string;
  words: readonly string[];
  files: ExtraFiles;
}

/** A prompt that no argument can hold becomes a file. */
function askedFor(prompt: string, agent: string | null, directory: string): Asked {
  const longest = agent === 'codex' ? LONGEST_CODEX_PROMPT_BYTES : LONGEST_PROMPT_BYTES;
  if (Buffer.byteLength(prompt) <= longest) return { text: prompt, words: [], files: {} };
  return {
    text: `Read the file ${join(directory, 'prompt.md')} and do what it says.`,
    // They read, or read without asking, only what is in their folders.
    words:
      agent === 'claude' ? ['--add-dir', directory] : agent === 'gemini' ? [`--include-directories=${directory}`] : [],
    files: { 'prompt.md': prompt },
  };
}
