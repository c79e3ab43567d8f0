import { type Action, decide } from '../agent/decide.ts';
import { wordsOf } from '../errors.ts';
import { BellListener } from '../store/bell.ts';
import { readManager } from '../store/manager-file.ts';
import { agentsDir } from '../store/paths.ts';
import { placeOf } from '../store/place.ts';
import { prepareStateDir, type StateDir } from '../store/state-dir.ts';
import { awakeMs, pause, uptimeMs, wallMs } from '../system/clock.ts';
import { Attempts, leftToItsStopperUntil } from './attempts.ts';
import { Chores } from './chores.ts';
import { Lookout } from './lookout.ts';
import type { ManagerLog } from './manager-log.ts';
import { Meter } from './meter.ts';
import { MetricsKeeper } from './metrics-keeper.ts';
import type { Observed } from './observe.ts';
import { Quiet } from './quiet.ts';
import { isUnwritten, killAfterOf, reconcile } from './reconcile.ts';
import { isOurs, register, signOff } from './registration.ts';
import { HookRunner } from './run-hooks.ts';
import { Sampler } from './sampler.ts';
import { type Memory, Surroundings } from './surroundings.ts';
import { tellNews } from './tell.ts';
import { whyUnknown } from './why-unknown.ts';

export interface ManageOptions {
  /** How long it stays without agents; null for ever. */
  leaveAfterMs: number | null;
  /** Where another one lives that is no newer, it is ended. */
  takeOver?: boolean;
  log: ManagerLog;
}

/**
 * Who lost wrapper and watchdog rings no bell, idleness makes no noise, and a timer counts no suspend: all are looked at
 * this often.
 */
const PATROL_MS = 60_000;
/** A state directory whose record of the manager is gone may be on its way out altogether. */
const DELETING_MS = 200;
/** Agents that are acted on at one time, where tmux is asked for it: nobody's cap waits for that. */
const AT_ONCE = 16;
/** Whoever waits for an end hears the same bell, and goes first; and what rings within so short a time is one look. */
const AFTER_A_RING_MS = 25;
/** Between two looks. */
const LONGEST_PAUSE_MS = 1000;
const ASKS_TMUX: readonly Action['do'][] = ['ask', 'warn', 'start', 'teardown'];
const TROUBLE_MS = 1000;

/**
 * The manager: looks at every agent of a state directory, acts on those that are due, sleeps until the next is. Returns
 * when it is not needed any more: no agents for a while, another manager, no state directory.
 *
 * @throws {BusyError} where another one lives.
 */
export async function manage(stateDir: StateDir, options: ManageOptions): Promise<void> {
  process.umask(0o077); // not that of whoever happened to start us
  prepareStateDir(stateDir);
  await register(stateDir, { takeOver: options.takeOver ?? false });
  // Without agents' place it is none.
  const agents = agentsDir(stateDir.path);
  const place = placeOf(agents);
  options.log.info({}, 'began');
  const metrics = new MetricsKeeper(stateDir, options.log);
  const manager = new Rounds(stateDir, options.log, metrics);
  let neededAtMs = uptimeMs();
  const chores = new Chores(stateDir, options.log, (sweep) => metrics.swept(sweep));
  try {
    for (;;) {
      try {
        // Whoever puts itself down again in a directory that is being deleted keeps it from going.
        if (readManager(stateDir.path).state === 'absent') await pause(DELETING_MS);
        if (place === undefined || placeOf(agents) !== place)
          return options.log.info({}, 'left: the state directory is gone');
        if (!(await isOurs(stateDir))) return options.log.info({}, 'left: another manager has taken over');
        chores.beginIfDue();
        const look = await manager.look();
        if (look.needed) neededAtMs = uptimeMs();
        const stays = look.needed || options.leaveAfterMs === null;
        const leaveAtMs = stays ? Number.POSITIVE_INFINITY : neededAtMs + (options.leaveAfterMs ?? 0);
        if (uptimeMs() >= leaveAtMs && (await leave(stateDir, manager))) {
          return options.log.info({}, 'left: there are no agents');
        }
        await manager.sleepUntil(Math.min(look.nextAtMs, leaveAtMs));
      } catch (error) {
        // Out of file descriptors (then not even the time is known), a disk that fails: whoever watches over agents
        // tries again.
        options.log.error({}, wordsOf(error));
        await pause(TROUBLE_MS);
      }
    }
  } finally {
    manager.close();
    await metrics.leave();
  }
}

interface Look {
  /** Whether any agent may still need something. */
  needed: boolean;
  /** Uptime. */
  nextAtMs: number;
}

/** One look after the other at all agents; each is acted on apart, so that none waits for another. */
class Rounds {
  readonly #stateDir: StateDir;
  readonly #log: ManagerLog;
  readonly #bell: BellListener;
  readonly #hooks: HookRunner;
  readonly #lookout: Lookout;
  readonly #meter = new Meter();
  readonly #sampler: Sampler;
  readonly #metrics: MetricsKeeper;
  readonly #memory: Memory = new Map();
  /** What was told of whom. */
  readonly #told = new Map<string, string>();
  /** Who is being acted on, by run. */
  readonly #busy = new Set<string>();
  readonly #attempts = new Attempts();
  readonly #quiet = new Quiet();
  /** Who has to wait for a place, as of the last look: whoever is done lets the next in, without another look at all. */
  #queue: (() => void)[] = [];
  /** Of whom it was said that nothing can be said. */
  readonly #skipped = new Map<string, string>();

