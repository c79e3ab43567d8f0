import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ParentReference } from '../agent/evidence.ts';
import { allHooks, type HookCommands } from '../agent/hook-events.ts';
import { InvalidInput } from '../agent/invalid-input.ts';
import type { Limits } from '../agent/limits.ts';
import { checkName, defaultName, makeRunId } from '../agent/name.ts';
import type { Queue } from '../agent/queue.ts';
import { limitsUnder, type Settings } from '../agent/settings.ts';
import { AgentctlError, codeOf, isDiskFull, refusal } from '../errors.ts';
import { limitsToDisk } from '../store/agent-files.ts';
import { appendEvent } from '../store/events-file.ts';
import type { Spec } from '../store/generated/types.ts';
import { discardNewAgent, makeAgentDir, type NewAgent } from '../store/new-agent.ts';
import { packageVersion } from '../store/package-root.ts';
import { agentDir } from '../store/paths.ts';
import type { StateDir } from '../store/state-dir.ts';
import { callersOpenFiles } from '../system/caller.ts';
import { here, now } from '../system/clock.ts';
import { self } from '../system/processes.ts';
import type { NewSession } from '../system/tmux-session.ts';
import { inheritedAgent } from './calling-agent.ts';
import { checkCommand, checkCwd, checkFiles } from './check-launch.ts';
import { environmentScript, launchScript } from './launch-script.ts';
import { observeNamed } from './observe.ts';
import { prepareLaunch } from './prepare-launch.ts';
import { sessionOf } from './session-of.ts';
import { settings } from './settings.ts';
import { takeName } from './take-name.ts';

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
  /** It gets this label, and waits, `queued`, where so many run already that have it. */
  queue?: Queue | undefined;
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

/** An agent that could be started, of which nothing is made yet. */
export interface Draft {
  agent: NewAgent;
  /** In which it is to run. */
  session: NewSession;
  /** Whether a live agent of its name is stopped first. */
  replace: boolean;
}

export interface DraftContext {
  /** Names that it cannot have, where it was given none. */
  others?: ReadonlySet<string>;
  /** What the user has set. */
  chosen?: Settings;
  /** Its place in its batch. */
  index?: number;
}

/**
 * Checks all that can be checked of an agent before anything is made.
 *
 * @throws {InvalidInput} for what does not fit.
 */
export async function draft(
  stateDir: StateDir,
  options: SpawnOptions,
  { others = new Set(), chosen = settings(), index = 0 }: DraftContext = {},
): Promise<Draft> {
  const name = options.name === undefined ? undefined : checkName(options.name);
  const cwd = checkCwd(options.cwd ?? process.cwd());
  const caller = inheritedAgent();
  const parent = caller && { name: caller.name, runId: caller.runId };
  if (options.withParent) checkParent(stateDir, parent);
  const named = name ?? freeName(stateDir, options.agent ?? options.command[0] ?? '', others);
  const order = draftSpec(options, chosen, { name: named, cwd, parent, index });
  const { command, environment, files, reports } = await prepareLaunch(stateDir, options, order);
  const program = checkCommand(command, environment, cwd);
  const spec = {
    ...order,
    command: [...command],
    agent: options.agent ?? null,
    reports,
    ...checkFiles(options),
  };
  const given = Buffer.isBuffer(options.stdin) ? options.stdin : undefined;
  const launch = {
    ...spec,
    program,
    environment,
    umask: process.umask(),
    openFiles: callersOpenFiles(),
    stdin: given ? join(agentDir(stateDir.path, spec.name), 'stdin') : spec.stdin,
  };
  return {
    agent: {
      spec,
      environmentScript: environmentScript(environment),
      launchScript: launchScript(launch),
      files,
      stdin: given,
    },
    session: sessionOf(spec, chosen),
    replace: options.replace ?? false,
  };
}

/**
 * Puts an agent down under its name.
 *
 * @throws {BusyError} when the name belongs to a live agent.
 * @throws {AgentctlError} where there is no room; nothing is left then.
 */
export async function putDown(stateDir: StateDir, { agent, replace }: Draft): Promise<void> {
  const { spec } = agent;
  try {
    makeAgentDir(stateDir.path, agent);
    await takeName(stateDir, spec, replace);
  } catch (error) {
    discardNewAgent(stateDir.path, spec.runId);
    if (codeOf(error) === undefined) throw error;
    throw new AgentctlError(
      `the agent cannot be put down in ${stateDir.path} (${refusal(error)}): ${isDiskFull(error) ? 'free some room there' : 'see that it can be written'}, or choose another with --state-dir`,
      { cause: error },
    );
  }
  const told = { name: spec.name, runId: spec.runId, cause: null };
  appendEvent(stateDir.path, { ...told, at: spec.createdAt, event: 'spawned', reason: 'its name is taken' });
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
function freeName(stateDir: StateDir, command: string, others: ReadonlySet<string>): string {
  for (;;) {
    const name = defaultName(command, randomBytes(4));
    if (!others.has(name) && !existsSync(agentDir(stateDir.path, name))) return name;
  }
}

function draftSpec(
  options: SpawnOptions,
  chosen: Settings,
  { name, cwd, parent, index }: Pick<Spec, 'name' | 'cwd' | 'parent'> & { index: number },
): Spec {
  const at = now();
  const { queue } = options;
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
    labels: queue ? labelledFor(queue, options.labels ?? {}) : { ...options.labels },
    limits: limitsToDisk(limitsUnder(chosen, options.limits ?? {})),
    spare: [...chosen.spare],
    on: allHooks(chosen.on, options.on ?? {}),
    size: { columns: options.columns ?? 200, rows: options.rows ?? 50 },
    stdin: null,
    stdout: null,
    stderr: null,
    createdAt: new Date(at.wallMs).toISOString(),
    createdUptimeSeconds: at.uptimeMs / 1000,
    ...(queue && { queue: { ...queue, index, launched: null } }),
    launcher: { ...self() },
    ...here(),
  };
}

/** @throws {InvalidInput} where it has that label with another value, or nobody could ever run. */
function labelledFor({ label, value, max }: Queue, labels: Readonly<Record<string, string>>): Record<string, string> {
  if (!Number.isSafeInteger(max) || max < 1)
    throw new InvalidInput(`max of a queue is ${max}: give a whole number from 1 on`);
  const own = Object.hasOwn(labels, label) ? labels[label] : value;
  if (own === value) return { ...labels, [label]: value };
  throw new InvalidInput(
    `the label ${label} is ${JSON.stringify(own)} here, and ${JSON.stringify(value)} for --max-parallel: leave one of the two out`,
  );
}
