import type { ProcessIdentity } from '../agent/evidence.ts';
import { paneTree } from '../agent/pane-tree.ts';
import { lineage, type Member, type Process, servesEveryone } from '../agent/tree.ts';
import type { ProcessNote } from '../store/generated/types.ts';
import { pause, uptimeMs } from '../system/clock.ts';
import { ignoresTerm, type TmuxPane } from '../system/foreign-tmux.ts';
import { nextProcessTable, processTable, signal, variablesOf } from '../system/processes.ts';
import { noteOf, untilGone } from './end-tree.ts';
import { isPaneHere } from './foreign-sessions.ts';

const LOOK_EVERY_MS = 50;

/** The processes of some panes, from the first look to their end. */
export class PaneHunt {
  readonly #serverPid: number;
  readonly #panes: ProcessIdentity[] = [];
  readonly #ids = new Set<string>();
  readonly #cookies = new Set<string>();
  readonly #known = new Map<string, Member>();
  readonly #spared = new Map<number, ProcessNote>();
  readonly #notes = new Map<string, ProcessNote>();
  #left: readonly Member[] = [];

  /** @param serverPid - whose panes they are. */
  constructor(serverPid: number) {
    this.#serverPid = serverPid;
  }

  /** Takes on panes; returns how many were new. */
  add(panes: readonly TmuxPane[]): number {
    const table = processTable();
    const byPid = new Map(table.map((process) => [process.pid, process]));
    let anew = 0;
    for (const pane of panes) {
      const leader = byPid.get(pane.pid);
      this.#ids.add(pane.id);
      if (pane.ended !== undefined) this.#addLeftOf(pane, table);
      else if (leader && isPaneHere(pane, this.#serverPid, leader) && !this.#hasPane(leader)) {
        this.#panes.push(leader);
        for (const cookie of cookiesOf([leader], byPid)) this.#cookies.add(cookie);
        anew++;
      }
    }
    return anew;
  }

  #hasPane({ pid, startTime }: ProcessIdentity): boolean {
    return this.#panes.some((pane) => pane.pid === pid && pane.startTime === startTime);
  }

  /** What runs on in a pane whose program has ended: its number may be another's by now, unless the environment says not. */
  #addLeftOf(pane: TmuxPane, table: readonly Process[]): void {
    const inSession = table.filter(({ sessionId, pid }) => sessionId === pane.pid && pid !== pane.pid);
    for (const process of inSession) if (this.#origin(process) === pane.id) this.#remember({ process, why: 'session' });
  }

  /** TERM to all of them, and time to clean up. */
  async ask(killAfterMs: number): Promise<void> {
    const until = uptimeMs() + killAfterMs;
    for (const { process } of this.#look(await nextProcessTable())) {
      signal(process, 'SIGTERM');
      // As when their terminal is closed: a shell at its prompt ignores TERM, and hears nothing but this.
      if (process.pid === process.sessionId && ignoresTerm(process)) signal(process, 'SIGHUP');
      // A stopped process hears them only when it runs again.
      signal(process, 'SIGCONT');
    }
    while (uptimeMs() < until && this.#look(await nextProcessTable()).length > 0)
      await pause(Math.min(LOOK_EVERY_MS, until - uptimeMs()));
  }

  /** KILL to what is left, until nothing is found. */
  async kill(): Promise<void> {
    const { members } = await untilGone((table) => {
      const found = this.#look(table);
      for (const { process } of found) signal(process, 'SIGKILL');
      return { members: found };
    });
    this.#left = members;
  }

  /**
   * What was started in these panes, by its environment, and has left them before we looked. Perhaps it serves others: it
   * is named, never signalled.
   */
  suspects(): ProcessNote[] {
    const own = process.getuid?.();
    const isLeft = (one: Process): boolean =>
      one.uid === own && !one.zombie && one.cookie === undefined && !servesEveryone(one) && one.pid !== process.pid;
    return processTable()
      .filter((one) => isLeft(one) && !this.#known.has(idOf(one)) && !this.#spared.has(one.pid))
      .filter((one) => this.#ids.has(this.#origin(one) ?? ''))
      .map((one) => noteOf({ process: one, why: 'suspect' }));
  }

  /** The pane of this server in which a process was started, by its environment. */
  #origin({ pid }: Process): string | undefined {
    const { TMUX, TMUX_PANE } = variablesOf(pid, ['TMUX', 'TMUX_PANE']);
    // Socket, server, session.
    return TMUX?.split(',').at(-2) === String(this.#serverPid) ? TMUX_PANE : undefined;
  }

  /** What became of them. */
  told(): Record<'ended' | 'spared' | 'survivors', ProcessNote[]> {
    const left = new Set(this.#left.map(({ process }) => idOf(process)));
    const ended = [...this.#notes].filter(([id]) => !left.has(id)).map(([, note]) => note);
    return { ended, spared: [...this.#spared.values()], survivors: this.#left.map(noteOf) };
  }

  #look(table: readonly Process[]): readonly Member[] {
    const never = new Set([...lineage(process.pid, table), this.#serverPid]);
    const known = [...this.#known.values()];
    const { members, spared } = paneTree({ panes: this.#panes, known, cookies: this.#cookies, never }, table);
    for (const member of members) this.#remember(member);
    for (const member of spared) this.#spared.set(member.process.pid, noteOf(member));
    return members;
  }

  #remember(member: Member): void {
    const id = idOf(member.process);
    if (this.#known.has(id)) return;
    this.#known.set(id, member);
    this.#notes.set(id, noteOf(member));
  }
}

/** What the panes' server was started with. One that was emptied on purpose says "not yours", whoever has it too. */
export function cookiesOf(panes: readonly ProcessIdentity[], byPid: ReadonlyMap<number, Process>): Set<string> {
  return new Set(panes.flatMap(({ pid }) => byPid.get(pid)?.cookie || []));
}

function idOf({ pid, startTime }: ProcessIdentity): string {
  return `${pid} ${startTime}`;
}
