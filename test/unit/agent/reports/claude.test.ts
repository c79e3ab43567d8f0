import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { claude } from '../../../../src/agent/reports/claude.ts';
import type { Event, Heard } from '../../../../src/agent/reports/heard.ts';

const RECORDED = new URL('recorded/claude/', import.meta.url);
const SUBAGENT = 'aa195fe106d2a9cf4';

/** Everything but the session, which is the event's own `session_id`. */
type Meaning = Heard extends infer One ? (One extends Heard ? Omit<One, 'session'> : never) : never;

function recorded(file: string): Event {
  return JSON.parse(readFileSync(new URL(file, RECORDED), 'utf8')) as Event;
}

const began: Meaning = { says: 'began', takesOver: false };
const working: Meaning = { says: 'working' };
const begins = (tool: string, by: string | null = null): Meaning => ({ says: 'goes-on', by, with: tool, begins: true });
const ended = (tool: string, by: string | null = null): Meaning => ({ says: 'goes-on', by, with: tool, begins: false });
const finished = (message: string, background: string[] = []): Meaning => ({ says: 'finished', message, background });
const failed = (waitingFor: string, message: unknown): Meaning => {
  return { says: 'failed', waitingFor, message: message as string };
};
function asks(waitingFor: 'permission' | 'answer', tool: string, by: string | null = null): Meaning {
  return { says: 'asks', by, with: tool, waitingFor, message: `to use ${tool}` };
}
/** By a notification, which does not say who asks, nor to do what. */
function isToldToAsk(waitingFor: 'permission' | 'answer', message: string): Meaning {
  return { says: 'asks', by: null, with: null, waitingFor, message };
}

const MEANINGS: Readonly<Record<string, Meaning | undefined>> = {
  'SessionStart.json': began,
  'SessionStart-resume.json': began,
  'SessionStart-compact.json': began,
  'SessionStart-nested.json': began,
  'SessionStart-clear.json': { says: 'began', takesOver: false },
  'SessionEnd-clear.json': { says: 'makes-room' },
  // The process ends, which its exit code tells.
  'SessionEnd-other.json': { says: 'makes-room' },
  'SessionEnd-prompt_input_exit.json': { says: 'makes-room' },
  'SessionEnd-nested.json': { says: 'makes-room' },

  'UserPromptSubmit.json': working,
  'UserPromptSubmit-queued.json': working,
  'UserPromptSubmit-cron.json': working,
  'UserPromptSubmit-task_notification.json': working,
  'UserPromptSubmit-task_notification-subagent.json': working,

  'PreToolUse.json': begins('Bash'),
  'PreToolUse-background.json': begins('Bash'),
  'PreToolUse-subagent.json': begins('Bash', SUBAGENT),
  'PreToolUse-Agent.json': begins('Agent'),
  'PreToolUse-AskUserQuestion.json': begins('AskUserQuestion'),
  'PostToolUse.json': ended('Bash'),
  'PostToolUse-background.json': ended('Bash'),
  'PostToolUse-subagent.json': ended('Bash', SUBAGENT),
  'PostToolUse-Agent.json': ended('Agent'),
  'PostToolUse-AskUserQuestion.json': ended('AskUserQuestion'),
  'PostToolUseFailure.json': ended('Bash'),

  'PermissionRequest.json': asks('permission', 'Bash'),
  'PermissionRequest-subagent.json': asks('permission', 'Bash', SUBAGENT),
  'PermissionRequest-ExitPlanMode.json': asks('permission', 'ExitPlanMode'),
  'PermissionRequest-AskUserQuestion.json': asks('answer', 'AskUserQuestion'),
  'Notification-permission_prompt.json': isToldToAsk('permission', 'Claude needs your permission'),
  'Notification-permission_prompt-AskUserQuestion.json': isToldToAsk('permission', 'Claude needs your permission'),
  'Notification-permission_prompt-ExitPlanMode.json': isToldToAsk(
    'permission',
    'Claude Code needs your approval for the plan',
  ),
  'Notification-elicitation_dialog.json': isToldToAsk('answer', 'Claude Code needs your input'),
  'Notification-elicitation_response.json': { says: 'goes-on', by: null, with: null, begins: false },
  'Notification-idle_prompt.json': { says: 'sits' },

  'Stop.json': finished('The stand-in answers.'),
  'Stop-after-clear.json': finished('The stand-in answers.'),
  'Stop-nested.json': finished('The stand-in answers.'),
  'Stop-background.json': finished('It runs in the background.', ['Sleep in the background']),
  'Stop-background-finished.json': finished('It runs in the background.'),
  'Stop-background-subagent.json': finished('The helper has answered.', ['Ask a helper']),
  'Stop-crons.json': finished('Scheduled.', ['a prompt at */1 * * * *']),

  'StopFailure-authentication_failed.json': failed('authentication', 'Invalid API key · Fix external API key'),
  'StopFailure-403-authentication_failed.json': failed('authentication', expect.stringContaining('403')),
  'StopFailure-billing_error.json': failed('billing', 'Credit balance is too low'),
  'StopFailure-402-unknown.json': failed('billing', 'API Error: 402 Your account has a billing problem.'),
  'StopFailure-400-unknown.json': failed('error', 'API Error: 400 messages: something is wrong'),
  'StopFailure-invalid_request.json': failed('invalid request', expect.stringContaining('Request too large')),
  'StopFailure-model_not_found.json': failed('model not found', expect.stringContaining('claude-opus-5-5')),
  'StopFailure-rate_limit.json': failed('rate limit', expect.stringContaining('429')),
  'StopFailure-server_error.json': failed('server error', expect.stringContaining('500')),
  'StopFailure-refused-server_error.json': failed('server error', expect.stringContaining('ECONNREFUSED')),
  // Claude Code has the word "overloaded", and says "server_error" all the same.
  'StopFailure-529-server_error.json': failed('overload', expect.stringContaining('529 Overloaded')),
  'StopFailure-529-retried.json': failed('overload', expect.stringContaining('Repeated 529')),

  // A subagent's turn is not the agent's.
  'StopFailure-subagent.json': undefined,
  'SubagentStart.json': undefined,
  'SubagentStop.json': undefined,
  // No hook of ours is called for these; a person may have put one there.
  'Elicitation.json': undefined,
  'MessageDisplay.json': undefined,
  'PostToolBatch.json': undefined,
};

