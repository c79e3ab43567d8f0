import type { Decision } from '../agent/decide.ts';
import type { Observed } from './observe.ts';

interface Decided {
  files: Observed['evidence']['files'];
  nextAtMs: number | undefined;
}

/**
 * Of whom nothing is due: of most agents, at most looks. What was decided of them holds until then, unless anything in
 * their directories has changed.
 */
export class Quiet {
  readonly #decided = new Map<string, Decided>();

  /**
   * What was decided of an agent, where that still holds.
   *
   * @param agent - as the same {@link Lookout} sees it: it gives the very files again of one that has not changed.
   */
  holds({ runId = '', evidence: { files, now } }: Observed): Pick<Decision, 'nextAtMs'> | undefined {
    const decided = this.#decided.get(runId);
    if (decided?.files !== files) return undefined;
    return decided.nextAtMs === undefined || now.uptimeMs < decided.nextAtMs ? decided : undefined;
  }

  /** Puts down that nothing is to be done about it before a time, in uptime; undefined: before it changes. */
  begins(agent: Observed, nextAtMs: number | undefined): void {
    const { files } = agent.evidence;
    if (agent.runId === undefined || hangsOnOthers(agent)) return;
    this.#decided.set(agent.runId, { files, nextAtMs });
  }

  /** Forgets every run but these. */
  keepOnly(runIds: ReadonlySet<string | undefined>): void {
    for (const runId of this.#decided.keys()) if (!runIds.has(runId)) this.#decided.delete(runId);
  }
}

/** On a place that comes free, or on a parent that ends. */
function hangsOnOthers({ status, evidence: { files } }: Observed): boolean {
  return status.phase === 'queued' || (files.spec.state === 'there' && files.spec.value.withParent);
}
