import { DEFAULT_LIMITS } from '../agent/limits.ts';
import { UsageError } from '../errors.ts';
import { type EndedForeign, endForeign } from '../lifecycle/end-foreign.ts';
import type { ProcessNote } from '../store/generated/types.ts';
import { visible } from '../view/visible.ts';
import { type Call, note, print } from './command.ts';

/** What selects agents. */
const OF_AGENTS = ['all', 'filter', 'tree'];

/**
 * `stop --foreign SOCKET:NAME`: ends sessions of other tmux servers, each by its whole name. All are looked for before one is ended.
 *
 * @returns 1 where something could not be ended, else 0.
 */
export async function stopForeign(
  { words, flags }: Call,
  killAfterMs: number = DEFAULT_LIMITS.killAfterMs,
): Promise<number> {
  const given = OF_AGENTS.find((option) => flags.on(option) || flags.all(option).length > 0);
  if (given !== undefined)
    throw new UsageError(`--${given} is for agents: --foreign ends what you name, and nothing else`);
  if (words.length > 0)
    throw new UsageError(
      `${JSON.stringify(words[0])} stands beside --foreign: give agents a call of their own, write --foreign before each session, and a name with spaces in quotes`,
    );
  const results = await endForeign(flags.all('foreign'), killAfterMs);
  const ended = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  ended.forEach(tell);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return ended.some(({ survivors }) => survivors.length > 0) ? 1 : 0;
}

function tell({ id, ended, spared, suspects, survivors, shared }: EndedForeign): void {
  print(visible(`${id} ended: ${ended.length === 1 ? '1 process' : `${ended.length} processes`}`));
  for (const { pane, with: others } of shared)
    note(`${id}: its pane ${pane} is in ${others.join(', ')} too, and runs on there`);
  if (spared.length > 0) note(`${id}: left alone, since they serve everyone: ${listOf(spared)}`);
  if (suspects.length > 0) note(`${id}: was started there, had left it, and runs on: ${listOf(suspects)}`);
  if (survivors.length > 0) note(`${id}: could not be killed: ${listOf(survivors)}`);
}

function listOf(notes: readonly ProcessNote[]): string {
  return notes.map(({ pid, command }) => `${command} (pid ${pid})`).join(', ');
}
