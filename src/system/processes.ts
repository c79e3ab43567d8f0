import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { availableParallelism, constants, getPriority, setPriority } from 'node:os';
import type { Liveness, ProcessIdentity } from '../agent/evidence.ts';
import type { Process } from '../agent/tree.ts';
import { codeOf } from '../errors.ts';
import { pause } from './clock.ts';

const COOKIE = Buffer.from('\0AGENTCTL_RUN_ID=');
/** What even a daemon's environment holds, and what systemd gives to those that it starts itself. */
const USUAL = ['\0HOME=', '\0INVOCATION_ID='].map((text) => Buffer.from(text));
const PAGE_BYTES = 4096;

/** Who this process is. */
export function self(): ProcessIdentity {
  const stat = readStat(process.pid);
  if (stat === undefined) throw new Error('/proc is not mounted: agentctl needs it to tell processes apart');
  return { pid: stat.pid, startTime: stat.startTime };
}

/** Whether exactly this process still lives. A zombie does not: it holds a number, nothing else. */
export function livenessOf(identity: ProcessIdentity | undefined): Liveness {
  if (identity === undefined || identity.pid <= 1) return 'dead';
  const stat = readStat(identity.pid);
  return stat !== undefined && stat.startTime === identity.startTime && !stat.zombie ? 'alive' : 'dead';
}

/** Whether any process has this number: that costs far less than to know which. */
export function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/**
 * Sends a signal to exactly this process: its start time is compared first, so that a number that was used again is
 * never hit.
 *
 * @returns whether it was there; `refused` where it is there and the system does not let us.
 */
export function signal(identity: ProcessIdentity, name: NodeJS.Signals): 'sent' | 'gone' | 'refused' {
  if (!Number.isInteger(identity.pid) || identity.pid <= 1 || livenessOf(identity) === 'dead') return 'gone';
  try {
    process.kill(identity.pid, name);
    return 'sent';
  } catch (error) {
    return codeOf(error) === 'ESRCH' ? 'gone' : 'refused';
  }
}

/**
 * Every process of this machine that we may see, with its cookie where it has one. One pass, synchronous: 9 ms for 1,000.
 *
 * @param known - of the pass before, for whoever only measures: of those who are still there the environment is not read
 *   again. Who has put on another one since, by exec, is taken for who it was.
 * @param asTheyWere - pids of those of whom nothing is read again: who has got such a number since is not seen.
 */
export function processTable(known: readonly Process[] = [], asTheyWere: ReadonlySet<number> = NOBODY): Process[] {
  const scratch = Buffer.allocUnsafe(256 * 1024);
  const before = new Map(known.map((process) => [process.pid, process]));
  const table: Process[] = [];
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const was = before.get(pid);
    const found = was && asTheyWere.has(pid) ? was : readProcess(pid, scratch, was);
    if (found) table.push(found);
  }
  return table;
}

const NOBODY: ReadonlySet<number> = new Set();

/** Undefined where it has ended, perhaps while we looked. */
function readProcess(pid: number, scratch: Buffer, known?: Process): Process | undefined {
  const stat = readStat(pid);
  if (stat === undefined) return undefined;
  if (known?.startTime === stat.startTime) return Object.assign({}, known, stat);
  try {
    const environment = stat.zombie ? UNREADABLE : environmentOf(pid, scratch);
    // Not `{ ...stat, ...environment }`: what V8 makes of that is slow to make and to read, and four times as large.
    return Object.assign({ uid: statSync(`/proc/${pid}`).uid }, stat, environment);
  } catch {
    return undefined;
  }
}

/** Between two tables; whoever asks meanwhile gets the next one together with all others. */
const TABLE_EVERY_MS = 2;
let next: Promise<Process[]> | undefined;

/**
 * The process table as of a moment after this call. Whoever asks within the same moment shares it: to end many agents at
 * once costs no more scans than to end one.
 */
export function nextProcessTable(): Promise<Process[]> {
  next ??= pause(TABLE_EVERY_MS)
    .then(() => {
      next = undefined;
      return processTable();
    })
    .finally(() => {
      next = undefined;
    });
  return next;
}

/** A link of a chain of forks is found within two milliseconds, where there is one. */
const CHASE_MS = 30;
/** Where nobody is born for so long, there is no such chain: its next link may have to wait for a processor. */
const QUIET_MS = 10;
/** How much longer it may take where more want to run than there are processors. */
const LONGEST_QUEUE = 4;

/** Runs `act` before all others: who has to wait for a processor comes too late. Where that is not allowed, as it is. */
export function inHurry<T>(act: () => T): T {
  const former = getPriority();
  try {
    setPriority(constants.priority.PRIORITY_HIGHEST);
  } catch {
    return act();
  }
  try {
    return act();
  } finally {
    setPriority(former);
  }
}

/**
 * A process with this cookie among those that are born just now, and behind it its ancestors; empty where there is none.
 * One that lives for a millisecond is gone by the time a scan of all comes to it, since the newest are read last.
 */
export function newestWithCookie(runId: string): Process[] {
  const scratch = Buffer.allocUnsafe(256 * 1024);
  const begun = process.hrtime.bigint();
  const passedMs = (): number => Number(process.hrtime.bigint() - begun) / 1e6;
  const queue = Math.min(LONGEST_QUEUE, Math.max(1, runnable() / availableParallelism()));
  let last = newestPid();
  for (let bornMs = 0; passedMs() < CHASE_MS * queue && passedMs() - bornMs < QUIET_MS * queue; ) {
    const newest = newestPid();
    if (newest === last) continue;
    bornMs = passedMs();
    // Backwards where the numbers began anew.
    for (let pid = newest; pid > Math.max(last - 3, newest - 30, 1); pid--) {
      if (environmentOf(pid, scratch).cookie === runId) return withAncestors(pid, scratch);
    }
    last = newest;
  }
  return [];
}

