import { AgentctlError } from '../errors.ts';
import type { Pane } from '../system/tmux.ts';
import type { Observed } from './observe.ts';

/**
 * The pane of an agent that still has one.
 *
 * @throws {AgentctlError} when it was torn down or never started.
 */
export function paneOf({ name, evidence, status }: Observed): Pane {
  const { started } = evidence.files;
  if (evidence.files.archived) {
    throw new AgentctlError(
      `${name} has ended and was torn down: use "agentctl screen ${name}" or "agentctl logs ${name}"`,
    );
  }
  if (started.state === 'there') return started.value.tmux;
  if (status.phase === 'ended') throw new AgentctlError(`${name} never had a terminal: ${status.reason}`);
  throw new AgentctlError(`${name} has no terminal yet: try again when "agentctl ps" says running`);
}
