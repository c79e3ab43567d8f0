import type { Action } from '../agent/decide.ts';
import type { Now, Said, Started, VerdictCause } from '../agent/evidence.ts';
import type { StateDir } from '../store/state-dir.ts';
import { createVerdict, updateVerdict, withdrawTerm } from '../store/verdict-file.ts';
import { now, pause, uptimeMs, wallMs } from '../system/clock.ts';
import { signal } from '../system/processes.ts';
import { type Observed, observe } from './observe.ts';
import { tell } from './tell.ts';

/**
 * From a verdict to its TERM, at least; more where a disk takes longer. The verdict is there before the time that it gives
 * for TERM, and TERM goes out after it. So whoever sees an end that came before that time knows for good that it was a
 * natural one, with or without the verdict, and whoever sees a later one sees the verdict too.
 */
const FORETOLD_MS = 30;
/** /proc/uptime is cut down to this. */
const TICK_MS = 10;

/** Puts down why an agent is ended, and asks it to end. */
export async function term(
  stateDir: StateDir,
  agent: Observed,
  runId: string,
  started: Started,
  { cause, reason, said }: Extract<Action, { do: 'term' }>,
): Promise<void> {
  const { at, created } = foretell(agent.directory, runId, { cause, reason, said });
  const before = agent.evidence.files.verdict.state;
  // Another's verdict counts, but not one that is damaged, or that was put down before this decision and has no TERM in
  // it (of a start that was given up and then came after all): neither must protect an agent for ever.
  if (!created && before === 'absent') return;
  if (!created && before === 'there') updateVerdict(agent.directory, { step: 'term', at });
  for (let leftMs = at.uptimeMs - uptimeMs(); leftMs > 0; leftMs = at.uptimeMs - uptimeMs()) await pause(leftMs);
  // Read again just before the signal: a natural end wins the race.
  const later = observe(agent.directory, agent.name);
  if (later.status.phase === 'ended') {
    withdrawIfNatural(later);
    return;
  }
  if (signal(started.agent, 'SIGTERM') === 'gone') return;
  // A stopped process hears TERM only when it runs again.
  signal(started.agent, 'SIGCONT');
  tell(stateDir, agent, { mark: 'stopping', event: 'stopping', hooks: [], atMs: wallMs(), cause, reason });
}

/** Puts the verdict down, with a TERM that is still to come. */
function foretell(
  directory: string,
  runId: string,
  verdict: { cause: VerdictCause; reason: string; said: Said | undefined },
): { at: Now; created: boolean | 'unwritten' } {
  for (let aheadMs = FORETOLD_MS; ; aheadMs *= 2) {
    const begun = now();
    const at = { wallMs: begun.wallMs + aheadMs, uptimeMs: begun.uptimeMs + aheadMs };
    const isAhead = (): boolean => uptimeMs() + 2 * TICK_MS <= at.uptimeMs;
    const created = createVerdict(directory, runId, { ...verdict, steps: [{ step: 'term', at }] }, isAhead);
    if (created !== 'late') return { at, created };
  }
}

/**
 * Takes the TERM back out of a verdict where the end was a natural one, or nobody knows when it was.
 *
 * @returns whether it was.
 */
export function withdrawIfNatural({ directory, evidence: { files } }: Observed): boolean {
  if (files.verdict.state !== 'there') return false;
  const term = files.verdict.value.steps.find(({ step }) => step === 'term');
  if (term === undefined) return false;
  const exit = [files.sentinel, files.recorded].find((one) => one.state === 'there' && one.value.how !== 'pending');
  // One that ended after the time of its TERM is told of as ended by it, whether it heard it or not.
  if (exit?.state === 'there' && exit.value.uptimeMs >= term.uptimeMs) return false;
  withdrawTerm(directory);
  return true;
}
