import { type Transition, transitionsOf } from '../agent/transitions.ts';
import { announce, appendEvent } from '../store/events-file.ts';
import { type QueuedHook, queueHook } from '../store/hook-queue.ts';
import { ringBell, type StateDir } from '../store/state-dir.ts';
import type { Swept } from '../store/verdict-file.ts';
import { wallMs } from '../system/clock.ts';
import { describe } from './describe.ts';
import type { Observed } from './observe.ts';

/**
 * Tells what is new of an agent: a line in events.ndjson, and the commands of `--on` that hear of it. Whoever looks at an
 * agent calls this; each thing is told once, whoever they are and how many.
 *
 * @param told - what is known to have been told, by run, for whoever looks again and again: no look at the disk then.
 * @returns false where there was no room for some of it: whoever looks again tells that then.
 */
export function tellNews(stateDir: StateDir, agent: Observed, told?: Map<string, string>): boolean {
  const { runId } = agent;
  if (runId === undefined || agent.evidence.files.archived || agent.status.phase === 'unknown') return true;
  const news = transitionsOf(agent.evidence, agent.status);
  const signature = news.map(({ mark }) => mark).join(' ');
  if (told?.get(runId) === signature) return true;
  const areTold = news.map((transition) => tell(stateDir, agent, transition)).every(Boolean);
  if (areTold) told?.set(runId, signature);
  return areTold;
}

/**
 * Tells one thing, unless it was told before.
 *
 * @returns false where there was no room for it: whoever looks again tells it then.
 */
export function tell(stateDir: StateDir, agent: Observed, transition: Transition): boolean {
  const { runId, name, directory } = agent;
  const { spec } = agent.evidence.files;
  if (runId === undefined) return true;
  const { mark, event, hooks, atMs, cause, reason, result, exitCode } = transition;
  const line = {
    at: new Date(atMs).toISOString(),
    event,
    name,
    runId,
    cause,
    reason,
    ...(result !== undefined && { result, exitCode: exitCode ?? null }),
  };
  const outcome = announce(stateDir.path, directory, mark, line);
  if (outcome !== 'told' || spec.state !== 'there') return outcome !== 'failed';
  const { on, cwd } = spec.value;
  const commands = hooks.flatMap((hook) => (on[hook] ?? []).map((command) => ({ hook, command })));
  if (commands.length === 0) return true;
  const input = { schemaVersion: 1, event: { schemaVersion: 1, ...line }, agent: describe(agent) };
  for (const [at, { hook, command }] of commands.entries()) {
    const queued = { event: hook, name, runId, command, cwd };
    if (!queueHook(stateDir.path, `${runId}-${mark}-${at}`, queued, input))
      tellHookFailed(stateDir, queued, 'there was no room to put it down (a full disk?)');
  }
  ringBell(stateDir.path);
  return true;
}

/** That a command of `--on` did not do what it was to do. */
export function tellHookFailed(stateDir: StateDir, { event, name, runId, command }: QueuedHook, why: string): void {
  appendEvent(stateDir.path, {
    at: new Date(wallMs()).toISOString(),
    event: 'hook-failed',
    name,
    runId,
    cause: event,
    reason: `${command.length > 200 ? `${command.slice(0, 200)}…` : command}: ${why}`,
  });
}

/** What of an agent lives on, and could not be ended, or is perhaps its own: each process once. */
export function tellEscaped(
  stateDir: StateDir,
  agent: Observed,
  { survivors, suspects = [] }: Pick<Swept, 'survivors'> & Partial<Pick<Swept, 'suspects'>>,
): void {
  const named = [
    ...survivors.map((one) => ({ ...one, what: 'cannot be killed' })),
    ...suspects.map((one) => ({ ...one, what: 'is perhaps its own, and was left alone' })),
  ];
  if (named.length === 0) return;
  tell(stateDir, agent, {
    mark: `escaped-${named
      .map(({ pid }) => pid)
      .join('-')
      .slice(0, 100)}`,
    event: 'escaped',
    hooks: ['escaped'],
    atMs: wallMs(),
    cause: null,
    reason: named.map(({ pid, command, what }) => `${command} (pid ${pid}) ${what}`).join('; '),
  });
}
