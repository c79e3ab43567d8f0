import { type Dialect, textOf } from './heard.ts';

/** Gemini CLI's hooks, as recorded from 0.61.0 (test/unit/agent/reports/gemini). */
export const gemini: Dialect = {
  hear(event) {
    const resumeBy = textOf(event, 'session_id');
    // The id may change after an interrupt or a refusal; the transcript stays.
    const session = textOf(event, 'transcript_path') ?? resumeBy;
    switch (event.hook_event_name) {
      case 'SessionStart':
        return { says: 'began', session, resumeBy, takesOver: false };
      case 'SessionEnd':
        // Cleared, or begun anew as a person trusts its folder.
        return { says: 'makes-room', session };
      case 'BeforeAgent':
        return { says: 'working', session };
      case 'AfterTool':
        return { says: 'goes-on', session, by: null, with: null, begins: false };
      case 'Notification':
        return event.notification_type === 'ToolPermission'
          ? { says: 'asks', session, by: null, with: null, waitingFor: 'permission', message: textOf(event, 'message') }
          : undefined;
      case 'AfterAgent': {
        const message = textOf(event, 'prompt_response');
        // So it ends a turn that was interrupted, and one that the service refused.
        if (message === NO_ANSWER)
          return { says: 'failed', session, waitingFor: 'input', message: 'it gave no answer' };
        return { says: 'finished', session, message, background: [] };
      }
      default:
        return undefined;
    }
  },
  resume: (session) => ['--resume', session],
};

const NO_ANSWER = '[no response text]';
