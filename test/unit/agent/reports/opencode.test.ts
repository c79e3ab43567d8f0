import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Event, Heard } from '../../../../src/agent/reports/heard.ts';
import { opencode } from '../../../../src/agent/reports/opencode.ts';
import { reported } from '../../../../src/agent/reports/reported.ts';

const RECORDED = new URL('recorded/opencode/', import.meta.url);

/** Everything but the session, which is the event's own. */
type Meaning = Heard extends infer One ? (One extends Heard ? Omit<One, 'session'> : never) : never;

function recorded(file: string): Event {
  return JSON.parse(readFileSync(new URL(file, RECORDED), 'utf8')) as Event;
}

const asks = (waitingFor: string, message: string | null): Meaning => {
  return { says: 'asks', by: null, with: null, waitingFor, message };
};
const goesOn: Meaning = { says: 'goes-on', by: null, with: null, begins: false };
const finished: Meaning = { says: 'finished', message: null, background: [] };
const failed = (waitingFor: string, message: string): Meaning => ({ says: 'failed', waitingFor, message });

const MEANINGS: Readonly<Record<string, Meaning | undefined>> = {
  'session.created.json': { says: 'began', takesOver: false },
  // A subagent's; what else it says is of another session.
  'session.created-child.json': undefined,
  'session.status-busy-child.json': { says: 'working' },
  'session.idle-child.json': finished,
  'session.status-busy.json': { says: 'working' },
  'session.status-idle.json': undefined,
  'session.idle.json': finished,
  'session.status-retry-429.json': failed('retry', 'the stand-in answers 429'),
  'session.status-retry-500.json': failed('retry', 'the stand-in answers 500'),
  'session.error-401.json': failed('authentication', 'the stand-in answers 401'),
  'session.error-aborted.json': failed('input', 'Aborted'),
  'permission.asked.json': asks('permission', 'bash'),
  'permission.replied-once.json': goesOn,
  'permission.replied-reject.json': goesOn,
  'question.asked.json': asks('answer', null),
  'question.replied.json': goesOn,
  'message.updated-user.json': undefined,
};

test('every recorded event has a meaning here, or has none', () => {
  expect(Object.keys(MEANINGS).sort()).toEqual(readdirSync(RECORDED).sort());
});

test.each(Object.entries(MEANINGS))('%s', (file, meaning) => {
  const { session, ...heard } = opencode.hear(recorded(file), ['opencode']) ?? {};
  expect(heard).toEqual(meaning ?? {});
  if (meaning !== undefined) expect(session).toMatch(/^ses_/);
});

test.each<[string, Event]>([
  ['no event in it', {}],
  ['something else for an event', { event: 3 }],
  ['an event without properties', { event: { type: 'session.status' } }],
])('%s means nothing', (_, event) => {
  expect(opencode.hear(event, ['opencode'])).toBeUndefined();
});

describe('a turn', () => {
  const own = 'ses_deb750b6bffeG1kmTTDlahbkQy';
  /** As the plugin passes them on. */
  function after(...files: string[]) {
    const names = files.map(
      (file, at) => `${String(at).padStart(15, '0')}-1${file.startsWith('session.created') ? '-session' : ''}.opencode`,
    );
    return reported(names, 'opencode', (name) => {
      const file = `${files[names.indexOf(name)]}.json`;
      const heard = opencode.hear(recorded(file), ['opencode']);
      const isChilds = file.includes('-child');
      return heard ? { heard: { ...heard, session: isChilds ? heard.session : own }, atMs: 0 } : null;
    });
  }

  test.each<[string, string[], string | null | undefined]>([
    ['that is over is done', ['session.created', 'session.status-busy', 'session.idle'], 'done'],
    [
      'of a subagent says nothing of it',
      [
        'session.created',
        'session.status-busy',
        'session.created-child',
        'session.status-busy-child',
        'session.idle-child',
      ],
      'working',
    ],
    [
      'that failed is not done, though it is over',
      ['session.status-busy', 'session.error-401', 'session.idle'],
      'waiting',
    ],
    [
      'that was aborted is not done either',
      ['session.status-busy', 'session.error-aborted', 'session.idle'],
      'waiting',
    ],
    ['that asks waits', ['session.status-busy', 'permission.asked'], 'waiting'],
    ['that was answered goes on', ['session.status-busy', 'permission.asked', 'permission.replied-once'], 'working'],
    ['of one that was resumed, and so never began', ['session.status-busy', 'session.idle'], 'done'],
  ])('%s', (_, files, state) => {
    const { report, session } = after(...files);
    expect(report?.state).toBe(state);
    expect(session).toBe(own);
    expect(opencode.resume(own)).toEqual(['--session', own]);
  });
});
