import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Member, nextInLine } from '../agent/queue.ts';
import type { Spec } from '../store/generated/types.ts';
import * as validators from '../store/generated/validators.js';
import { withLock } from '../store/lock.ts';
import { queueLock } from '../store/paths.ts';
import { readRecord } from '../store/record-file.ts';
import { withSpareRoom } from '../store/spare-room.ts';
import type { StateDir } from '../store/state-dir.ts';
import { replaceRecord } from '../store/write-record.ts';
import { here, now } from '../system/clock.ts';
import { self } from '../system/processes.ts';
import { lockContext } from './lock-context.ts';
import { type Observed, observeAll } from './observe.ts';

/** Agents as places are counted; those of which nothing can be known take none. */
export function membersOf(agents: readonly Observed[]): Member[] {
  return agents.flatMap(({ evidence: { files }, status: { phase } }) => {
    if (files.spec.state !== 'there') return [];
    const { runId, labels, queue, createdAtMs } = files.spec.value;
    const isInDoubt = phase === 'queued' && files.stopOrder.state === 'damaged';
    return [{ runId, labels, queue, isInDoubt, createdAtMs, phase }];
  });
}

/**
 * Of the agents that are given, those whose turn it is: from now on each counts as being started, by this process. Nobody
 * else takes a place meanwhile.
 *
 * @returns their specs as they are now, by run.
 */
export function takePlaces(
  stateDir: StateDir,
  agents: readonly { runId: string; directory: string }[],
): Promise<Map<string, Spec>> {
  return withLock(queueLock(stateDir.path), lockContext(), async () => {
    const next = nextInLine(membersOf(observeAll(stateDir.path)));
    const taken = new Map<string, Spec>();
    for (const { runId, directory } of agents) {
      if (!next.has(runId)) continue;
      const found = readRecord(specFile(directory), validators.spec);
      if (found.state !== 'there' || !found.value.queue || found.value.runId !== runId) continue;
      const { wallMs, uptimeMs } = now();
      const launched = { at: new Date(wallMs).toISOString(), uptimeSeconds: uptimeMs / 1000 };
      const spec = { ...found.value, queue: { ...found.value.queue, launched }, launcher: { ...self() }, ...here() };
      replaceRecord(specFile(directory), spec);
      // Who takes one of a batch out of line holds another lock.
      if (existsSync(join(directory, 'verdict.json'))) putBack(directory, spec);
      else taken.set(runId, spec);
    }
    return taken;
  });
}

/** It waits on, at its old place. Also on a full disk: a manager that lives on would seem to be starting it for ever. */
export function putBack(directory: string, spec: Spec): void {
  const { queue } = spec;
  if (queue)
    withSpareRoom(directory, () =>
      replaceRecord(specFile(directory), { ...spec, queue: { ...queue, launched: null } }),
    );
}

function specFile(directory: string): string {
  return join(directory, 'spec.json');
}
