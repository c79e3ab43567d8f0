import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { ParentReference, ProcessIdentity } from '../agent/evidence.ts';
import { allHooks, type HookCommands } from '../agent/hook-events.ts';
import { InvalidInput } from '../agent/invalid-input.ts';
import type { Limits } from '../agent/limits.ts';
import { checkName, defaultName, makeRunId } from '../agent/name.ts';
import { limitsUnder, type Settings } from '../agent/settings.ts';
import { AgentctlError, codeOf, isDiskFull, refusal } from '../errors.ts';
import { limitsToDisk } from '../store/agent-files.ts';
import { BellListener } from '../store/bell.ts';
import { appendEvent } from '../store/events-file.ts';
import type { Agent, Spec } from '../store/generated/types.ts';
import { discardNewAgent, makeAgentDir, removeHalfMade } from '../store/new-agent.ts';
import { packageRoot, packageVersion } from '../store/package-root.ts';
import { agentDir } from '../store/paths.ts';
import { prepareStateDir, type StateDir } from '../store/state-dir.ts';
import { callersOpenFiles } from '../system/caller.ts';
import { here, now, uptimeMs } from '../system/clock.ts';
import { livenessOf, self } from '../system/processes.ts';
import type { Pane } from '../system/tmux.ts';
import { tmuxProgram } from '../system/tmux-client.ts';
import { newSession } from '../system/tmux-session.ts';
import { inheritedAgent } from './calling-agent.ts';
import { checkCommand, checkCwd, checkFiles } from './check-launch.ts';
import { describe } from './describe.ts';
import { environmentScript, launchScript } from './launch-script.ts';
import { launcherDied } from './launcher-died.ts';
import { logCapture } from './log-capture.ts';
import { type Observed, observeArchived, observeNamed } from './observe.ts';
import { prepareLaunch } from './prepare-launch.ts';
import { settings } from './settings.ts';
import { ensureManager } from './start-manager.ts';
import { takeName } from './take-name.ts';
import { tellNews } from './tell.ts';
import { tmuxServer } from './tmux-server.ts';
import { undoStart } from './undo-start.ts';

export interface SpawnOptions {
  /** The command and its arguments, which arrive byte for byte; with `agent`, arguments that are added to its own. */
  command: readonly string[];
  /** A profile (`claude`, `codex`, `gemini`, `opencode`, or the user's own): its command, with the hooks that report for it. */
  agent?: string | undefined;
  /** Only with `agent`: what it is to do. */
  prompt?: string | undefined;
  /** Default: `COMMAND-xxxx`. */
  name?: string | undefined;
  /** Default: the current directory. */
  cwd?: string | undefined;
  /** Added to the environment, and brings back what would be dropped. */
  env?: Readonly<Record<string, string>> | undefined;
  labels?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds; what is not given is the default. */
  limits?: Partial<Limits> | undefined;
  columns?: number | undefined;
  rows?: number | undefined;
  /** A file, or the bytes themselves; default: the terminal. */
  stdin?: string | Buffer | undefined;
  stdout?: string | undefined;
  stderr?: string | undefined;
  /** Stop a live agent of this name first. */
  replace?: boolean | undefined;
  /** End it when the agent that spawns it ends. */
  withParent?: boolean | undefined;
  /** After its own end nothing that it left running is ended. */
  leaveRunning?: boolean | undefined;
  /** Start no manager, nor let any command start one until `manager start`. */
  noManager?: boolean | undefined;
  /** Commands that hear of events: the event and the agent come as JSON on stdin. Added to those in config.json. */
  on?: HookCommands | undefined;
  /** Hears what is worth a line but stops nothing: complaints about the user's tmux.conf, the manager's first start. */
  onWarning?: ((sentence: string) => void) | undefined;
}

/** How long tmux and the wrapper may take to prove the start on a machine that is loaded to the brim. */
const START_DEADLINE_MS = 60_000;
const START_POLL_MS = 50;

/**
 * Starts an agent in tmux, and returns once it provably runs.
 *
 * @throws {InvalidInput} when something given does not fit; nothing is left behind then.
 * @throws {BusyError} when the name belongs to a live agent.
 * @throws {AgentctlError} when it cannot be started.
 * @example
 * const agent = await spawn(openStateDir(), { command: ['sh', '-c', 'make test'], name: 'tests' });
 */
