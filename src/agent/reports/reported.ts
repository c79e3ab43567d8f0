import type { Report } from '../evidence.ts';
import type { Heard } from './heard.ts';

/** One file in reports/: a record that agentctl wrote, or an event of the agent's own, understood. */
export type Saying = { record: Report } | { heard: Heard; atMs: number };

/** What the files in reports/ come to. */
export interface Reported {
  /** What decides; undefined where nothing was said. */
  report: Report | undefined;
  /** The agent's own session, by which it can be taken up again; undefined where it did not say. */
  session: string | undefined;
  /** Whether a person has ever typed at its terminal. */
  typed: boolean;
  /** The files that were looked at and say nothing that can be understood, newest first. */
  unread: readonly string[];
}

/** Who writes more that say nothing, one after the other, has said nothing. */
const MOST_UNREAD = 100;
/** As many subagents may go on while one thing stays true. */
const MOST_FILES = 2000;
/** `UPTIME-PID`, a count where one process says two things at one time, a tag, and whose words they are. */
const NAME = /^(\d{15})-\d+(?:_\d+)?(?:-([a-z][0-9A-Za-z_-]*))?\.([a-z]+)$/;

/** What a name in reports/ says of its file; undefined where it is none of ours. */
export function parseReportName(file: string): { uptimeMs: number; tag: string | undefined; kind: string } | undefined {
  const [, uptime, tag, kind = ''] = NAME.exec(file) ?? [];
  return uptime === undefined ? undefined : { uptimeMs: Number(uptime), tag, kind };
}

/**
 * What was said of an agent, by what came last: events are followed from the last one that settles all that was before.
 *
 * @param files - names in reports/, in any order; their names sort by time.
 * @param source - whose events count; undefined counts records only.
 * @param read - undefined for a file that cannot be understood, null for one that means nothing.
 */
export function reported(files: readonly string[], source: string | undefined, read: Read): Reported {
  const { named, own } = ownFiles(files, source, read);
  const unread: string[] = [];
  const since: Told[] = [];
  let settledAtMs: number | undefined;
  for (const { file, uptimeMs } of named.slice(-MOST_FILES).reverse()) {
    // What came at the same time is put in order below.
    if ((settledAtMs !== undefined && uptimeMs < settledAtMs) || unread.length >= MOST_UNREAD) break;
    const saying = read(file);
    if (saying === undefined) unread.push(file);
    if (!saying || isAnothers(saying, own)) continue;
    since.push({ uptimeMs, saying });
    if (settlesAll(saying, since)) settledAtMs ??= uptimeMs;
  }
  return {
    report: followAll(since.reverse(), source).at(-1)?.report,
    session: own?.resumeBy,
    typed: named.some(({ tag }) => tag === 'keys'),
    unread,
  };
}

/**
 * For how long an agent waited for a person, as far as it said so; undefined where nothing was ever said.
 *
 * @param endUptimeMs - when it ended.
 */
export function waitedMs(
  files: readonly string[],
  source: string | undefined,
  read: Read,
  endUptimeMs: number,
): number | undefined {
  const { named, own } = ownFiles(files, source, read);
  const told = named.slice(-MOST_FILES).flatMap(({ file, uptimeMs }): Told[] => {
    const saying = read(file);
    return saying && !isAnothers(saying, own) ? [{ uptimeMs, saying }] : [];
  });
  const states = followAll(told, source);
  if (states.length === 0) return undefined;
  const ends = [...states.slice(1).map(({ uptimeMs }) => uptimeMs), endUptimeMs];
  return states
    .map(({ uptimeMs, report }, at) => (report?.state === 'waiting' ? Math.max(0, (ends[at] ?? 0) - uptimeMs) : 0))
    .reduce((sum, one) => sum + one, 0);
}

interface Told {
  uptimeMs: number;
  saying: Saying;
}

