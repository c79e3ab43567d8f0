import { join } from 'node:path';

/** Where things are in a state directory; the layout is public (state/README.md). */
export function agentsDir(stateDir: string): string {
  return join(stateDir, 'agents');
}

export function archiveDir(stateDir: string): string {
  return join(stateDir, 'archive');
}

export function agentDir(stateDir: string, name: string): string {
  return join(stateDir, 'agents', name);
}

/** An agent that is being made: renamed to its place when whole. */
export function newAgentDir(stateDir: string, runId: string): string {
  return join(stateDir, 'agents', `.new.${runId}`);
}

export function archivedAgentDir(stateDir: string, name: string, runId: string): string {
  return join(stateDir, 'archive', `${name}.${runId}`);
}

/** The one file to watch: touched whenever something is published. */
export function bellFile(stateDir: string): string {
  return join(stateDir, 'bell');
}

/** The reconcile lock of one run: beside the agents, so that a move to the archive does not carry it away. */
export function lockFile(stateDir: string, runId: string): string {
  return join(stateDir, 'agents', `.lock.${runId}`);
}

/** Held while somebody counts the places of those that wait in line, and takes one. */
export function queueLock(stateDir: string): string {
  return join(stateDir, 'agents', '.lock.queue');
}

/** Which process is the manager. */
export function managerFile(stateDir: string): string {
  return join(stateDir, 'manager.json');
}

/** Held while a manager begins or leaves. */
export function managerLock(stateDir: string): string {
  return join(stateDir, 'manager.lock');
}

/** The manager's log: a line a decision. */
export function managerLogFile(stateDir: string): string {
  return join(stateDir, 'manager.log');
}

/** While it is there, no command starts a manager. */
export function managerOffFile(stateDir: string): string {
  return join(stateDir, 'manager.off');
}

/** What happened, a line each. */
export function eventsFile(stateDir: string): string {
  return join(stateDir, 'events.ndjson');
}

/** How those ended that were removed from the archive since, a line each. */
export function removedFile(stateDir: string): string {
  return join(stateDir, 'removed.ndjson');
}

/** When the manager last looked. */
export function lookFile(stateDir: string): string {
  return join(stateDir, 'look.json');
}
