import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { codex } from '../../../../src/agent/reports/codex.ts';
import type { Event, Heard } from '../../../../src/agent/reports/heard.ts';

const RECORDED = new URL('recorded/codex/', import.meta.url);
/** Of the terminal's conversation, and of the one by `codex exec`. */
const TERMINAL = '01a2147f-4971-7c03-a6b1-cc03eb987546';
const EXEC = '01a2147f-418a-7433-84d5-f9878ebca739';

function recorded(file: string): Event {
  return JSON.parse(readFileSync(new URL(file, RECORDED), 'utf8')) as Event;
}

const finished = (session: string): Heard => {
  return { says: 'finished', session, message: 'The stand-in has answered.', background: [] };
};
const began = (session: string): Heard => ({ says: 'began', session, takesOver: false });

/** By what it was started with: nothing, and the prompt of the turn that was recorded. */
const MEANINGS: Readonly<Record<string, Heard | undefined>> = {
  'hook-SessionStart-startup.json': began(TERMINAL),
  'hook-SessionStart-compact.json': began(TERMINAL),
  'hook-SessionStart-resume.exec.json': began(EXEC),
  'hook-SessionEnd.json': { says: 'makes-room', session: TERMINAL },
  'hook-UserPromptSubmit.json': { says: 'working', session: TERMINAL },
  'hook-PreToolUse.json': { says: 'goes-on', session: TERMINAL, by: null, with: 'Bash', begins: true },
  'hook-PermissionRequest.json': {
    says: 'asks',
    session: TERMINAL,
    by: null,
    with: 'Bash',
    waitingFor: 'permission',
    message: 'to use Bash',
  },
  'hook-PostToolUse.json': { says: 'goes-on', session: TERMINAL, by: null, with: 'Bash', begins: false },
  'hook-Interrupt.json': { says: 'sits', session: TERMINAL },
  'hook-Stop.json': finished(TERMINAL),
  // They carry the session of the agent that they are subagents of.
  'hook-UserPromptSubmit-subagent.json': undefined,
  'hook-SubagentStart.json': undefined,
  'hook-SubagentStop.json': undefined,

  'notify-agent-turn-complete.json': finished(TERMINAL),
  'notify-agent-turn-complete.exec.json': finished(EXEC),
  'notify-agent-turn-complete-resumed.exec.json': finished(EXEC),
  'notify-agent-turn-complete-title-thread.json': undefined,
  'notify-agent-turn-complete-subagent.json': undefined,
};

const PROMPTS: Readonly<Record<string, string>> = {
  'notify-agent-turn-complete.exec.json': 'sh:echo hi',
  'notify-agent-turn-complete-resumed.exec.json': 'sh:echo hi',
};

test('everything that was recorded is in the table', () => {
  expect(readdirSync(RECORDED).sort()).toEqual(Object.keys(MEANINGS).sort());
});

function codexOf(file: string): string[] {
  return file.includes('.exec') ? ['codex', 'exec'] : ['codex'];
}

describe.each<[string, (file: string) => string[]]>([
  ['of one that was started without a prompt', codexOf],
  ['of one that was started with the prompt', (file) => [...codexOf(file), '--', PROMPTS[file] ?? 'esc:echo hi']],
  [
    'of one with further options',
    (file) => [...codexOf(file), '-m', 'x', '--', `${PROMPTS[file] ?? 'esc:echo hi'}\r\n`],
  ],
])('%s', (_, command) => {
  test.each(Object.entries(MEANINGS))('%s', (file, heard) => {
    expect(codex.hear(recorded(file), command(file))).toEqual(heard);
  });
});

describe('a turn that is over', () => {
  const turn = recorded('notify-agent-turn-complete.json');
  const title = recorded('notify-agent-turn-complete-title-thread.json');

  test.each<[string, Event, string[], boolean]>([
    ['of a thread that never got the prompt is not its own', turn, ['codex', '--', 'another'], false],
    ['is its own after more prompts', { ...turn, 'input-messages': ['a', 'b', 'c'] }, ['codex', '--', 'a'], true],
    [
      'whose prompt is a part of another is not its own',
      { ...turn, 'input-messages': ['ab'] },
      ['codex', '--', 'a'],
      false,
    ],
    [
      'is its own where the prompt is one for a title',
      title,
      ['codex', '--', String((title['input-messages'] as string[])[0])],
      true,
    ],
    ['of a Codex that it calls is not its own', { ...turn, client: 'codex_exec' }, ['codex', '--', 'a'], false],
    [
      'that names no client is a subagent’s, though it has the prompt',
      { ...turn, client: undefined },
      ['codex'],
      false,
    ],
    ['without messages is its own', { ...turn, 'input-messages': undefined }, ['codex'], true],
    ['without messages is not the turn of the prompt', { ...turn, 'input-messages': [] }, ['codex', '--', 'a'], false],
    ['with something else for messages is its own', { ...turn, 'input-messages': [3, null] }, ['codex'], true],
  ])('%s', (_, event, command, isOwn) => {
    expect(codex.hear(event, command) !== undefined).toBe(isOwn);
  });
});

test('a session is taken up again by its id', () => {
  expect(codex.resume(TERMINAL)).toEqual(['resume', TERMINAL]);
});
