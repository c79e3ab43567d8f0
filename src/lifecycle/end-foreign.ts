import { foreignName } from '../agent/foreign-name.ts';
import { AgentctlError, BusyError } from '../errors.ts';
import type { ProcessNote } from '../store/generated/types.ts';
import { socketFolder } from '../system/foreign-servers.ts';
import { closeForeignSession, PATIENT_MS, sessionsOn, type TmuxSession } from '../system/foreign-tmux.ts';
import { commandLine } from '../view/command-line.ts';
import { type ForeignTarget, findForeign } from './find-foreign.ts';
import { sharedPanes } from './foreign-sessions.ts';
import { PaneHunt } from './pane-hunt.ts';

/** A session of another tmux server, as it was ended. */
export interface EndedForeign {
  id: string;
  ended: ProcessNote[];
  /** Daemons that serve everyone, and what lives below them. */
  spared: ProcessNote[];
  /** Could not be killed. */
  survivors: ProcessNote[];
  /** Was started there and had left it: perhaps it serves others. */
  suspects: ProcessNote[];
  /** Panes that other sessions have too: they run on there. */
  shared: { pane: string; with: string[] }[];
}

/** A hook of the user's may start a pane's program again. */
const MOST_ROUNDS = 3;

/**
 * Ends sessions of other tmux servers, and nothing that was not named: TERM (then CONT) to all that runs in their panes,
 * KILL after a while until nothing is found, and at last the session, by tmux' own number for it. What sessions that were
 * not named have too lives on. All are looked for before one is touched.
 *
 * @param names - SOCKET:NAME, as `ps --foreign` shows them.
 * @param killAfterMs - from TERM to KILL.
 * @returns for each how it ended, or why it did not.
 * @throws as {@link findForeign}, and nothing is ended then.
 * @example await endForeign(['default:build'], 10_000);
 */
export async function endForeign(
  names: readonly string[],
  killAfterMs: number,
): Promise<PromiseSettledResult<EndedForeign>[]> {
  const found = await findForeign(names);
  const targets = [...new Map(found.map((target) => [`${target.socket} ${target.session.id}`, target])).values()];
  const isNamed = (socket: string, id: string): boolean =>
    targets.some((other) => other.socket === socket && other.session.id === id);
  return Promise.allSettled(
    targets.map((target) => {
      const others = target.all.filter(({ id }) => !isNamed(target.socket, id));
      return endOne(target, sharedPanes(target.session, others), killAfterMs);
    }),
  );
}

async function endOne(
  target: ForeignTarget,
  shared: ReadonlyMap<string, string[]>,
  killAfterMs: number,
): Promise<EndedForeign> {
  const hunt = new PaneHunt(target.serverPid);
  hunt.add(target.session.panes.filter(({ id }) => !shared.has(id)));
  await hunt.ask(killAfterMs);
  for (let round = 1; ; round++) {
    await hunt.kill();
    const { session, all } = await lookAgain(target);
    if (session === undefined) break;
    if (round > MOST_ROUNDS)
      throw new AgentctlError(
        `the session ${target.id} is still there: look at it with "${commandLine(['tmux', '-S', target.socket, 'attach'])}"`,
      );
    const sharedNow = sharedPanes(session, all);
    const anew = hunt.add(session.panes.filter((pane) => pane.ended === undefined && !sharedNow.has(pane.id)));
    // Closing it hangs up what was started in it since: the next look finds that.
    if (anew === 0 || round === MOST_ROUNDS) await closeForeignSession(target.socket, target.serverPid, session);
  }
  return {
    id: target.id,
    ...hunt.told(),
    suspects: hunt.suspects(),
    shared: [...shared].map(([pane, names]) => ({
      pane,
      with: names.map((name) => foreignName(socketFolder(), target.socket, name)),
    })),
  };
}

/** The session, if it is still the one that was found (same server, same number, same beginning), and its server's others. */
async function lookAgain({
  socket,
  serverPid,
  session,
  id,
}: ForeignTarget): Promise<{ session: TmuxSession | undefined; all: readonly TmuxSession[] }> {
  const answer = await sessionsOn(socket, PATIENT_MS);
  if (answer.is === 'silent' || answer.is === 'refusal') {
    const why = answer.is === 'silent' ? 'it does not answer any more' : answer.words;
    throw new BusyError(`the tmux server of ${id} cannot be asked how far that came (${why}): try again`);
  }
  // A server ends with its last session.
  const all = answer.is === 'sessions' && answer.serverPid === serverPid ? answer.sessions : [];
  return { session: all.find((one) => one.id === session.id && one.createdAtMs === session.createdAtMs), all };
}