  constructor(stateDir: StateDir, log: ManagerLog, metrics: MetricsKeeper) {
    this.#stateDir = stateDir;
    this.#log = log;
    this.#metrics = metrics;
    this.#bell = new BellListener(stateDir.path);
    this.#hooks = new HookRunner(stateDir);
    this.#lookout = new Lookout(stateDir.path);
    this.#sampler = new Sampler(this.#meter, (error) => log.error({}, wordsOf(error)));
  }

  async look(): Promise<Look> {
    const begun = awakeMs();
    const agents = this.#lookout.look();
    this.#forget(agents);
    this.#sampler.watch(agents);
    const surroundings = new Surroundings(this.#stateDir, agents, {
      memory: this.#memory,
      write: true,
      meter: this.#meter,
    });
    this.#queue = [];
    let needed = this.#busy.size > 0 || this.#hooks.busy;
    let nextAtMs = uptimeMs() + PATROL_MS;
    for (const agent of agents) {
      const { runId } = agent;
      const unknown = whyUnknown(agent);
      if (unknown !== undefined || runId === undefined) {
        this.#skip(agent.name, unknown ?? '');
        continue;
      }
      const isToBeJudged = this.#busy.has(runId) || surroundings.hasMeasured(agent);
      const quiet = isToBeJudged ? undefined : this.#quiet.holds(agent);
      if (quiet) {
        if (agent.status.phase !== 'ended' || quiet.nextAtMs !== undefined) needed = true;
        nextAtMs = Math.min(nextAtMs, quiet.nextAtMs ?? nextAtMs);
        continue;
      }
      const isTold = tellNews(this.#stateDir, agent, this.#told);
      if (this.#busy.has(runId)) continue;
      const circumstances = surroundings.of(agent);
      const { activity, parentEnded, mayStart } = circumstances;
      const { action, nextAtMs: dueAtMs } = decide({ ...agent.evidence, activity, parentEnded, mayStart });
      if (agent.status.phase !== 'ended' || action.do !== 'nothing' || dueAtMs !== undefined) needed = true;
      nextAtMs = Math.min(nextAtMs, dueAtMs ?? nextAtMs);
      if (action.do === 'nothing') {
        this.#attempts.forget(runId);
        const isKnown = activity !== undefined || agent.status.phase === 'ended';
        if (isTold && isKnown) this.#quiet.begins(agent, dueAtMs);
        continue;
      }
      const heldUntilMs = this.#attempts.heldUntil(agent, runId, action) ?? leftToItsStopperUntil(agent, action);
      if (heldUntilMs !== undefined) nextAtMs = Math.min(nextAtMs, heldUntilMs);
      else if (this.#busy.size < AT_ONCE || !ASKS_TMUX.includes(action.do))
        this.#act(agent, runId, action, circumstances);
      else this.#queue.push(() => this.#act(agent, runId, action, circumstances));
    }
    this.#hooks.begin();
    const look = { atMs: wallMs(), seconds: (awakeMs() - begun) / 1000 };
    this.#metrics.looked(look, agents, this.#sampler.last);
    // Where many agents end one after the other, looking must not take all the time.
    await pause(Math.min(LONGEST_PAUSE_MS, 3 * (awakeMs() - begun)));
    return { needed, nextAtMs };
  }

  async sleepUntil(uptime: number): Promise<void> {
    const rang = await this.#bell.next(Math.max(0, Math.min(uptime - uptimeMs(), PATROL_MS)));
    if (rang) await pause(AFTER_A_RING_MS);
  }

  close(): void {
    this.#bell.close();
    this.#sampler.close();
  }

  #act(agent: Observed, runId: string, action: Action, circumstances: ReturnType<Surroundings['of']>): void {
    const { name } = agent;
    const attempt = this.#attempts.begin(agent, runId, action);
    const killNow = attempt.killAtMs <= uptimeMs() && isUnwritten(agent);
    this.#busy.add(runId);
    // With the lock, and seen anew: what was decided here is only why it is done now.
    reconcile(this.#stateDir, { name, runId }, { circumstances, killNow })
      .then((done) => {
        if (done.action.do === 'term') attempt.againAtMs = attempt.killAtMs = uptimeMs() + killAfterOf(agent);
        // Asked, and held: until then nothing changes by itself.
        if (done.action.do === 'nothing') attempt.againAtMs = done.nextAtMs ?? attempt.againAtMs;
        else this.#log.info({ agent: name, runId, ...done.action }, sentenceOf(name, done.action));
      })
      .catch((error: unknown) => {
        // One agent that cannot be acted on must not end the manager of all the others.
        this.#log.error({ agent: name, runId, action: action.do }, `${name}: ${wordsOf(error)}`);
      })
      .finally(() => {
        this.#busy.delete(runId);
        const next = this.#queue.shift();
        if (next) next();
        else this.#bell.ring();
      });
  }

  #skip(name: string, why: string): void {
    if (this.#skipped.get(name) === why) return;
    this.#skipped.set(name, why);
    this.#log.error({ agent: name }, `skipped ${name}: ${why}`);
  }

  #forget(agents: readonly Observed[]): void {
    const present = new Set(agents.map(({ runId }) => runId));
    this.#attempts.keepOnly(present);
    this.#quiet.keepOnly(present);
    for (const known of [this.#memory, this.#told]) {
      for (const runId of known.keys()) if (!present.has(runId)) known.delete(runId);
    }
  }
}

function sentenceOf(name: string, action: Action): string {
  const why = 'reason' in action ? `: ${action.reason}` : '';
  return `${action.do} ${name}${why}`;
}

/**
 * Says that no manager lives, then looks once more: whoever took a name before that is seen now, and whoever takes one
 * later starts another manager.
 *
 * @returns false where it is needed after all.
 */
async function leave(stateDir: StateDir, manager: Rounds): Promise<boolean> {
  await signOff(stateDir);
  return !(await manager.look()).needed;
}
