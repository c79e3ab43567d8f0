import { type Dialect, type Event, type Heard, objectsOf, textOf } from './heard.ts';

/** Claude Code's hooks, as recorded from 2.1.330 (test/unit/agent/reports/claude). */
export const claude: Dialect = {
  hear(event) {
    const session = textOf(event, 'session_id');
    const by = textOf(event, 'agent_id');
    const id = textOf(event, 'prompt_id');
    const turn = id === null ? {} : { turn: id };
    switch (event.hook_event_name) {
      case 'SessionStart':
        return { says: 'began', session, takesOver: false };
      case 'SessionEnd':
        // Cleared, or another one resumed; where its process ends, its exit code will tell.
        return { says: 'makes-room', session };
      case 'UserPromptSubmit':
        return by === null ? { says: 'working', session, ...turn } : undefined;
      case 'PreToolUse':
        return { says: 'goes-on', session, by, with: textOf(event, 'tool_name'), begins: true };
      case 'PostToolUse':
      case 'PostToolUseFailure':
        return { says: 'goes-on', session, by, with: textOf(event, 'tool_name'), begins: false };
      case 'PermissionRequest':
        return { says: 'asks', session, by, ...question(event) };
      case 'Notification':
        return notified(event, session);
      case 'Stop':
        return by === null
          ? {
              says: 'finished',
              session,
              ...turn,
              message: textOf(event, 'last_assistant_message'),
              background: pending(event),
            }
          : undefined;
      case 'StopFailure':
        return by === null ? { says: 'failed', session, ...failure(event) } : undefined;
      default:
        return undefined;
    }
  },
  resume: (session) => ['--resume', session],
};

/** What a person is asked, by the tool that wants to be used. */
function question(event: Event): { with: string | null; waitingFor: string; message: string | null } {
  const tool = textOf(event, 'tool_name');
  return {
    with: tool,
    waitingFor: tool === 'AskUserQuestion' ? 'answer' : 'permission',
    message: tool && `to use ${tool}`,
  };
}

/** They come 6 s after the question, where nobody has answered by then, and do not say whose it is. */
function notified(event: Event, session: string | null): Heard | undefined {
  const asks = (waitingFor: string): Heard => {
    return { says: 'asks', session, by: null, with: null, waitingFor, message: textOf(event, 'message') };
  };
  switch (event.notification_type) {
    case 'permission_prompt':
    case 'worker_permission_prompt':
      return asks('permission');
    case 'elicitation_dialog':
    case 'elicitation_url_dialog':
    case 'agent_needs_input':
      return asks('answer');
    case 'elicitation_response':
    case 'elicitation_complete':
      return { says: 'goes-on', session, by: null, with: null, begins: false };
    case 'idle_prompt':
      return { says: 'sits', session };
    default:
      return undefined;
  }
}

/** What it is not done with when its turn is over: it will be woken by it. */
function pending(event: Event): string[] {
  const tasks = objectsOf(event, 'background_tasks').map((task) => textOf(task, 'description') ?? 'a task');
  const prompts = objectsOf(event, 'session_crons').map(
    (cron) => `a prompt at ${textOf(cron, 'schedule') ?? 'a time'}`,
  );
  return [...tasks, ...prompts];
}

const FAILURES: Readonly<Record<string, string>> = {
  rate_limit: 'rate limit',
  billing_error: 'billing',
  overloaded: 'overload',
  authentication_failed: 'authentication',
  oauth_org_not_allowed: 'authentication',
  cloud_credential_error: 'authentication',
  unknown: 'error',
};
/** What has no word of its own in `error`. */
const TOLD_BY_MESSAGE: readonly [pattern: RegExp, waitingFor: string][] = [
  [/\b529\b|overloaded/i, 'overload'],
  [/\b402\b|billing|credit balance/i, 'billing'],
];

function failure(event: Event): { waitingFor: string; message: string | null } {
  const error = textOf(event, 'error') ?? 'unknown';
  const message = textOf(event, 'last_assistant_message');
  const told = ['server_error', 'unknown'].includes(error)
    ? TOLD_BY_MESSAGE.find(([pattern]) => pattern.test(message ?? ''))
    : undefined;
  const known = Object.hasOwn(FAILURES, error) ? FAILURES[error] : undefined;
  return { waitingFor: told?.[1] ?? known ?? error.replaceAll('_', ' '), message };
}
