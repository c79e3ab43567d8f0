import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { codeOf } from '../errors.ts';
import type { Spec } from './generated/types.ts';
import * as validators from './generated/validators.js';
import { agentDir, agentsDir, newAgentDir } from './paths.ts';
import { readRecord } from './record-file.ts';
import { makeSpareRoom } from './spare-room.ts';
import { syncDirectory } from './sync-directory.ts';

/** How often the watchdog beats, and how long after the cap it acts where no manager did. */
const BEAT_SECONDS = 5;
const LATE_SECONDS = 30;

/** Making an agent's directory takes milliseconds. */
const ABANDONED_MS = 60_000;

export interface Link {
  linkTo: string;
}

/** What a profile wants in an agent's directory, by relative path: the text of a file, or what a link leads to. */
export type ExtraFiles = Readonly<Record<string, string | Link>>;

export interface NewAgent {
  spec: Spec;
  launchScript: string;
  environmentScript: string;
  files: ExtraFiles;
  /** The agent's whole stdin, where it was given one; undefined for none. */
  stdin: Buffer | undefined;
}

/**
 * Makes an agent's directory, whole and synced, under a name that is not yet an agent's.
 *
 * Everything that must be writable when the disk is full is made here, beforehand: the heartbeat, and exit.tmp at its
 * full width, over which the wrapper will write the code in place.
 */
export function makeAgentDir(stateDir: string, agent: NewAgent): string {
  const { spec } = agent;
  const directory = newAgentDir(stateDir, spec.runId);
  mkdirSync(directory, { mode: 0o700 });
  const write = (file: string, content: string | Buffer, sync = false): void => {
    const fd = openSync(join(directory, file), 'wx', 0o600);
    try {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content;
      for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
      if (sync) fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  };
  write('spec.json', `${JSON.stringify(spec)}\n`, true);
  write('launch.sh', agent.launchScript);
  write('env', agent.environmentScript);
  for (const [file, content] of Object.entries(agent.files)) {
    mkdirSync(dirname(join(directory, file)), { recursive: true, mode: 0o700 });
    if (typeof content === 'string') write(file, content);
    else symlinkSync(content.linkTo, join(directory, file));
  }
  if (agent.stdin !== undefined) write('stdin', agent.stdin);
  write('limits', `${limitsLine(spec)}\n`);
  if (spec.spare?.length) write('spared', `${spec.spare.join('\n')}\n`);
  write('heartbeat', '');
  write('output.log', '');
  write('exit.tmp', `${pendingExit(spec.runId)}\n`, true);
  mkdirSync(join(directory, 'reports'), { mode: 0o700 });
  makeSpareRoom(directory);
  syncDirectory(directory);
  return directory;
}

/**
 * Gives a whole directory its name. The rename is the claim: it refuses a name that is taken.
 *
 * @returns false where it is.
 */
export function claimName(stateDir: string, { name, runId }: Pick<Spec, 'name' | 'runId'>): boolean {
  const target = agentDir(stateDir, name);
  // rename(2) would replace an empty directory; no agent's is empty, but a person's mkdir might be.
  if (existsSync(target)) return false;
  try {
    renameSync(newAgentDir(stateDir, runId), target);
  } catch (error) {
    if (codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST' || codeOf(error) === 'ENOTDIR') return false;
    throw error;
  }
  return true;
}

/** Removes what never became an agent. */
export function discardNewAgent(stateDir: string, runId: string): void {
  rmSync(newAgentDir(stateDir, runId), { recursive: true, force: true });
}

/**
 * Removes what launchers that died left half made, secrets included: nobody will ever finish it.
 *
 * @param isAbandoned - whether its launcher provably died.
 */
export function removeHalfMade(
  stateDir: string,
  isAbandoned: (spec: Pick<Spec, 'launcher' | 'bootId' | 'pidNamespace'>) => boolean,
): void {
  for (const entry of readdirSync(agentsDir(stateDir))) {
    if (!entry.startsWith('.new.')) continue;
    const directory = join(agentsDir(stateDir), entry);
    try {
      const spec = readRecord(join(directory, 'spec.json'), validators.spec);
      // Without a spec nobody knows whose it is: then its age tells.
      const age = Date.now() - (statSync(directory, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
      const abandoned = spec.state === 'there' ? isAbandoned(spec.value) : age > ABANDONED_MS;
      if (abandoned) rmSync(directory, { recursive: true, force: true });
    } catch {
      // What cannot be removed stays: it keeps nobody from being started, nor the manager from looking after agents.
    }
  }
}

/** `limits`: plain words and whole seconds, since the watchdog, a shell script, reads them at every beat. */
function limitsLine({ runId, limits, parent, withParent }: Spec): string {
  const cap = limits.maxRuntimeSeconds === null ? 'none' : String(Math.ceil(limits.maxRuntimeSeconds));
  const words = [runId, cap, String(Math.ceil(limits.killAfterSeconds)), String(BEAT_SECONDS), String(LATE_SECONDS)];
  if (withParent && parent !== null) words.push(parent.name, parent.runId);
  return words.join(' ');
}

/** The same width as what the wrapper will write over it (its printf is the other half of this format). */
function pendingExit(runId: string): string {
  const fields = ['null', '"pending"'.padEnd(10), '"natural"'.padEnd(13), '0.00'.padStart(12)];
  return `{"schemaVersion":1,"runId":"${runId}","code":${fields[0]},"how":${fields[1]},"cause":${fields[2]},"uptimeSeconds":${fields[3]}}`;
}
