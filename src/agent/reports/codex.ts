import { claude } from './claude.ts';
import { type Dialect, type Event, type Heard, textOf } from './heard.ts';

/**
 * Codex: its `notify`, and for whoever has them in his own configuration its hooks, which are built like Claude Code's. As
 * recorded from 0.169.0 (test/unit/agent/reports/codex). A turn that failed tells nothing.
 */
export const codex: Dialect = {
  hear(event, command) {
    if (event.type === 'agent-turn-complete') return turnComplete(event, command);
    if (event.hook_event_name === 'Interrupt') return { says: 'sits', session: textOf(event, 'session_id') };
    const heard = claude.hear(event, command);
    // A session that is cleared says nothing of its end.
    return heard?.says === 'began' ? { ...heard, takesOver: event.source === 'clear' } : heard;
  },
  resume: (session) => ['resume', session],
};

/**
 * It tells of every thread of the process: of subagents, and in a terminal of one that makes up a title for the first
 * prompt, which comes also where the agent itself still works, hangs or has failed. Neither of them is the agent.
 */
function turnComplete(event: Event, command: readonly string[]): Heard | undefined {
  const messages = Array.isArray(event['input-messages']) ? event['input-messages'] : [];
  const given = command.at(-2) === '--' ? command.at(-1) : undefined;
  const isOwn = given === undefined ? !isTitleRequest(messages[0]) && 'client' in event : messages.includes(given);
  if (!isOwn) return undefined;
  return {
    says: 'finished',
    session: textOf(event, 'thread-id'),
    message: textOf(event, 'last-assistant-message'),
    background: [],
  };
}

function isTitleRequest(message: unknown): boolean {
  return typeof message === 'string' && message.startsWith('Generate a concise, single-line task title');
}
