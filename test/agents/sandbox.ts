import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { agentDirs } from './installed-agents.ts';
import { ABSENT_SERVICE_URL, type Answer, type StandInService, startStandInService } from './stand-in-service.ts';

interface Outcome {
  code: number | undefined;
  stdout: string;
  stderr: string;
}

export interface Sandbox {
  /** Where agents are started, and trusted. */
  readonly dir: string;
  readonly state: string;
  readonly home: string;
  /** The environment of whoever calls agentctl here: nothing of this process's own but PATH. */
  readonly env: Readonly<Record<string, string>>;
  readonly service: StandInService;
  agentctl(args: readonly string[], options?: CallOptions): Promise<Outcome>;
  /** The stdout of a call of agentctl that must end with 0. */
  succeed(args: readonly string[], options?: CallOptions): Promise<string>;
  /** The same Claude Code without agentctl. */
  bareClaude(args: readonly string[], options?: CallOptions): Promise<Outcome>;
}

interface CallOptions {
  input?: string;
  env?: Readonly<Record<string, string>>;
}

const AGENTCTL = join(import.meta.dirname, '../../bin/agentctl');
const API_KEY = 'stand-in-key-0123456789abcdefghij';

/**
 * One test's own world: a HOME in which Claude Code has nothing left to ask, a project that it trusts, a state
 * directory, and a stand-in for its service (`'absent'`: an address where nobody listens). When the test ends, all of it
 * is taken down, and whatever is still running fails the test.
 */
export async function openSandbox(answer: Answer | 'absent'): Promise<Sandbox> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'agentctl-agents-')));
  const service = await startStandInService(answer === 'absent' ? 'hang' : answer);
  const project = join(root, 'project');
  const home = join(root, 'home');
  for (const dir of [project, home, join(root, 'tmp')]) mkdirSync(dir);
  writeFileSync(join(home, '.claude.json'), JSON.stringify(settledConfig(project)));
  mkdirSync(join(home, '.codex'));
  writeFileSync(join(home, '.codex', 'config.toml'), codexConfig(project, service.url));
  const env = {
    ...environment(root, home),
    ANTHROPIC_BASE_URL: answer === 'absent' ? ABSENT_SERVICE_URL : service.url,
  };

  const call = async (program: string, args: readonly string[], options: CallOptions = {}): Promise<Outcome> => {
    const { exitCode, stdout, stderr } = await execa(program, args, {
      cwd: project,
      env: { ...env, ...options.env },
      extendEnv: false,
      input: options.input ?? '',
      reject: false,
      timeout: 60_000,
    });
    return { code: exitCode, stdout, stderr };
  };
  const sandbox: Sandbox = {
    dir: project,
    state: join(root, 'state'),
    home,
    env,
    service,
    agentctl: (args, options) => call(AGENTCTL, args, options),
    succeed: async (args, options) => {
      const { code, stdout, stderr } = await call(AGENTCTL, args, options);
      if (code !== 0) throw new Error(`agentctl ${args.join(' ')} ended with ${code}: ${stderr}`);
      return stdout;
    },
    bareClaude: (args, options) => call('claude', args, options),
  };

  onTestFinished(async () => {
    await sandbox.agentctl(['stop', '--all']);
    await sandbox.agentctl(['manager', 'stop']);
    await sandbox.agentctl(['tmux', 'kill-server']);
    await service.close();
    await expectNothingLeft(root);
    rmSync(root, { recursive: true, force: true });
  });
  return sandbox;
}

/** The pids of the processes that have this in their environment, as `NAME=value`. */
export function processesWith(variable: string): number[] {
  return processes().filter((pid) => readProc(pid, 'environ').split('\0').includes(variable));
}

/** A process's environment, as a reader outside sees it. */
export function environmentOf(pid: number): Record<string, string> {
  const entries = readProc(pid, 'environ').split('\0').filter(Boolean);
  return Object.fromEntries(
    entries.map((entry) => [entry.split('=', 1)[0] ?? '', entry.slice(entry.indexOf('=') + 1)]),
  );
}

/** Every path of a sandbox is below its root, so that whatever it started names the root in its environment or arguments. */
async function expectNothingLeft(root: string): Promise<void> {
  const left = () =>
    processes().filter((pid) => `${readProc(pid, 'environ')}${readProc(pid, 'cmdline')}`.includes(root));
  try {
    await waitFor('every process of this test to end', () => left().length === 0, 20_000);
  } catch (error) {
    const words = left().map((pid) => `${pid} ${readProc(pid, 'cmdline').replaceAll('\0', ' ')}`);
    for (const pid of left()) process.kill(pid, 'SIGKILL');
    throw new Error(`left behind: ${words.join('; ')}`, { cause: error });
  }
}

/** What Claude Code writes once a person has answered its first questions. */
function settledConfig(project: string) {
  return {
    hasCompletedOnboarding: true,
    customApiKeyResponses: { approved: [API_KEY.slice(-20)], rejected: [] },
    projects: { [project]: { hasTrustDialogAccepted: true } },
  };
}

/** What Codex needs in order to ask nothing, and to take the stand-in for its service. */
function codexConfig(project: string, url: string): string {
  return `model = "stand-in-model"
model_provider = "stand-in"
approval_policy = "on-request"
sandbox_mode = "danger-full-access"
check_for_update_on_startup = false
[model_providers.stand-in]
name = "stand-in"
base_url = "${url}/v1"
wire_api = "responses"
env_key = "ANTHROPIC_API_KEY"
requires_openai_auth = false
request_max_retries = 0
stream_max_retries = 0
[projects."${project}"]
trust_level = "trusted"
`;
}

function environment(root: string, home: string): Record<string, string> {
  return {
    PATH: [...agentDirs(), dirname(AGENTCTL), dirname(process.execPath), process.env.PATH].join(delimiter),
    HOME: home,
    TMPDIR: join(root, 'tmp'),
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
    AGENTCTL_STATE_DIR: join(root, 'state'),
    ANTHROPIC_API_KEY: API_KEY,
    // By default it tries for minutes, also when it is told 401 or nobody listens.
    CLAUDE_CODE_MAX_RETRIES: '0',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    DISABLE_ERROR_REPORTING: '1',
    DISABLE_TELEMETRY: '1',
  };
}

function processes(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

/** Empty where the process has ended meanwhile, is a zombie, or is another user's. */
function readProc(pid: number, file: 'environ' | 'cmdline'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** An agent, as `inspect` has it. */
export interface Seen {
  phase: string;
  result: string | null;
  reason: string;
  exitCode: number | null;
  archived: boolean;
  lastOutputAt: string;
  directory: string;
  resume: string | null;
  report: { state: string; source: string; message: string | null; waitingFor: string | null; at: string } | null;
  verdict: { cause: string; resume?: string } | null;
}

export async function seen({ succeed }: Sandbox, name: string): Promise<Seen> {
  return JSON.parse(await succeed(['inspect', name])) as Seen;
}

/** Its first look at the agent in that phase: a second one might find it in the next. */
export function inPhase(sandbox: Sandbox, name: string, phase: string): Promise<Seen> {
  return waitFor(`${name} to be ${phase}`, async () => {
    const agent = await seen(sandbox, name);
    return agent.phase === phase && agent;
  });
}