function withAncestors(pid: number, scratch: Buffer): Process[] {
  const line: Process[] = [];
  for (let next = pid; next > 1; next = line.at(-1)?.parentPid ?? 0) {
    const found = readProcess(next, scratch);
    if (found === undefined) break;
    line.push(found);
  }
  return line;
}

/** The number that was given to a process last. */
function newestPid(): number {
  return Number(loadAverage()[4]);
}

/** Whether more want to run just now than there are processors. */
export function isCrowded(): boolean {
  return runnable() > availableParallelism();
}

/** How many want to run just now, we among them. */
function runnable(): number {
  return Number.parseInt(loadAverage()[3] ?? '', 10);
}

function loadAverage(): string[] {
  return readFileSync('/proc/loadavg', 'latin1').trim().split(' ');
}

/** The command line of a process, for people; its name in brackets where it has none. */
export function commandOf(pid: number, name: string): string {
  try {
    const text = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0+$/, '').replaceAll('\0', ' ');
    return text || `[${name}]`;
  } catch {
    return `[${name}]`;
  }
}

/** The words of a process's command line; empty where it is gone or has none. */
export function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0$/, '').split('\0');
  } catch {
    return [];
  }
}

/** Some variables of another process's environment, as it was started with; those that it has and we may read. */
export function variablesOf(pid: number, names: readonly string[]): Record<string, string> {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return {};
  }
  const pairs = text.split('\0').map((pair) => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at), pair.slice(at + 1)] as const;
  });
  return Object.fromEntries(pairs.filter(([name]) => names.includes(name)));
}

/** Who has this pid now; undefined where nobody has. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid);
  return stat && { pid: stat.pid, startTime: stat.startTime };
}

/** The name of a process, and the group that it is in; undefined where it is gone. */
export function groupOf(pid: number): { name: string; groupId: number } | undefined {
  const stat = readStat(pid);
  return stat && { name: stat.name, groupId: stat.groupId };
}

/** What a process has used up; undefined where it is gone. */
export function usageOf(identity: ProcessIdentity): { cpuSeconds: number; memoryBytes: number } | undefined {
  if (livenessOf(identity) === 'dead') return undefined;
  try {
    const stat = readFileSync(`/proc/${identity.pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // In clock ticks, of which Linux shows 100 a second, and pages of 4 KiB.
    return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100, memoryBytes: Number(fields[21]) * 4096 };
  } catch {
    return undefined;
  }
}

type FromEnvironment = Pick<Process, 'cookie' | 'bareEnvironment'>;
type Stat = Omit<Process, 'uid' | keyof FromEnvironment>;

const UNREADABLE: FromEnvironment = { cookie: undefined, bareEnvironment: false };

/** A name for it would be made into this, each time. */
const AS_TEXT = { encoding: 'utf8', flag: 'r' } as const;

function readStat(pid: number): Stat | undefined {
  let text: string;
  try {
    // As UTF-8, which Node reads in one call: a manager of 500 agents reads this thousands of times a minute.
    text = readFileSync(`/proc/${pid}/stat`, AS_TEXT);
  } catch (error) {
    // Out of file descriptors is not "dead": what cannot be known must not be taken for gone.
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ESRCH') return undefined;
    throw error;
  }
  // The name may itself hold ") ": the fields begin behind the last one.
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ');
  const state = fields[0];
  return {
    pid,
    name: text.slice(text.indexOf('(') + 1, close),
    parentPid: Number(fields[1]),
    groupId: Number(fields[2]),
    sessionId: Number(fields[3]),
    hasTerminal: fields[4] !== '0',
    cpuTicks: Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14]),
    memoryBytes: Number(fields[21]) * PAGE_BYTES,
    startTime: fields[19] ?? '',
    zombie: state === 'Z' || state === 'X' || state === 'x',
  };
}

/** Without a cookie where there is none, or where the environment is not ours to read. */
function environmentOf(pid: number, scratch: Buffer): FromEnvironment {
  let file: number;
  try {
    file = openSync(`/proc/${pid}/environ`, 'r');
  } catch {
    return UNREADABLE;
  }
  try {
    // A leading NUL, so that the first variable is found like the others.
    scratch[0] = 0;
    let length = 1;
    for (let read = 1; read > 0 && length < scratch.length; length += read) {
      read = readSync(file, scratch, length, scratch.length - length, null);
    }
    const environ =
      length < scratch.length
        ? scratch.subarray(0, length)
        : Buffer.concat([Buffer.of(0), readFileSync(`/proc/${pid}/environ`)]);
    const at = environ.indexOf(COOKIE);
    if (at < 0) return { cookie: undefined, bareEnvironment: !USUAL.some((usual) => environ.includes(usual)) };
    const end = environ.indexOf(0, at + COOKIE.length);
    const cookie = environ.toString('latin1', at + COOKIE.length, end < 0 ? environ.length : end);
    return { cookie, bareEnvironment: false };
  } catch {
    return UNREADABLE;
  } finally {
    closeSync(file);
  }
}
