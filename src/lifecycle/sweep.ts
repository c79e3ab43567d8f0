import type { Action, Decision } from '../agent/decide.ts';
import { refusal } from '../errors.ts';
import { BellListener } from '../store/bell.ts';
import type { Agent } from '../store/generated/types.ts';
import type { StateDir } from '../store/state-dir.ts';
import { uptimeMs } from '../system/clock.ts';
import { describe } from './describe.ts';
import { housekeeping } from './housekeeping.ts';
import { livingManager } from './living-manager.ts';
import { type Observed, observeAll } from './observe.ts';
import { type PrunePass, pruneAsConfigured } from './prune-as-configured.ts';
import { isUnwritten, killAfterOf, reconcile } from './reconcile.ts';
import { HookRunner } from './run-hooks.ts';
import { Surroundings } from './surroundings.ts';
import { tellNews } from './tell.ts';
import { whyUnknown } from './why-unknown.ts';

/** What a sweep saw and decided of one agent. */
export interface SweepLine {
  agent: Agent;
  /** Undefined where nothing could be decided. */
  decision: Decision | undefined;
  /** Why nothing could be decided, or done. */
  problem: string | undefined;
}

const POLL_MS = 250;
/** What has not ended this long after its kill-after cannot be ended. */
const STUCK_MS = 60_000;

export interface SweepOptions {
  /** Only decide. */
  dryRun: boolean;
  /** Say of each agent what spoke against more: for that all are measured, also those whom a manager measures. */
  explain?: boolean | undefined;
  /** Hears what the configured retention came to, where no manager lives that sees to it. */
  onPruned?: ((pass: PrunePass) => void) | undefined;
}

/**
 * One look at every agent, acting on those that are due; whoever was sent TERM is waited for, at most for its kill-after. Where
 * no manager lives it also does what else is the manager's: what archived agents may go by their retention, the commands of
 * `--on`.
 *
 * @returns each agent's first line, and one more for each thing that was done or went wrong.
 * @example for await (const { agent, decision } of sweep(openStateDir(), { dryRun: true })) console.log(agent.name, decision);
 */
export async function* sweep(stateDir: StateDir, options: SweepOptions): AsyncGenerator<SweepLine> {
  const bell = new BellListener(stateDir.path);
  try {
    let deadline = uptimeMs() + STUCK_MS;
    const told = new Map<string, string>();
    const news = new Map<string, string>();
    const hooks = new HookRunner(stateDir);
    const tried = new Map<string, { action: Action['do']; killAtMs: number }>();
    for (let pass = 0; ; pass++) {
      const agents = observeAll(stateDir.path);
      const onlyIfDue = !options.explain;
      const surroundings = new Surroundings(stateDir, agents, { write: !options.dryRun, onlyIfDue });
      let wakeAtMs = Number.POSITIVE_INFINITY;
      for (const agent of agents) {
        if (!options.dryRun) tellNews(stateDir, agent, news);
        const before = tried.get(agent.name);
        const killAtMs = before?.action === 'term' && isUnwritten(agent) ? before.killAtMs : undefined;
        if (killAtMs !== undefined && killAtMs > uptimeMs()) {
          wakeAtMs = Math.min(wakeAtMs, killAtMs);
          continue;
        }
        const { dryRun } = options;
        const line = await sweepOne(stateDir, agent, surroundings, { dryRun, killNow: killAtMs !== undefined });
        const { action, nextAtMs } = line.decision ?? { action: undefined, nextAtMs: undefined };
        const acted = action !== undefined && action.do !== 'nothing';
        const wentWrong = line.problem !== undefined && told.get(agent.name) !== line.problem;
        if (line.problem !== undefined) told.set(agent.name, line.problem);
        if (pass === 0 || acted || wentWrong) yield lineOf(agent, line);
        if (acted) {
          // The same again, since it could not be put down: not at once.
          const again = before?.action === action.do;
          if (!again) tried.set(agent.name, { action: action.do, killAtMs: uptimeMs() + killAfterOf(agent) });
          deadline = Math.max(deadline, uptimeMs() + (again ? 0 : killAfterOf(agent) + STUCK_MS));
          wakeAtMs = Math.min(wakeAtMs, again ? uptimeMs() + POLL_MS : 0);
        }
        if (agent.status.phase === 'stopping' && nextAtMs !== undefined) {
          wakeAtMs = Math.min(wakeAtMs, nextAtMs);
          deadline = Math.max(deadline, nextAtMs + STUCK_MS);
        }
      }
      if (options.dryRun || wakeAtMs === Number.POSITIVE_INFINITY || uptimeMs() > deadline) break;
      if (wakeAtMs > uptimeMs()) await bell.next(Math.min(POLL_MS, wakeAtMs - uptimeMs()));
    }
    if (options.dryRun) return;
    await housekeeping(stateDir);
    // Where a manager lives these are its own.
    if (livingManager(stateDir) !== undefined) return;
    hooks.begin();
    options.onPruned?.(await pruneAsConfigured(stateDir));
    await hooks.end();
  } finally {
    bell.close();
  }
}

/** Described when somebody asks: of a thousand agents about which nothing is done nobody does. */
function lineOf(seen: Observed, line: Omit<SweepLine, 'agent'>): SweepLine {
  return {
    ...line,
    get agent() {
      return describe(seen);
    },
  };
}

async function sweepOne(
  stateDir: StateDir,
  agent: Observed,
  surroundings: Surroundings,
  options: { dryRun: boolean; killNow: boolean },
): Promise<Omit<SweepLine, 'agent'>> {
  const { runId, name } = agent;
  const unknown = whyUnknown(agent);
  if (unknown !== undefined || runId === undefined) return { decision: undefined, problem: unknown };
  try {
    const circumstances = surroundings.of(agent);
    const decision = await reconcile(stateDir, { name, runId }, { circumstances, seen: agent, ...options });
    return { decision, problem: undefined };
  } catch (error) {
    return { decision: undefined, problem: refusal(error) };
  }
}