/** Those that count, by time, and the session that is the agent's own. */
function ownFiles(files: readonly string[], source: string | undefined, read: Read) {
  const named = files
    .flatMap((file) => {
      const name = parseReportName(file);
      return name && (name.kind === 'json' || name.kind === source) ? [{ file, ...name }] : [];
    })
    .sort((a, b) => (a.file < b.file ? -1 : 1));
  const events = named.filter(({ kind }) => kind === source);
  const changes = events.filter(({ tag }) => tag === 'session');
  return { named, own: ownSession(firstSession(events, read), changes, read) };
}

/** What was true after each. */
function followAll(told: readonly Told[], source: string | undefined): { uptimeMs: number; report?: Report }[] {
  const inOrder = told.toSorted((a, b) => a.uptimeMs - b.uptimeMs || rank(a.saying) - rank(b.saying));
  let known: Known | undefined;
  return inOrder.map(({ uptimeMs, saying }) => {
    known = follow(known, saying, source ?? '', uptimeMs);
    return { uptimeMs, ...(known && { report: known.report }) };
  });
}

type Read = (file: string) => Saying | undefined | null;

/**
 * The agent's own session: the first of which anything is heard. A nested agent has inherited the environment and would
 * speak for its parent. One that is cleared, or resumes another session, hands over to the next that begins.
 */
function ownSession(
  first: Session | undefined,
  changes: readonly { file: string }[],
  read: Read,
): OwnSession | undefined {
  if (first === undefined) return undefined;
  let own: OwnSession = { ...first, all: new Set([first.session]) };
  let handsOver = false;
  for (const { file } of changes) {
    const heard = heardIn(read(file));
    const session = heard && sessionOf(heard);
    if (!heard || session === undefined) continue;
    if (heard.says === 'began' && (handsOver || heard.takesOver)) {
      own = { ...session, all: new Set([...own.all, session.session]) };
      handsOver = false;
    }
    if (heard.says === 'makes-room' && session.session === own.session) handsOver = true;
  }
  return own;
}

function firstSession(events: readonly { file: string }[], read: Read): Session | undefined {
  for (const { file } of events.slice(0, MOST_UNREAD)) {
    const heard = heardIn(read(file));
    const session = heard && sessionOf(heard);
    if (session !== undefined) return session;
  }
  return undefined;
}

interface Session {
  session: string;
  resumeBy: string;
}

interface OwnSession extends Session {
  /** Those before it too: what was true stays so until the new one says something. */
  all: ReadonlySet<string>;
}

function sessionOf({ session, resumeBy }: Heard): Session | undefined {
  return session === null ? undefined : { session, resumeBy: resumeBy ?? session };
}

function heardIn(saying: Saying | undefined | null): Heard | undefined {
  return saying && 'heard' in saying ? saying.heard : undefined;
}

function isAnothers(saying: Saying, own: OwnSession | undefined): boolean {
  if ('record' in saying || saying.heard.session === null || own === undefined) return false;
  return !own.all.has(saying.heard.session);
}

/** As many words that somebody gave it something to do are looked at for the turn that they belong to. */
const MOST_PROMPTS = 8;

/** After these nothing depends on what was said before; a prompt may be one more of the turn that another one began. */
function settlesAll(saying: Saying, since: readonly Told[]): boolean {
  if ('record' in saying && saying.record.state === 'done') return true;
  if ('heard' in saying && saying.heard.says !== 'working') return false;
  if ('heard' in saying && saying.heard.says === 'working' && !saying.heard.turn) return true;
  const own = since.filter(({ saying: one }) => 'heard' in one && one.heard.says === 'working');
  const given = since.filter(({ saying: one }) => 'record' in one);
  return own.length > 1 || own.length + given.length >= MOST_PROMPTS;
}

/** Of what was said at one time: a failure outdoes a stop, a stop a notification (design: "Reports"). */
function rank(saying: Saying): number {
  if ('record' in saying) return 8;
  return ['began', 'makes-room', 'working', 'goes-on', 'sits', 'asks', 'finished', 'failed'].indexOf(saying.heard.says);
}

