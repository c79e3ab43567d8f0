import { type Dialect, textOf } from './heard.ts';

/** Gemini CLI's hooks, as recorded from 0.61.0 (test/unit/agent/reports/gemini). */
export const gemini: Dialect = {
  hear(event) {
    const session = textOf(event, 'session_id');
    switch (event.hook_event_name) {
      case 'SessionStart':
        return { says: 'began', session, takesOver: event.source === 'clear' };
      case 'SessionEnd':
        return event.reason === 'clear' ? { says: 'makes-room', session } : undefined;
      case 'BeforeAgent':
        return { says: 'working', session };
      case 'AfterTool':
        return { says: 'goes-on', session, by: null, with: null, begins: false };
      case 'Notification':
        return event.notification_type === 'ToolPermission'
          ? { says: 'asks', session, by: null, with: null, waitingFor: 'permission', message: textOf(event, 'message') }
          : undefined;
      case 'AfterAgent':
        return { says: 'finished', session, message: textOf(event, 'prompt_response'), background: [] };
      default:
        return undefined;
    }
  },
  resume: (session) => ['--resume', session],
};
