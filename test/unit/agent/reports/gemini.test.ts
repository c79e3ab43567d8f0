import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { gemini } from '../../../../src/agent/reports/gemini.ts';
import type { Event, Heard } from '../../../../src/agent/reports/heard.ts';
import { reported } from '../../../../src/agent/reports/reported.ts';

const RECORDED = new URL('recorded/gemini/', import.meta.url);

/** Everything but the session, which is the event's own. */
type Meaning = Heard extends infer One ? (One extends Heard ? Omit<One, 'session' | 'resumeBy'> : never) : never;

function recorded(file: string): Event {
  return JSON.parse(readFileSync(new URL(file, RECORDED), 'utf8')) as Event;
}

const began: Meaning = { says: 'began', takesOver: false };
const goesOn: Meaning = { says: 'goes-on', by: null, with: null, begins: false };
const finished: Meaning = { says: 'finished', message: 'The stand-in answers.', background: [] };
const noAnswer: Meaning = { says: 'failed', waitingFor: 'input', message: 'it gave no answer' };

const MEANINGS: Readonly<Record<string, Meaning | undefined>> = {
  'SessionStart-startup.json': began,
  'SessionStart-resume.json': began,
  'SessionStart-clear.json': began,
  'SessionEnd-clear.json': { says: 'makes-room' },
  'SessionEnd-exit-interactive.json': { says: 'makes-room' },
  'BeforeAgent-interactive.json': { says: 'working' },
  'BeforeAgent-headless.json': { says: 'working' },
  'BeforeModel.json': undefined,
  'BeforeTool.json': undefined,
  'PreCompress.json': undefined,
  'Notification-ToolPermission.json': {
    says: 'asks',
    by: null,
    with: null,
    waitingFor: 'permission',
    message: 'Tool Confirm Shell Command requires execution',
  },
  'AfterTool.json': goesOn,
  'AfterTool-interrupted.json': goesOn,
  'AfterAgent-interactive.json': finished,
  'AfterAgent-headless.json': finished,
  'AfterAgent-interrupted.json': noAnswer,
  'AfterAgent-error401.json': noAnswer,
};

test('every recorded event has a meaning here, or has none', () => {
  expect(Object.keys(MEANINGS).sort()).toEqual(readdirSync(RECORDED).sort());
});

test.each(Object.entries(MEANINGS))('%s', (file, meaning) => {
  const { session, resumeBy, ...heard } = gemini.hear(recorded(file), ['gemini']) ?? {};
  expect(heard).toEqual(meaning ?? {});
  if (meaning !== undefined) expect(session).toBe(recorded(file).transcript_path);
  if (resumeBy !== undefined) expect(resumeBy).toBe(recorded(file).session_id);
});

describe('a session', () => {
  const start = recorded('SessionStart-startup.json');
  const say = (hook_event_name: string, change: object = {}): Event => ({ ...start, hook_event_name, ...change });

  test.each<[string, Event[], string | undefined, string | undefined]>([
    [
      'is its own though its id changes after an interrupt',
      [start, say('BeforeAgent'), say('AfterAgent', { session_id: 'another', prompt_response: 'Yes.' })],
      'done',
      String(start.session_id),
    ],
    [
      'that a nested one begins is not',
      [
        start,
        say('BeforeAgent'),
        say('SessionStart', { transcript_path: 'x', session_id: 'x' }),
        say('AfterAgent', { transcript_path: 'x', prompt_response: 'Yes.' }),
      ],
      'working',
      String(start.session_id),
    ],
    [
      'begins anew when a person trusts its folder',
      [
        start,
        say('BeforeAgent'),
        say('SessionEnd', { reason: 'exit' }),
        say('SessionStart', { transcript_path: 'x', session_id: 'x' }),
        say('AfterAgent', { transcript_path: 'x', prompt_response: 'Yes.' }),
      ],
      'done',
      'x',
    ],
  ])('%s', (_, events, state, session) => {
    const files = events.map(
      (event, at) =>
        `${String(at).padStart(15, '0')}-1${/^Session/.test(String(event.hook_event_name)) ? '-session' : ''}.gemini`,
    );
    const found = reported(files, 'gemini', (file) => {
      const heard = gemini.hear(events[files.indexOf(file)] ?? {}, ['gemini']);
      return heard ? { heard, atMs: 0 } : null;
    });
    expect(found.report?.state).toBe(state);
    expect(found.session).toBe(session);
    expect(gemini.resume(found.session ?? '')).toEqual(['--resume', session]);
  });
});