/** What is true, and what a person was asked for; undefined where that was not said. */
interface Known {
  report: Report;
  /** By what its turn is known, and whether a prompt more waits for the end of that. */
  turn?: string | null;
  hasMore?: boolean;
  /** That turn is over, and the next one, of which nothing tells, is likely to run. */
  betweenTurns?: boolean;
  asked?: { by: string | null; with: string };
  /** Its turn was cut off, and nothing that is over by that is done. */
  failed?: boolean;
}

/** Whether a person is asked, and answers at the agent's own terminal. */
export function isQuestion(report: Report | undefined): boolean {
  return report?.state === 'waiting' && ['permission', 'answer'].includes(report.waitingFor ?? '');
}

/** What is true after one more thing was said. */
function follow(before: Known | undefined, saying: Saying, source: string, uptimeMs: number): Known | undefined {
  if ('record' in saying) {
    const { record } = saying;
    return record.state === 'done' ? { report: record } : { report: record, ...turnOf(before) };
  }
  const { heard, atMs } = saying;
  const known = before?.report;
  const isAsked = isQuestion(known);
  // What it said by `agentctl done`, with its result, holds until somebody asks for more.
  const saidSo = known?.state === 'done' && known.source === 'done';
  const now = (change: Partial<Report> = {}): Known => ({
    report: { ...PLAIN, source, atMs, uptimeMs, ...change },
    ...turnOf(before),
  });
  switch (heard.says) {
    case 'began':
    case 'makes-room':
      return before;
    case 'working':
      return {
        ...now(),
        turn: heard.turn ?? null,
        hasMore: typeof heard.turn === 'string' && heard.turn === before?.turn,
      };
    case 'goes-on':
      // Others go on while one of them asks.
      if (before && isAsked) return isAnswered(before, heard) ? now({ background: known?.background ?? [] }) : before;
      return saidSo || known?.state === 'working' || heard.by !== null ? before : now();
    case 'sits':
      if (before?.betweenTurns) return now({ state: 'done', status: 'success', message: known?.message ?? null });
      if (known !== undefined && known.background.length > 0) return before;
      // A turn that was interrupted tells nothing else; one that is over has told more.
      if (known === undefined || isAsked || known.state === 'working')
        return now({ state: 'waiting', waitingFor: 'input' });
      return before;
    case 'asks': {
      const { waitingFor, message } = heard;
      // The notification that follows says less.
      if (isAsked) return before;
      const asking = now({ state: 'waiting', waitingFor, message, background: known?.background ?? [] });
      return heard.with === null ? asking : { ...asking, asked: { by: heard.by, with: heard.with } };
    }
    case 'failed':
      if (saidSo) return before;
      return { ...now({ state: 'waiting', waitingFor: heard.waitingFor, message: heard.message }), failed: true };
    case 'finished':
      if (before?.failed || saidSo) return before;
      // It ended its turn to wait for a subagent, which asks.
      if (isAsked && before?.asked?.by && heard.background.length > 0)
        return { ...before, report: { ...before.report, background: heard.background } };
      if (heard.background.length > 0) return now({ message: heard.message, background: heard.background });
      if (before?.hasMore && before.turn === heard.turn)
        return { ...now({ message: heard.message }), turn: null, hasMore: false, betweenTurns: true };
      return now({ state: 'done', status: 'success', message: heard.message });
    default:
      return heard satisfies never;
  }
}

function turnOf(before: Known | undefined): Pick<Known, 'turn' | 'hasMore'> {
  return { turn: before?.turn ?? null, hasMore: before?.hasMore ?? false };
}

function isAnswered({ asked }: Known, { by, with: what, begins }: Extract<Heard, { says: 'goes-on' }>): boolean {
  return !begins && (asked === undefined || what === null || (asked.by === by && asked.with === what));
}

const PLAIN = {
  state: 'working',
  status: null,
  message: null,
  resultFile: null,
  waitingFor: null,
  background: [],
} as const;
