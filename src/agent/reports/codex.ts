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
 * It tells of every thread of the process: of subagents, which name no client, and in a terminal of one that makes up a
 * title for each prompt, which comes also where the agent itself still works, hangs or has failed. A Codex that it calls
 * tells by the same program, too. None of them is the agent.
 */
function turnComplete(event: Event, command: readonly string[]): Heard | undefined {
  const prompts = Array.isArray(event['input-messages']) ? event['input-messages'].map(plain) : [];
  const given = command.at(-2) === '--' ? plain(command.at(-1)) : undefined;
  const client = command.includes('exec') ? 'codex_exec' : 'codex-tui';
  const isOwn = given === undefined ? !prompts[0]?.startsWith(TITLE_REQUEST) : prompts.includes(given);
  if (event.client !== client || !isOwn) return undefined;
  return {
    says: 'finished',
    session: textOf(event, 'thread-id'),

    message: textOf(event, 'last-assistant-message'),
    background: [],
  };
}

const TITLE_REQUEST = 'Generate a concise, single-line task title';

/** As Codex takes it, whatever the lines of a prompt end with. */
function plain(prompt: unknown): string {
  return String(prompt).replace(/\r\n?/g, '\n').trim();
}