test('everything that was recorded is in the table', () => {
  expect(readdirSync(RECORDED).sort()).toEqual(Object.keys(MEANINGS).sort());
});

test.each(Object.entries(MEANINGS))('%s', (file, meaning) => {
  const event = recorded(file);
  const turn = ['working', 'finished'].includes(meaning?.says ?? '') && { turn: event.prompt_id };
  expect(claude.hear(event, ['claude'])).toEqual(meaning && { ...meaning, session: event.session_id, ...turn });
});

describe('an event that was not recorded', () => {
  const stop = recorded('Stop.json');
  const failure = recorded('StopFailure-400-unknown.json');
  const notification = recorded('Notification-idle_prompt.json');

  test.each<[string, Event, Partial<Heard> | undefined]>([
    [
      'a session that gives way to one that is resumed',
      { ...stop, hook_event_name: 'SessionEnd', reason: 'resume' },
      { says: 'makes-room' },
    ],
    [
      'a failure by a word that is new',
      { ...failure, error: 'account_on_hold' },
      { says: 'failed', waitingFor: 'account on hold' },
    ],
    [
      'a failure by the word for overload',
      { ...failure, error: 'overloaded' },
      { says: 'failed', waitingFor: 'overload' },
    ],
    ['a failure without a word', { ...failure, error: undefined }, { says: 'failed', waitingFor: 'error' }],
    [
      'a failure of which nothing is said',
      { ...failure, last_assistant_message: '  ' },
      { says: 'failed', waitingFor: 'error', message: null },
    ],
    [
      'a failure by a word that every object knows',
      { ...failure, error: 'constructor' },
      { says: 'failed', waitingFor: 'constructor' },
    ],
    ['a notification of a kind that is new', { ...notification, notification_type: 'auth_success' }, undefined],
    [
      'a subagent that needs a person',
      { ...notification, notification_type: 'agent_needs_input' },
      { says: 'asks', waitingFor: 'answer' },
    ],
    [
      'a turn that is over, of which nothing more is said',
      { hook_event_name: 'Stop' },
      { says: 'finished', session: null, message: null, background: [] },
    ],
    [
      'a task without a description',
      { ...stop, background_tasks: [{ id: 'b1' }, 'b2', null] },
      { background: ['a task'] },
    ],
    ['a schedule without a time', { ...stop, session_crons: [{}] }, { background: ['a prompt at a time'] }],
    ['an event that is new', { ...stop, hook_event_name: 'Daydream' }, undefined],
    ['an object', {}, undefined],
  ])('%s', (_, event, heard) => {
    const said = claude.hear(event, ['claude']);
    if (heard === undefined) expect(said).toBeUndefined();
    else expect(said).toMatchObject(heard);
  });

  // Anybody may call agent-report with anything.
  test('is never the end of whoever reads it, whatever is in it', () => {
    const names = fc.constantFrom(...new Set(Object.keys(MEANINGS).map((file) => recorded(file).hook_event_name)));
    const fields = fc.constantFrom(
      ...['session_id', 'agent_id', 'source', 'reason', 'tool_name', 'error', 'message', 'notification_type'],
      ...['last_assistant_message', 'background_tasks', 'session_crons'],
    );
    fc.assert(
      fc.property(names, fc.dictionary(fields, fc.jsonValue()), (name, rest) => {
        expect(() => claude.hear({ ...rest, hook_event_name: name }, [])).not.toThrow();
      }),
    );
  });
});

test('a session is taken up again by its id', () => {
  expect(claude.resume('0838bf06')).toEqual(['--resume', '0838bf06']);
});
