import { type Dialect, type Event, type Heard, isEvent, objectOf, textOf } from './heard.ts';

/** opencode's events, as its plugin passes them on; recorded from 1.18.33 (test/unit/agent/reports/opencode). */
export const opencode: Dialect = {
  hear({ event }) {
    if (!isEvent(event)) return undefined;
    const properties = objectOf(event, 'properties');
    const session = textOf(properties, 'sessionID');
    switch (event.type) {
      case 'session.created': {
        const info = objectOf(properties, 'info');
        // A subagent's has a parent.
        return textOf(info, 'parentID') === null
          ? { says: 'began', session: textOf(info, 'id'), takesOver: false }
          : undefined;
      }
      case 'session.status':
        return status(objectOf(properties, 'status'), session);
      case 'session.idle':
        return { says: 'finished', session, message: null, background: [] };
      case 'session.error':
        return failure(objectOf(properties, 'error'), session);
      case 'permission.asked':
        return {
          says: 'asks',
          session,
          by: null,
          with: null,
          waitingFor: 'permission',
          message: textOf(properties, 'permission'),
        };
      case 'question.asked':
        return { says: 'asks', session, by: null, with: null, waitingFor: 'answer', message: null };
      case 'permission.replied':
      case 'question.replied':
      case 'question.rejected':
        return { says: 'goes-on', session, by: null, with: null, begins: false };
      default:
        return undefined;
    }
  },
  resume: (session) => ['--session', session],
};

function status(now: Event, session: string | null): Heard | undefined {
  if (now.type === 'busy') return { says: 'working', session };
  if (now.type === 'retry') return { says: 'failed', session, waitingFor: 'retry', message: textOf(now, 'message') };
  return undefined;
}

/** It is followed by session.idle, as an answer is. */
function failure(error: Event, session: string | null): Heard {
  const data = objectOf(error, 'data');
  const aborted = error.name === 'MessageAbortedError';
  const waitingFor = aborted ? 'input' : (KINDS[String(data.statusCode)] ?? 'error');
  return { says: 'failed', session, waitingFor, message: textOf(data, 'message') ?? textOf(error, 'name') };
}

const KINDS: Readonly<Record<string, string>> = {
  401: 'authentication',
  402: 'billing',
  403: 'authentication',
  429: 'rate limit',
  529: 'overload',
};
