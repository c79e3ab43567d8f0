import { DIALECTS } from '../agent/reports/dialects.ts';
import { commandLine } from '../view/command-line.ts';
import type { Observed } from './observe.ts';

/** The shell line that takes up the agent's own session again; null where it has told of none. */
export function resumeCommand({ evidence: { files } }: Pick<Observed, 'evidence'>): string | null {
  if (files.spec.state !== 'there' || files.session === undefined) return null;
  const { reports, command, cwd } = files.spec.value;
  const words = DIALECTS[reports ?? '']?.resume(files.session);
  if (words === undefined) return null;
  // `npx claude` is called as it was.
  const at = command.findIndex((word) => word.split('/').pop() === reports);
  return `${commandLine(['cd', cwd])} && ${commandLine([...command.slice(0, Math.max(0, at) + 1), ...words])}`;
}
