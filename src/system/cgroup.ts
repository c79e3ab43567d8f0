import { existsSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pause } from './clock.ts';

/** An agent's control group (version 2) is called by its run id; launch.sh makes it, since only it can move itself in. */
const AGENTS_OWN = /^agentctl-[0-9a-z]{8,40}$/;
/** What stands unescaped in shell and JSON: nothing else becomes part of a group's path. */
const HARMLESS = /^[A-Za-z0-9/._:@-]+$/;

/** The name of an agent's control group. */
export function cgroupName(runId: string): string {
  return `agentctl-${runId}`;
}

/** Where control groups of version 2 are mounted; undefined where they are not, or where the path is no plain one. */
export function cgroupMount(): string | undefined {
  const mounts = read('/proc/self/mounts') ?? '';
  const mount = /^\S+ (\S+) cgroup2 /m.exec(mounts)?.[1];
  return mount !== undefined && HARMLESS.test(mount) ? mount : undefined;
}

/**
 * The processes in a control group and in those below it, but not in another agent's (of a tmux server that was started
 * in there). Empty where the group has gone.
 */
export function pidsInCgroup(directory: string): ReadonlySet<number> {
  const pids = new Set<number>();
  for (const group of groupsOf(directory)) {
    // A process of an outer pid namespace shows as 0, and a threaded group has no list.
    for (const pid of (read(join(group, 'cgroup.procs')) ?? '').split('\n')) if (Number(pid) > 1) pids.add(Number(pid));
  }
  return pids;
}

/** The processor time of everything that ever ran in it; undefined where the group has gone. */
export function cgroupCpuSeconds(directory: string): number | undefined {
  const microseconds = /^usage_usec (\d+)$/m.exec(read(join(directory, 'cpu.stat')) ?? '')?.[1];
  return microseconds === undefined ? undefined : Number(microseconds) / 1e6;
}

/**
 * Holds everything in a control group still while `act` runs, so that nothing outruns it by forking: who is born
 * meanwhile is born frozen, and SIGKILL ends frozen processes too. Synchronous, since who else is in there (it may have
 * been told to be its own) shall lose no more than milliseconds, and must never stay frozen.
 */
export function whileFrozen<T>(directory: string, act: () => T): T {
  write(join(directory, 'cgroup.freeze'), '1');
  try {
    return act();
  } finally {
    thaw(directory);
  }
}

function thaw(directory: string): void {
  write(join(directory, 'cgroup.freeze'), '0');
}

/** Who was killed in a group is in it for a moment more, on a loaded machine a longer one, and is listed no longer. */
const DYING_MS = 20;
const MOST_TRIES = 20;

/** Removes a control group that nobody is in any more, with what was made below it; one in use stays. */
export async function removeCgroup(directory: string): Promise<void> {
  for (let tries = 1; !tryToRemove(directory) && tries < MOST_TRIES; tries++) {
    if (pidsInCgroup(directory).size > 0) return;
    await pause(DYING_MS);
  }
}

function tryToRemove(directory: string): boolean {
  // An agentctl that was killed while it held the group would leave it frozen for those who may stay in it.
  thaw(directory);
  // The kernel refuses where anybody is in it: no need to look.
  for (const group of groupsOf(directory).reverse()) {
    try {
      rmdirSync(group);
    } catch {
      // In use, or gone.
    }
  }
  return !existsSync(directory);
}

/**
 * What to put before a command (an argv) so that it runs outside the control group of the agent that we may run in: who
 * serves everyone must neither count for that agent nor be frozen with it. Empty where there is nothing to leave.
 */
export function outOfAgentsCgroup(): readonly string[] {
  const mount = cgroupMount();
  const own = /^0::(\/.*)$/m.exec(read('/proc/self/cgroup') ?? '')?.[1]?.split('/') ?? [];
  // The outermost: an agent that was started within an agent's group has its own below that.
  const agents = own.findIndex((part) => AGENTS_OWN.test(part));
  if (mount === undefined || agents < 0) return [];
  const outside = join(mount, ...own.slice(0, agents));
  if (!existsSync(join(outside, 'cgroup.procs'))) return [];
  // Not by our own hand after the start: the command could have forked by then.
  return ['/bin/sh', '-c', '{ echo 0 >"$0/cgroup.procs"; } 2>/dev/null; exec "$@"', outside];
}

/** The group and those below it, from the top down. */
function groupsOf(directory: string): string[] {
  // Whatever a damaged record says, only an agent's own group is looked at, held or removed.
  if (!AGENTS_OWN.test(basename(directory))) return [];
  const found = [directory];
  for (const group of found) {
    for (const name of foldersIn(group)) if (!AGENTS_OWN.test(name)) found.push(join(group, name));
  }
  return found;
}

function foldersIn(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    return [];
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8'); // in one call of Node's
  } catch {
    return undefined;
  }
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'r+' });
  } catch {
    // The group has gone, or is another user's: then nothing is held, and the scans are repeated anyway.
  }
}
