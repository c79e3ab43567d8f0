import { parseFiniteDuration } from '../agent/duration.ts';
import type { Retention } from '../agent/retention.ts';
import { UsageError } from '../errors.ts';
import { type Pruned, prune } from '../lifecycle/prune.ts';
import { parseCount, retention } from '../lifecycle/retention.ts';
import type { Prune } from '../store/generated/types.ts';
import { wallMs } from '../system/clock.ts';
import { pruneLine, pruneSum } from '../view/prune-report.ts';
import { type Command, type Flags, note, print, printJson } from './command.ts';

const command: Command = {
  usage: 'prune [--older-than 7d] [--keep N] [--dry-run]',
  description:
    'Removes archived agents with their logs and results, for good, the oldest first. With both limits an agent goes that is older than the one and not among the N newest. Without any, those of the configuration hold. Live agents, and those not yet torn down, are never touched.',
  examples: [
    ['agentctl prune --older-than 7d --dry-run', 'what ended a week ago'],
    ['agentctl prune --keep 100', 'all but the newest hundred of this state directory'],
  ],
  options: {
    'older-than': { type: 'string', requiresArg: true, describe: 'only what ended this long ago: 7d, 12h' },
    keep: { type: 'string', requiresArg: true, describe: 'not the N newest of the state directory' },
    'dry-run': { type: 'boolean', describe: 'only say what would be removed' },
    json: { type: 'boolean', describe: 'schemas/prune.schema.json' },
  },
  async run({ words, flags, stateDir }) {
    if (words.length > 0)
      throw new UsageError('prune takes no words: agentctl prune --older-than 7d; "agentctl rm NAME" removes one');
    const limits = limitsOf(flags);
    const dryRun = flags.on('dry-run');
    const removed: Pruned[] = [];
    const left: (Pruned & { problem: string })[] = [];
    for await (const one of prune(stateDir, limits, { dryRun })) {
      const { problem } = one;
      if (problem === undefined) {
        removed.push(one);
        if (!flags.on('json')) print(pruneLine(one, wallMs()));
      } else {
        left.push({ ...one, problem });
        note(`${one.name}.${one.runId} stays: ${problem}`);
      }
    }
    if (flags.on('json')) printJson(summary(removed, left, dryRun));
    else print(pruneSum(removed, dryRun));
    return left.length === 0 ? 0 : 1;
  },
};

export default command;

/** What is given on the command line stands for itself: nothing of the configuration is added to it. */
function limitsOf(flags: Flags): Retention {
  const olderThan = flags.text('older-than');
  const keep = flags.text('keep');
  if (olderThan !== undefined || keep !== undefined) {
    return {
      olderThanMs: olderThan === undefined ? null : parseFiniteDuration(olderThan, '--older-than'),
      keep: keep === undefined ? null : parseCount(keep, '--keep'),
    };
  }
  const configured = retention();
  if (configured.olderThanMs === null && configured.keep === null) {
    throw new UsageError(
      'prune must be told what may go: --older-than 7d, --keep 100 or both (no retention is configured)',
    );
  }
  return configured;
}

function summary(removed: readonly Pruned[], left: readonly (Pruned & { problem: string })[], dryRun: boolean): Prune {
  return {
    schemaVersion: 1,
    dryRun,
    count: removed.length,
    bytes: removed.reduce((sum, { bytes }) => sum + bytes, 0),
    removed: removed.map(({ name, runId, endedAtMs, bytes }) => ({ name, runId, endedAt: instant(endedAtMs), bytes })),
    left: left.map(({ name, runId, problem }) => ({ name, runId, problem })),
  };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