export async function spawn(stateDir: StateDir, options: SpawnOptions): Promise<Agent> {
  const name = options.name === undefined ? undefined : checkName(options.name);
  const cwd = checkCwd(options.cwd ?? process.cwd());
  const caller = inheritedAgent();
  const parent = caller && { name: caller.name, runId: caller.runId };
  if (options.withParent) checkParent(stateDir, parent);
  const chosen = settings();
  const named = name ?? freeName(stateDir, options.agent ?? options.command[0] ?? '');
  const order = draftSpec(options, chosen, { name: named, cwd, parent });
  const launch = await prepareLaunch(stateDir, options, order);
  const draft = { ...order, command: [...launch.command], agent: options.agent ?? null, reports: launch.reports };
  const { environment } = launch;
  const program = checkCommand(draft.command, environment, cwd);
  const files = checkFiles(options);
  const capture = logCapture(draft.name, chosen.logs);
  prepareStateDir(stateDir);
  const server = tmuxServer(stateDir);
  tmuxProgram(); // refused before anything is made, or stopped for --replace
  removeHalfMade(stateDir.path, launcherDied);

  try {
    makeAgentDir(stateDir.path, {
      spec: { ...draft, ...files },
      environmentScript: environmentScript(environment),
      launchScript: launchScript({
        ...draft,
        ...files,
        program,
        environment,
        umask: process.umask(),
        openFiles: callersOpenFiles(),
        stdin: Buffer.isBuffer(options.stdin) ? join(agentDir(stateDir.path, draft.name), 'stdin') : files.stdin,
      }),
      files: launch.files,
      stdin: Buffer.isBuffer(options.stdin) ? options.stdin : undefined,
    });
    await takeName(stateDir, draft, options.replace ?? false);
  } catch (error) {
    discardNewAgent(stateDir.path, draft.runId);
    if (codeOf(error) === undefined) throw error;
    throw new AgentctlError(
      `the agent cannot be put down in ${stateDir.path} (${refusal(error)}): ${isDiskFull(error) ? 'free some room there' : 'see that it can be written'}, or choose another with --state-dir`,
      { cause: error },
    );
  }
  const told = { name: draft.name, runId: draft.runId, cause: null };
  appendEvent(stateDir.path, { ...told, at: draft.createdAt, event: 'spawned', reason: 'its name is taken' });
  // After the name was taken: a manager that is about to leave looks for agents once more when it has said so.
  await ensureManager(stateDir, { noManager: options.noManager, onNote: options.onWarning });
  let pane: Pane | undefined;
  try {
    for (const file of [files.stdout, files.stderr]) if (file !== null) closeSync(openSync(file, 'w'));
    const session = await newSession(server, {
      name: draft.name,
      argv: ['sh', join(packageRoot(), 'bin', 'agent-wrapper'), `agents/${draft.name}`],
      ...draft.size,
      capture,
    });
    pane = session.pane;
    for (const complaint of session.complaints) options.onWarning?.(`tmux.conf: ${complaint}`);
    return await proofOfStart(stateDir, draft, session.program);
  } catch (error) {
    await undoStart(stateDir, server, draft, pane);
    throw error;
  }
}

/** The child's watchdog looks for its parent beside it: one that lives elsewhere would look as if it had ended. */
function checkParent(stateDir: StateDir, parent: ParentReference | null): void {
  if (parent === null) {
    throw new InvalidInput('--with-parent: there is no parent, since this was not called by an agent: leave it out');
  }
  if (observeNamed(stateDir.path, parent.name)?.runId !== parent.runId) {
    throw new InvalidInput(
      `--with-parent: the calling agent ${parent.name} does not live in ${stateDir.path}: leave it out, or use the caller's state directory`,
    );
  }
}

/** Of 1,000 agents that were given no name, two would have the same one time in four. */
function freeName(stateDir: StateDir, command: string): string {
  for (;;) {
    const name = defaultName(command, randomBytes(4));
    if (!existsSync(agentDir(stateDir.path, name))) return name;
  }
}

function draftSpec(
  options: SpawnOptions,
  chosen: Settings,
  { name, cwd, parent }: Pick<Spec, 'name' | 'cwd' | 'parent'>,
): Spec {
  const at = now();
  return {
    schemaVersion: 1,
    agentctlVersion: packageVersion(),
    name,
    runId: makeRunId(at.wallMs, randomBytes(8)),
    parent: parent && { ...parent },
    withParent: options.withParent ?? false,
    leaveRunning: options.leaveRunning ?? false,
    command: [...options.command],
    cwd,
    labels: { ...options.labels },
    limits: limitsToDisk(limitsUnder(chosen, options.limits ?? {})),
    spare: [...chosen.spare],
    on: allHooks(chosen.on, options.on ?? {}),
    size: { columns: options.columns ?? 200, rows: options.rows ?? 50 },
    stdin: null,
    stdout: null,
    stderr: null,
    createdAt: new Date(at.wallMs).toISOString(),
    createdUptimeSeconds: at.uptimeMs / 1000,
    launcher: { ...self() },
    ...here(),
  };
}

/** Waits until this very run proves its start: its name may be another's by then, and it in the archive. */
async function proofOfStart(stateDir: StateDir, spec: Spec, wrapper: ProcessIdentity | undefined): Promise<Agent> {
  const deadline = uptimeMs() + START_DEADLINE_MS;
  const bell = new BellListener(stateDir.path);
  try {
    for (;;) {
      const isGone = livenessOf(wrapper) === 'dead'; // before the look: the proof may have come meanwhile
      const agent = thisRun(stateDir, spec);
      if (agent?.evidence.files.started.state === 'there') {
        tellNews(stateDir, agent);
        return describe(agent);
      }
      // Where a call to tmux was tried again, the first wrapper may be at it, and the last one have given up.
      const hasNoWrapper = isGone && agent?.evidence.processes.wrapper === 'dead';
      if (agent === undefined || agent.status.phase === 'ended' || hasNoWrapper || uptimeMs() > deadline) {
        const reason = hasNoWrapper ? 'its wrapper ended before it could start it' : agent?.status.reason;
        const why = reason ?? 'somebody removed it';
        throw new AgentctlError(
          `the agent ${spec.name} did not start (${why}): look at "agentctl doctor", and that ${packageRoot()} can be read`,
        );
      }
      await bell.next(START_POLL_MS);
    }
  } finally {
    bell.close();
  }
}

function thisRun(stateDir: StateDir, { name, runId }: Spec): Observed | undefined {
  const current = observeNamed(stateDir.path, name);
  return current?.runId === runId ? current : observeArchived(stateDir.path, name, runId);
}
