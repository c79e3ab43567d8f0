import { join } from 'node:path';
import type { Now, Said, VerdictCause, VerdictStep } from '../agent/evidence.ts';
import { isDiskFull } from '../errors.ts';
import type { ProcessNote, Resources, Verdict } from './generated/types.ts';
import * as validators from './generated/validators.js';
import { readRecord } from './record-file.ts';
import { withSpareRoom } from './spare-room.ts';
import { createRecord, replaceRecord } from './write-record.ts';

/** What was found of a tree when it was ended. */
export interface Swept {
  ended: ProcessNote[];
  spared: ProcessNote[];
  survivors: ProcessNote[];
  /** Without any tie to the agent, but perhaps its own. */
  suspects?: ProcessNote[];
}

interface NewVerdict {
  cause: VerdictCause;
  reason: string;
  said?: Said | undefined;
  steps: { step: VerdictStep['step']; at: Now }[];
}

/**
 * Puts down why an agent ends. An exclusive create: the first cause wins, whoever else decides at the same time.
 *
 * @returns false where a verdict is there already; `unwritten` on a full disk.
 */
export function createVerdict(directory: string, runId: string, verdict: NewVerdict): boolean | 'unwritten';
/** @param isStillTrue - asked last; where it is not, nothing is put down, and `late` returned. */
export function createVerdict(
  directory: string,
  runId: string,
  verdict: NewVerdict,
  isStillTrue: () => boolean,
): boolean | 'unwritten' | 'late';
export function createVerdict(
  directory: string,
  runId: string,
  verdict: NewVerdict,
  isStillTrue = (): boolean => true,
): boolean | 'unwritten' | 'late' {
  const record: Verdict = {
    schemaVersion: 1,
    runId,
    cause: verdict.cause,
    reason: verdict.reason,
    ...(verdict.said && { said: verdict.said }),
    steps: verdict.steps.map(({ step, at }) => stepOf(step, at)),
    ended: [],
    spared: [],
    survivors: [],
  };
  try {
    return withSpareRoom(directory, () => createRecord(join(directory, 'verdict.json'), record, isStillTrue));
  } catch (error) {
    if (isDiskFull(error)) return 'unwritten';
    throw error;
  }
}

/** What is added to a verdict, in one write: each is synced, and many agents may end at one time. */
export interface VerdictUpdate {
  swept?: Swept | undefined;
  /** What it used up. Later there may be less to be seen of it, so the most counts. */
  resources?: Resources | undefined;
  /** The line that takes up its session again. */
  resume?: string | null;
  step?: VerdictStep['step'] | undefined;
  /** When, for the step. */
  at: Now;
}

/** Adds to a verdict, where there is one. A step that has to be taken again (tmux was stopped meanwhile) stands there once. */
export function updateVerdict(directory: string, { swept, resources, resume, step, at }: VerdictUpdate): void {
  change(directory, (verdict) => ({
    ...verdict,
    ...(swept && withSwept(verdict, swept)),
    ...(resources && { resources: withResources(verdict.resources, resources) }),
    ...(resume && { resume }),
    // A teardown that came to nothing (tmux did not answer) is done again: it still is one step.
    steps:
      step === undefined || verdict.steps.some((known) => known.step === step)
        ? verdict.steps
        : [...verdict.steps, stepOf(step, at)],
  }));
}

function withSwept(verdict: Verdict, swept: Swept): Partial<Verdict> {
  return {
    ended: union(verdict.ended, swept.ended),
    spared: union(verdict.spared, swept.spared),
    survivors: swept.survivors,
    ...(swept.suspects && { suspects: swept.suspects }),
  };
}

function withResources(known: Resources | undefined, seen: Resources): Resources {
  const cpuSeconds = most(known?.cpuSeconds, seen.cpuSeconds);
  return { ...seen, cpuSeconds, peakMemoryBytes: most(known?.peakMemoryBytes, seen.peakMemoryBytes) };
}

function most(one: number | null | undefined, other: number | null): number | null {
  return typeof one === 'number' && other !== null ? Math.max(one, other) : (one ?? other);
}

/** The TERM reached nobody, since the agent had just ended by itself: then it was no cause. */
export function withdrawTerm(directory: string): void {
  change(directory, ({ said: _said, ...verdict }) => ({
    ...verdict,
    cause: 'natural',
    reason: 'it ended by itself',
    steps: verdict.steps.filter(({ step }) => step !== 'term'),
  }));
}

function change(directory: string, how: (verdict: Verdict) => Verdict): void {
  const path = join(directory, 'verdict.json');
  const found = readRecord(path, validators.verdict);
  if (found.state !== 'there') return;
  try {
    withSpareRoom(directory, () => replaceRecord(path, how(found.value)));
  } catch (error) {
    // What is done matters more than its record: a full disk must not keep an agent alive.
    if (!isDiskFull(error)) throw error;
  }
}

function stepOf(step: VerdictStep['step'], at: Now): Verdict['steps'][number] {
  return { step, at: new Date(at.wallMs).toISOString(), uptimeSeconds: at.uptimeMs / 1000 };
}

function union(known: ProcessNote[], found: ProcessNote[]): ProcessNote[] {
  return [...known, ...found.filter(({ pid }) => !known.some((one) => one.pid === pid))];
}
