/** How an agent of one kind is started, so that it reports. */
export interface Profile {
  /** The program, and words that always follow it. */
  command: readonly string[];
  /** Whose hooks are put in for the launch, and whose events come back; null for one that reports nothing. */
  agent: string | null;
  /** The last words where there is a prompt, for which `{prompt}` stands in them. */
  prompt: readonly string[];
  env: Readonly<Record<string, string>>;
  /** What to do where the program is missing: a sentence's end. */
  install: string;
}

/** A built-in profile, with what people want to know of it. */
export interface BuiltIn extends Profile {
  agent: string;
  /** What it tells by itself. */
  reports: string;
  /** How far it was proved. */
  proved: string;
}

/** The profiles that agentctl has. A prompt may begin with a dash, so that it must not look like an option. */
export const BUILT_IN: Readonly<Record<string, BuiltIn>> = {
  claude: {
    command: ['claude'],
    agent: 'claude',
    prompt: ['--', '{prompt}'],
    env: {},
    install: 'npm install -g @anthropic-ai/claude-code',
    reports: 'working, waiting (permission, answer, input, rate limit, billing, overload …), done',
    proved: 'Claude Code 2.1.330, the program itself',
  },
  codex: {
    command: ['codex'],
    agent: 'codex',
    prompt: ['--', '{prompt}'],
    env: {},
    install: 'npm install -g @openai/codex',
    reports: 'done; with hooks in your own configuration also working, waiting (permission, input)',
    proved: 'Codex 0.169.0, the program itself',
  },
  gemini: {
    command: ['gemini'],
    agent: 'gemini',
    prompt: ['--prompt-interactive={prompt}'],
    env: {},
    install: 'npm install -g @google/gemini-cli',
    reports: 'working, waiting (permission), done',
    proved: 'recorded events of Gemini CLI 0.61.0',
  },
  opencode: {
    command: ['opencode'],
    agent: 'opencode',
    prompt: ['--prompt={prompt}'],
    env: {},
    install: 'npm install -g opencode-ai',
    reports: 'working, waiting (permission, answer, retry, authentication …), done',
    proved: 'recorded events of opencode 1.18.33',
  },
};

/** The last words of a command line for a prompt. */
export function promptWords({ prompt }: Profile, text: string): string[] {
  return prompt.map((word) => word.replaceAll('{prompt}', () => text));
}
