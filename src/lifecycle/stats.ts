import { statSync } from 'node:fs';
import { EXPIRY_MS, statsOf } from '../agent/stats.ts';
import type { Stats } from '../store/generated/types.ts';
import type { StateDir } from '../store/state-dir.ts';
import { everyAgent } from './list.ts';
import type { Observed } from './observe.ts';

/** What became of all agents, archived ones too, and how long the sessions of finished ones stayed. */
export function stats(stateDir: StateDir): Stats {
  const seen = everyAgent(stateDir.path).map((agent) => ({ ...agent, archivedAtMs: archivedAt(agent) }));
  const { agents, live, ended, damaged, results, savedFraction, ...spans } = statsOf(seen);
  return {
    schemaVersion: 1,
    agents,
    live,
    ended,
    damaged,
    results: { ...results },
    runSeconds: spans.runMs / 1000,
    idleSessionSeconds: spans.idleSessionMs / 1000,
    expirySeconds: EXPIRY_MS / 1000,
    idleSessionSecondsWithExpiry: spans.idleSessionWithExpiryMs / 1000,
    savedFraction,
  };
}

/** A move stamps the change time of what is moved. Only asked where no verdict tells of the teardown. */
function archivedAt({ evidence, directory }: Observed): number | undefined {
  const { archived, verdict } = evidence.files;
  if (!archived || (verdict.state === 'there' && verdict.value.steps.some(({ step }) => step === 'teardown')))
    return undefined;
  try {
    return statSync(directory, { throwIfNoEntry: false })?.ctimeMs;
  } catch {
    return undefined; // what stands in its place is no directory
  }
}
