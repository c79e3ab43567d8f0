import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Result } from '../agent/status.ts';
import { AgentctlError } from '../errors.ts';
import type { Postmortem, ProcessNote, Verdict } from '../store/generated/types.ts';
import { readPostmortem, writePostmortem } from '../store/postmortem-file.ts';
import { readText } from '../store/read-text.ts';
import { readVerdict } from '../store/read-verdict.ts';
import type { StateDir } from '../store/state-dir.ts';
import { wallMs } from '../system/clock.ts';
import { type GitStatus, gitStatus } from '../system/git-status.ts';
import { lastOutput, lastPart } from './last-output.ts';
import { leftBehind } from './leftovers.ts';
import { find } from './list.ts';
import { type Observed, observeNamed, refuseRemoved, wasArchived } from './observe.ts';
import { resourcesOf } from './resources.ts';
import { resumeCommand } from './resume-command.ts';
import { screen } from './screen.ts';

/** What a screen of any size has, and no more: it is a file that the agent could write. */
const LONGEST_SCREEN = 64 * 1024;
const LONGEST_TEXT = 4096;
const MOST_PROCESSES = 50;

/** A post-mortem, with where the agent's files are now. */
export interface FoundPostmortem {
  postmortem: Postmortem;
  directory: string;
}

/**
 * What a person asks first of an agent that ended otherwise than as `succeeded`: the bundle of its teardown, or, where there
 * is none (yet), what can still be found.
 *
 * @param reference - as for `inspect`.
 * @throws {UnknownAgentError} where there is no such agent.
 * @throws {AgentctlError} for one that still runs, has succeeded, or of which nothing can be said.
 * @example (await postmortem(openStateDir(), 'fix-login')).postmortem.log?.text
 */
export async function postmortem(stateDir: StateDir, reference: string): Promise<FoundPostmortem> {
  const agent = find(stateDir, reference);
  const { name, runId, directory, status, evidence } = agent;
  if (status.phase === 'unknown' || runId === undefined)
    throw new AgentctlError(`there is no post-mortem of ${name}: nothing can be said of it (${status.reason})`);
  if (status.phase !== 'ended')
    throw new AgentctlError(`there is no post-mortem of ${name}: it is ${status.phase} (${status.reason})`);
  if (!isAbnormal(status.result))
    throw new AgentctlError(
      `there is no post-mortem of ${name}: it has succeeded; "agentctl logs ${name}" has its output`,
    );
  const written = evidence.files.archived ? readPostmortem(directory, runId) : undefined;
  const git = async (): Promise<GitStatus> =>
    evidence.files.archived ? { missing: 'nobody looked at its directory when it was torn down' } : gitOf(agent);
  const made = written ?? makePostmortem(agent, await lastScreen(stateDir, agent), await git(), false);
  if (wasArchived(stateDir.path, agent)) return postmortem(stateDir, `${name}.${runId}`);
  refuseRemoved(agent);
  return { postmortem: made, directory };
}

/**
 * Puts down the post-mortem of an agent that is torn down, if it ended abnormally. Never fails, and takes some seconds at
 * most: no teardown is held up by it.
 *
 * @param seen - its last screen; undefined where tmux has none (any more).
 */
export async function keepPostmortem(stateDir: StateDir, agent: Observed, seen: string | undefined): Promise<void> {
  if (!isAbnormal(agent.status.result)) return;
  try {
    const git = await gitOf(agent);
    // Another run may have the name, and the directory, by now.
    if (observeNamed(stateDir.path, agent.name)?.runId !== agent.runId) return;
    const shown = seen ?? keptScreen(agent.directory);
    await writePostmortem(agent.directory, makePostmortem(agent, shown, git, true));
  } catch {
    // It tells of the end; it is no part of it.
  }
}

type Abnormal = Exclude<Result, 'succeeded'>;

function isAbnormal(result: Result | null): result is Abnormal {
  return result !== null && result !== 'succeeded';
}

function makePostmortem(agent: Observed, shown: string | undefined, git: GitStatus, tornDown: boolean): Postmortem {
  const { name, directory, status, evidence } = agent;
  const { files } = evidence;
  const spec = files.spec.state === 'there' ? files.spec.value : undefined;
  const verdict = readVerdict(directory);
  const runId = agent.runId ?? '';
  return {
    schemaVersion: 1,
    name,
    runId,
    madeAt: instant(wallMs()) ?? '',
    tornDown,
    program: spec?.command[0] === undefined ? null : programOf(spec.command[0]),
    cwd: spec?.cwd ?? null,
    startedAt: instant(status.startedAtMs),
    endedAt: instant(status.endedAtMs),
    result: status.result as Abnormal,
    cause: verdict?.cause ?? (files.sentinel.state === 'there' ? files.sentinel.value.cause : null),
    exitCode: status.exitCode,
    signal: status.signal,
    reason: firstPart(status.reason),
    steps: (verdict?.steps ?? []).map(({ step, at }) => ({ step, at })),
    report: reportOf(agent),
    screen: shown === undefined ? null : lastPart(shown.trimEnd(), LONGEST_SCREEN),
    log: lastOutput(directory, runId),
    // Its teardown has just looked, and put into the verdict who is left: among many agents that look is what costs.
    processes: processesOf(verdict, tornDown ? [] : leftBehind(agent)),
    resources: verdict?.resources ?? resourcesOf(agent),
    resume: verdict?.resume ?? resumeCommand(agent),
    git: 'status' in git ? git : null,
    gitMissing: 'status' in git ? null : git.missing,
  };
}

/** A FIFO or a huge file in its place is none. */
function keptScreen(directory: string): string | undefined {
  const path = join(directory, 'screen.txt');
  return existsSync(path) ? readText(path) : undefined;
}

async function lastScreen(stateDir: StateDir, agent: Observed): Promise<string | undefined> {
  return screen(stateDir, agent).catch(() => undefined);
}

async function gitOf({ evidence: { files, whereabouts } }: Observed): Promise<GitStatus> {
  if (files.spec.state !== 'there' || whereabouts === 'elsewhere')
    return { missing: 'its directory is not known here' };
  return gitStatus(files.spec.value.cwd);
}

function reportOf({ evidence: { files } }: Observed): Postmortem['report'] {
  if (files.report === undefined) return null;
  const { state, source, status, message, waitingFor, resultFile, atMs } = files.report;
  return {
    state,
    source,
    status,
    message: message === null ? null : firstPart(message),
    waitingFor,
    resultFile: resultFile === null ? null : join('reports', resultFile),
    at: instant(atMs) ?? '',
  };
}

/** Before its teardown, what is left is what runs; after it, what could not be ended. */
function processesOf(verdict: Verdict | undefined, left: ProcessNote[]): Postmortem['processes'] {
  const notes = (list: readonly ProcessNote[] = []) =>
    list.slice(0, MOST_PROCESSES).map(({ pid, command, why }) => ({ pid, program: programOf(command), why }));
  const { spared = [], ended = [], survivors = [], suspects = [] } = verdict ?? {};
  const known = new Set([...spared, ...survivors].map(({ pid }) => pid));
  return {
    ended: notes(ended),
    spared: notes(spared),
    survivors: notes([...survivors, ...left.filter(({ pid }) => !known.has(pid))]),
    suspects: notes(suspects),
  };
}

/** Command lines hold prompts and passwords: only whose they are is told. */
function programOf(command: string): string {
  return basename(command.split(/\s/)[0] ?? '').slice(0, 100);
}

function firstPart(text: string): string {
  return text.slice(0, LONGEST_TEXT);
}

function instant(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
