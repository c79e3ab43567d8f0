import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import type { Liveness, ProcessIdentity } from '../agent/evidence.ts';
import type { Process } from '../agent/tree.ts';
import { codeOf } from '../errors.ts';

const COOKIE = Buffer.from('\0AGENTCTL_RUN_ID=');

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

/** Every process of this machine that we may see, with its cookie where it has one. One pass, synchronous: 9 ms for 1,000. */
export function processTable(): Process[] {
  const scratch = Buffer.allocUnsafe(256 * 1024);
  const table: Process[] = [];
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const stat = readStat(pid);
    if (stat === undefined) continue;
    try {
      table.push({
        ...stat,
        uid: statSync(`/proc/${pid}`).uid,
        cookie: stat.zombie ? undefined : cookieOf(pid, scratch),
      });
    } catch {
      // It ended while we looked.
    }
  }
  return table;
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

type Stat = Omit<Process, 'uid' | 'cookie'>;

function readStat(pid: number): Stat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
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
    startTime: fields[19] ?? '',
    zombie: state === 'Z' || state === 'X' || state === 'x',
  };
}

/** Undefined where there is no cookie, or where the environment is not ours to read. */
function cookieOf(pid: number, scratch: Buffer): string | undefined {
  let file: number;
  try {
    file = openSync(`/proc/${pid}/environ`, 'r');
  } catch {
    return undefined;
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
    if (at < 0) return undefined;
    const end = environ.indexOf(0, at + COOKIE.length);
    return environ.toString('latin1', at + COOKIE.length, end < 0 ? environ.length : end);
  } catch {
    return undefined;
  } finally {
    closeSync(file);
  }
}
