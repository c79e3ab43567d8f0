import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Report } from '../../../../src/agent/evidence.ts';
import { claude } from '../../../../src/agent/reports/claude.ts';
import type { Heard } from '../../../../src/agent/reports/heard.ts';
import { parseReportName, type Reported, reported, type Saying } from '../../../../src/agent/reports/reported.ts';

/** One file: what is in it, as it is understood, and the tag in its name. */
interface Step {
  is: Saying | undefined | null;
  tag?: string;
}

const OWN = '07a18c51';
const OTHER = 'e084f455';

/** An event of Claude Code, as its hooks give it. */
function event(name: string, fields: object = {}, tag?: string): Step {
  const heard = claude.hear({ hook_event_name: name, session_id: OWN, ...fields }, ['claude']);
  return { is: heard ? { heard, atMs: 0 } : null, ...(tag === undefined ? {} : { tag }) };
}

const begins = (source = 'startup', session_id = OWN) => event('SessionStart', { source, session_id }, 'session');
const ends = (reason = 'other', session_id = OWN) => event('SessionEnd', { reason, session_id }, 'session');
const prompt = event('UserPromptSubmit');
const uses = (tool_name: string, by = {}) => event('PreToolUse', { tool_name, ...by }, 'tooluse');
const used = (tool_name: string, by = {}) => event('PostToolUse', { tool_name, ...by }, 'tool');
const failedTool = (tool_name: string) => event('PostToolUseFailure', { tool_name }, 'tool');
const asks = (tool_name: string, by = {}) => event('PermissionRequest', { tool_name, ...by });
const notified = (notification_type: string) => event('Notification', { notification_type });
const stop = event('Stop', { last_assistant_message: 'Made.' });
const stopWith = (...descriptions: string[]) =>
  event('Stop', { background_tasks: descriptions.map((description) => ({ description })) });
const failure = (error: string, text?: string) => event('StopFailure', { error, last_assistant_message: text });
const subagent = { agent_id: 'aa195fe1' };
const ofTurn1 = { prompt_id: 't-1' };
const ofOther = { session_id: OTHER };

const PLAIN = { status: null, message: null, resultFile: null, waitingFor: null, background: [], atMs: 0, uptimeMs: 0 };
function record(change: Partial<Report>): Step {
  return { is: { record: { state: 'working', source: 'send', ...PLAIN, ...change } } };
}
const saidDone = record({ state: 'done', source: 'done', status: 'failure', message: 'no network' });
const sent = record({ source: 'send' });
const typed: Step = { ...record({ source: 'keys' }), tag: 'keys' };

const DAMAGED: Step = { is: undefined };
const NOTHING: Step = { is: null };

/** A second lies between two steps, and each is another process's. */
function fileOf({ tag, is }: Step, index: number, source = 'claude'): string {
  const kind = is && 'record' in is ? 'json' : source;
  return `${String((index + 1) * 1000).padStart(15, '0')}-${100 + index}${tag ? `-${tag}` : ''}.${kind}`;
}

function filed(steps: readonly Step[]): { files: string[]; read: (file: string) => Step['is'] } {
  const contents = new Map(steps.map((step, index) => [fileOf(step, index), step.is]));
  return { files: [...contents.keys()], read: (file) => contents.get(file) };
}

function heardAfter(steps: readonly Step[]): Reported {
  const { files, read } = filed(steps);
  return reported(files, 'claude', read);
}

/** A report as people would say it. */
function inWords({ report }: Pick<Reported, 'report'>): string {
  if (report === undefined) return 'nothing';
  const { state, waitingFor, status, message, background } = report;
  return [
    state,
    waitingFor && `for ${waitingFor}`,
    status && `(${status})`,
    state === 'done' && message,
    background.length > 0 && `with ${background.join(', ')}`,
  ]
    .filter(Boolean)
    .join(' ');
}

const MADE = 'done (success) Made.';
const ASKED = 'waiting for permission';
const NO_NETWORK = 'done (failure) no network';

describe('is true, after each thing that is said, of', () => {
  test.each<[string, [Step, string][]]>([
    [
      'a plain turn, and another',
      [
        [begins(), 'nothing'],
        [prompt, 'working'],
        [uses('Bash'), 'working'],
        [used('Bash'), 'working'],
        [stop, MADE],
        // A minute later: it is no less done.
        [notified('idle_prompt'), MADE],
        [prompt, 'working'],
        [stop, MADE],
      ],
    ],
    [
      'one that was asked for nothing yet',
      [
        [begins(), 'nothing'],
        [notified('idle_prompt'), 'waiting for input'],
        [prompt, 'working'],
      ],
    ],
    [
      'a turn that was interrupted, where that is told at all',
      [
        [prompt, 'working'],
        [uses('Bash'), 'working'],
        [notified('idle_prompt'), 'waiting for input'],
      ],
    ],
    [
      'a permission that is granted: only the end of what was asked for tells',
      [
        [prompt, 'working'],
        [uses('Bash'), 'working'],
        [asks('Bash'), ASKED],
        [notified('permission_prompt'), ASKED],
        [uses('Read'), ASKED],
        [used('Read'), ASKED],
        [uses('Bash', subagent), ASKED],
        [used('Bash', subagent), ASKED],
        [used('Bash'), 'working'],
        [stop, MADE],
      ],
    ],
    [
      'a permission that nobody asks for any more: it sits at its prompt again',
      [
        [prompt, 'working'],
        [asks('Bash'), ASKED],
        [notified('idle_prompt'), 'waiting for input'],
      ],
    ],
    [
      'a permission for what then fails',
      [
        [prompt, 'working'],
        [asks('Bash'), ASKED],
        [failedTool('Bash'), 'working'],
      ],
    ],
    [
      'a permission that is denied: nothing tells, until the next prompt',
      [
        [prompt, 'working'],
        [asks('Bash'), ASKED],
        [prompt, 'working'],
      ],
    ],
    [
      'a permission that only the notification asked for',
      [
        [prompt, 'working'],
        [notified('permission_prompt'), ASKED],
        [uses('Bash'), ASKED],
        [used('Bash'), 'working'],
      ],
    ],
    [
      'a question with answers to choose from',
      [
        [prompt, 'working'],
        [uses('AskUserQuestion'), 'working'],
        [asks('AskUserQuestion'), 'waiting for answer'],
        // It calls it a permission.
        [notified('permission_prompt'), 'waiting for answer'],
        [used('AskUserQuestion'), 'working'],
      ],
    ],
    [
      "a form of a tool's",
      [
        [prompt, 'working'],
        [uses('mcp__ask__ask'), 'working'],
        [notified('elicitation_dialog'), 'waiting for answer'],
        [notified('elicitation_response'), 'working'],
        [used('mcp__ask__ask'), 'working'],
      ],
    ],
    [
      'a failure: who is notified that it sits there learns nothing new',
      [
        [prompt, 'working'],
        [failure('rate_limit'), 'waiting for rate limit'],
        [notified('idle_prompt'), 'waiting for rate limit'],
        [ends(), 'waiting for rate limit'],
        [prompt, 'working'],
        [failure('server_error', 'API Error: 529 Overloaded'), 'waiting for overload'],
        [prompt, 'working'],
        [stop, MADE],
      ],
    ],
    [
      'a task in the background, which wakes it',
      [
        [prompt, 'working'],
        [used('Bash'), 'working'],
        [stopWith('Sleep'), 'working with Sleep'],
        [notified('idle_prompt'), 'working with Sleep'],
        [prompt, 'working'],
        [stop, MADE],
      ],
    ],
    [
      'a prompt of its own at a time',
      [
        [prompt, 'working'],
        [event('Stop', { session_crons: [{ schedule: '*/1 * * * *' }] }), 'working with a prompt at */1 * * * *'],
        [prompt, 'working'],
        [event('Stop', { session_crons: [{ schedule: '*/1 * * * *' }] }), 'working with a prompt at */1 * * * *'],
      ],
    ],
    [
      'a subagent, which goes on when the turn is over',
      [
        [prompt, 'working'],
        [used('Agent'), 'working'],
        [stopWith('Ask a helper'), 'working with Ask a helper'],
        [uses('Bash', subagent), 'working with Ask a helper'],
        [asks('Bash', subagent), `${ASKED} with Ask a helper`],
        [notified('permission_prompt'), `${ASKED} with Ask a helper`],
        [used('Bash'), `${ASKED} with Ask a helper`],
        [used('Bash', subagent), 'working with Ask a helper'],
        [event('SubagentStop', subagent), 'working with Ask a helper'],
        [prompt, 'working'],
        [stop, MADE],
      ],
    ],
    [
      'a subagent that asks before the turn is over',
      [
        [prompt, 'working'],
        [used('Agent'), 'working'],
        [asks('Bash', subagent), ASKED],
        [stopWith('Ask a helper'), `${ASKED} with Ask a helper`],
      ],
    ],
    [
      'a subagent that fails or stops',
      [
        [prompt, 'working'],
        [event('StopFailure', { error: 'server_error', ...subagent }), 'working'],
        [event('Stop', subagent), 'working'],
        [stop, MADE],
        [uses('Bash', subagent), MADE],
        [used('Bash', subagent), MADE],
      ],
    ],
    [
      'a stop that a hook of the user blocks: it goes on',
      [
        [prompt, 'working'],
        [stop, MADE],
        [uses('Bash'), 'working'],
        [used('Bash'), 'working'],
        [stop, MADE],
      ],
    ],
    [
      'a prompt that was queued: its turn begins without a word',
      [
        [prompt, 'working'],
        [prompt, 'working'],
        [stop, MADE],
        [uses('Bash'), 'working'],
        [stop, MADE],
      ],
    ],
    [
      'a prompt that was queued, as its turn tells: done only when the next one is over',
      [
        [event('UserPromptSubmit', ofTurn1), 'working'],
        [sent, 'working'],
        // It has the turn that goes on; the one that it begins says nothing.
        [event('UserPromptSubmit', ofTurn1), 'working'],
        [event('Stop', { ...ofTurn1, last_assistant_message: 'First.' }), 'working'],
        [event('Stop', { prompt_id: 't-2', last_assistant_message: 'Made.' }), MADE],
        [notified('idle_prompt'), MADE],
        [event('UserPromptSubmit', { prompt_id: 't-3' }), 'working'],
        [event('Stop', { prompt_id: 't-3', last_assistant_message: 'Made.' }), MADE],
      ],
    ],
    [
      'a prompt that was taken into the turn that went on: done when it sits at its prompt',
      [
        [event('UserPromptSubmit', ofTurn1), 'working'],
        [event('UserPromptSubmit', ofTurn1), 'working'],
        [uses('Bash'), 'working'],
        [used('Bash'), 'working'],
        [event('Stop', { ...ofTurn1, last_assistant_message: 'Made.' }), 'working'],
        [notified('idle_prompt'), MADE],
      ],
    ],
    [
      'a subagent that asks and goes on: its task is still in the background',
      [
        [prompt, 'working'],
        [stopWith('Ask a helper'), 'working with Ask a helper'],
        [asks('Bash', subagent), 'waiting for permission with Ask a helper'],
        [used('Bash', subagent), 'working with Ask a helper'],
        [notified('idle_prompt'), 'working with Ask a helper'],
        [prompt, 'working'],
        [stop, MADE],
      ],
    ],
    [
      'one that is cleared: what it was, until its new session says something',
      [
        [begins(), 'nothing'],
        [prompt, 'working'],
        [stop, MADE],
        [ends('clear'), MADE],
        [begins('clear', OTHER), MADE],
        // A late word from before.
        [stop, MADE],
        [event('UserPromptSubmit', ofOther), 'working'],
        [event('Stop', { ...ofOther, last_assistant_message: 'Made.' }), MADE],
      ],
    ],
    [
      'one that takes up another session',
      [
        [begins(), 'nothing'],
        [prompt, 'working'],
        [ends('resume'), 'working'],
        [begins('resume', OTHER), 'working'],
        [event('UserPromptSubmit', ofOther), 'working'],
        [event('Stop', { ...ofOther, last_assistant_message: 'Made.' }), MADE],
      ],
    ],
    [
      'one that runs another of its kind',
      [
        [begins(), 'nothing'],
        [prompt, 'working'],
        [asks('Bash'), ASKED],
        [begins('startup', OTHER), ASKED],
        [event('UserPromptSubmit', ofOther), ASKED],
        [event('PostToolUse', { tool_name: 'Bash', ...ofOther }, 'tool'), ASKED],
        [event('Stop', ofOther), ASKED],
        [event('StopFailure', { error: 'rate_limit', ...ofOther }), ASKED],
        [ends('other', OTHER), ASKED],
        [used('Bash'), 'working'],
      ],
    ],
    [
      'one whose process ends: its exit code will tell',
      [
        [begins(), 'nothing'],
        [prompt, 'working'],
        [stop, MADE],
        [ends('other'), MADE],
        [ends('prompt_input_exit'), MADE],
      ],
    ],
    [
      'one that says itself how it went, which holds until somebody asks for more',
      [
        [prompt, 'working'],
        [uses('Bash'), 'working'],
        [saidDone, NO_NETWORK],
        [used('Bash'), NO_NETWORK],
        [uses('Read'), NO_NETWORK],
        [used('Read', subagent), NO_NETWORK],
        [stop, NO_NETWORK],
        [notified('idle_prompt'), NO_NETWORK],
        [prompt, 'working'],
        [stop, MADE],
      ],
    ],
    [
      'one that said how it went, and left something running',
      [
        [prompt, 'working'],
        [saidDone, NO_NETWORK],
        [stopWith('Serve'), NO_NETWORK],
      ],
    ],
    [
      'one that said how it went, and was then cut off in its last words',
      [
        [prompt, 'working'],
        [saidDone, NO_NETWORK],
        [failure('rate_limit'), NO_NETWORK],
      ],
    ],
    [
      'one that said how it went, and is sent more',
      [
        [saidDone, NO_NETWORK],
        [sent, 'working'],
        [stop, MADE],
      ],
    ],
    [
      'one that said how it went, and is gone back to by a person',
      [
        [saidDone, NO_NETWORK],
        [typed, 'working'],
        [stop, MADE],
      ],
    ],
  ])('%s', (_, sequence) => {
    const steps = sequence.map(([step]) => step);
    const seen = sequence.map((_, index) => inWords(heardAfter(steps.slice(0, index + 1))));
    expect(seen).toEqual(sequence.map(([, words]) => words));
  });
});

describe('a failure', () => {
  // The word and the text as they were recorded stand in the table of claude.test.ts.
  test.each([
    ['rate_limit', 'rate limit'],
    ['billing_error', 'billing'],
    ['overloaded', 'overload'],
    ['authentication_failed', 'authentication'],
    ['oauth_org_not_allowed', 'authentication'],
    ['cloud_credential_error', 'authentication'],
    ['invalid_request', 'invalid request'],
    ['max_output_tokens', 'max output tokens'],
    ['unknown', 'error'],
  ])('by the word %s is waited out as: %s', (error, waitingFor) => {
    const { report } = heardAfter([prompt, failure(error, 'Try later.')]);
    expect(report).toMatchObject({ state: 'waiting', waitingFor, message: 'Try later.', status: null });
  });
});

test('a report tells whose word it is, and when it was said', () => {
  expect(heardAfter([prompt, stop]).report).toEqual({
    state: 'done',
    source: 'claude',
    status: 'success',
    message: 'Made.',
    resultFile: null,
    waitingFor: null,
    background: [],
    atMs: 0,
    uptimeMs: 2000,
  });
});

describe('the session is', () => {
  test.each<[string, Step[], string | undefined]>([
    ['not known where nothing was said', [], undefined],
    ['the one that began', [begins(), prompt], OWN],
    ['the first that began', [begins(), begins('startup', OTHER), ends('other', OTHER)], OWN],
    ['the one that was cleared for', [begins(), ends('clear'), begins('clear', OTHER)], OTHER],
    ['not the one that was cleared for inside of it', [begins(), begins('clear', OTHER)], OWN],
    ['the one that is resumed in its place', [begins(), ends('resume'), begins('resume', OTHER)], OTHER],
    ['the same after it was compacted', [begins(), begins('compact')], OWN],
    [
      'not the one that begins inside of it when another one makes room',
      [begins(), begins('startup', OTHER), ends('resume', OTHER), begins('resume', 'third')],
      OWN,
    ],
    ['the one that spoke first, though another one began later', [prompt, begins('startup', OTHER)], OWN],
    ['the first that is heard of, where nothing tells how sessions begin', [prompt, event('Stop', ofOther)], OWN],
    ['not known where only records speak', [saidDone, sent], undefined],
    [
      'the first that is heard of, where the word that it began is damaged',
      [{ ...DAMAGED, tag: 'session' }, prompt, event('Stop', ofOther)],
      OWN,
    ],
    ['the first that is heard of, where only the end of it is told', [prompt, stop, ends()], OWN],
    ['the first that can be read', [{ ...DAMAGED, tag: 'session' }, begins()], OWN],
  ])('%s', (_, steps, session) => {
    expect(heardAfter(steps).session).toBe(session);
  });
});

describe('of what was said at one time', () => {
  /** In the order of their names, by pids that are one time so and one time so. */
  function atOnce(one: Saying, other: Saying, source = 'claude'): string[] {
    const kindOf = (saying: Saying) => ('record' in saying ? 'json' : source);
    return [
      [one, other],
      [other, one],
    ].map(([first, second]) => {
      const contents = new Map([
        [`000000000001000-100.${kindOf(first as Saying)}`, first],
        [`000000000001000-200.${kindOf(second as Saying)}`, second],
      ]);
      return inWords(reported([...contents.keys()], source, (file) => contents.get(file)));
    });
  }
  const said = ({ is }: Step) => is as Saying;

  test.each<[string, Step, Step, string]>([
    ['a failure outdoes a stop', failure('rate_limit'), stop, 'waiting for rate limit'],
    [
      'a failure outdoes a notification',
      failure('rate_limit'),
      notified('permission_prompt'),
      'waiting for rate limit',
    ],
    ['a stop outdoes a question', stop, notified('permission_prompt'), MADE],
    ['a stop outdoes that it sits there', stop, notified('idle_prompt'), MADE],
    ['a stop outdoes the end of a tool', stop, used('Bash'), MADE],
    ['a question outdoes the tool that is about to be used', asks('Bash'), uses('Bash'), ASKED],
    ['a stop outdoes a prompt', stop, prompt, MADE],
    ['a failure outdoes a prompt', failure('rate_limit'), prompt, 'waiting for rate limit'],
    ['what it says itself outdoes a stop', saidDone, stop, NO_NETWORK],
    ['what it says itself outdoes a failure', saidDone, failure('rate_limit'), NO_NETWORK],
  ])('%s, whatever the pids', (_, strong, weak, words) => {
    expect(atOnce(said(strong), said(weak))).toEqual([words, words]);
  });
});

// opencode says that it is idle after each turn, also after one that failed.
describe('a turn that failed and is then over', () => {
  const heard = (saying: Heard): Step => ({ is: { heard: saying, atMs: 0 } });
  const session = 'ses_1';
  const busy = heard({ says: 'working', session });
  const refused = heard({ says: 'failed', session, waitingFor: 'rate limit', message: 'later' });
  const idle = heard({ says: 'finished', session, message: null, background: [] });

  test.each<[string, Step[], string]>([
    ['stays failed', [busy, refused, idle], 'waiting for rate limit'],
    ['stays failed, however often it is over', [busy, refused, idle, idle], 'waiting for rate limit'],
    ['is forgotten once there is another', [busy, refused, idle, busy, idle], 'done (success)'],
    ['is done where it was tried again and went on', [busy, refused, used('Bash'), idle], 'done (success)'],
  ])('%s', (_, steps, words) => {
    const ofOne = steps.map(({ is, ...rest }) => ({
      is: is && 'heard' in is ? { ...is, heard: { ...is.heard, session } as Heard } : is,
      ...rest,
    }));
    expect(inWords(heardAfter(ofOne))).toBe(words);
  });
});

describe('a file', () => {
  test('that is damaged is skipped, and named', () => {
    const steps = [prompt, { ...DAMAGED, tag: 'tool' }, DAMAGED, NOTHING];
    const { report, unread } = heardAfter(steps);
    expect(report).toMatchObject({ state: 'working' });
    expect(unread).toEqual([fileOf(DAMAGED, 2), fileOf({ ...DAMAGED, tag: 'tool' }, 1)]);
  });

  test('that is damaged, and older than what settles it all, is not even looked at', () => {
    expect(heardAfter([DAMAGED, prompt, stop]).unread).toEqual([]);
  });

  test.each([
    ['000000000001000-100.json', { uptimeMs: 1000, tag: undefined, kind: 'json' }],
    ['000000000001000-100.claude', { uptimeMs: 1000, tag: undefined, kind: 'claude' }],
    ['000000000001000-100_2.json', { uptimeMs: 1000, tag: undefined, kind: 'json' }],
    ['000000000001000-100-keys.json', { uptimeMs: 1000, tag: 'keys', kind: 'json' }],
    ['000000000001000-100-session.claude', { uptimeMs: 1000, tag: 'session', kind: 'claude' }],
    [
      '999999999999999-1-tool-mcp__ask__ask-aa195fe1.claude',
      { uptimeMs: 999_999_999_999_999, tag: 'tool-mcp__ask__ask-aa195fe1', kind: 'claude' },
    ],
    ['1000-100.json', undefined],
    ['000000000001000.json', undefined],
    ['000000000001000-100', undefined],
    ['000000000001000-100.json.tmp', undefined],
    ['000000000001000-100-Keys.json', undefined],
    ['.000000000001000-100.json', undefined],
    ['000000000001000-100.result.txt', undefined],
    ['', undefined],
  ])('%j is named: %j', (file, name) => {
    expect(parseReportName(file)).toEqual(name);
  });

  test.each(['result.txt', '.000000000009000-1.claude', '000000000009000-1.codex', '9000-1.claude', '9-tmp'])(
    '%s is not looked at: none of ours',
    (stranger) => {
      const { files, read } = filed([prompt]);
      const seen: string[] = [];
      const all = reported([stranger, ...files], 'claude', (file) => {
        seen.push(file);
        return read(file);
      });
      expect(seen).not.toContain(stranger);
      expect(all).toEqual(reported(files, 'claude', read));
    },
  );

  test('is read although a hundred came since that mean nothing', () => {
    expect(heardAfter([begins(), stop, ...Array.from({ length: 200 }, () => NOTHING)]).report?.state).toBe('done');
  });

  test('is read only where less than a hundred came since that are damaged', () => {
    const { files, read } = filed([begins(), stop, ...Array.from({ length: 100 }, () => DAMAGED)]);
    const seen = new Set<string>();
    const { report, session } = reported(files, 'claude', (file) => {
      seen.add(file);
      return read(file);
    });
    expect(report).toBeUndefined();
    expect(session).toBe(OWN);
    expect(seen).toEqual(new Set([files[0], ...files.slice(-100)]));
  });

  test('is read only where it comes after what settles it all', () => {
    const { files, read } = filed([begins(), prompt, stop, prompt, stop]);
    const seen = new Set<string>();
    reported(files, 'claude', (file) => {
      seen.add(file);
      return read(file);
    });
    expect(seen).toEqual(new Set([files[0], files[3], files[4]]));
  });
});

test.each<[string, Step[], boolean]>([
  ['never typed at', [prompt, sent, stop], false],
  ['typed at', [typed], true],
  ['typed at, long ago', [typed, prompt, stop, saidDone], true],
  ['typed at, as far as the name of a damaged file tells', [{ ...DAMAGED, tag: 'keys' }], true],
])('one that is %s', (_, steps, isTyped) => {
  expect(heardAfter(steps).typed).toBe(isTyped);
});

test('of one whose program does not tell, records count and nothing else', () => {
  const { files, read } = filed([begins(), saidDone, prompt]);
  expect(reported(files, undefined, read)).toEqual({
    report: (saidDone.is as { record: Report }).record,
    session: undefined,
    typed: false,
    unread: [],
  });
});

describe('whatever is in reports/', () => {
  const anyTag = fc.option(fc.constantFrom('session', 'tool', 'tooluse', 'keys'), { nil: undefined });
  const known = [begins(), begins('clear', OTHER), ends('clear'), ends('other', OTHER), prompt, uses('Bash'), stop];
  const more = [used('Bash'), used('Bash', subagent), asks('Bash'), asks('Bash', subagent), stopWith('Sleep')];
  const rest = [notified('idle_prompt'), failure('rate_limit'), saidDone, sent, typed, DAMAGED, NOTHING];
  const content = fc.constantFrom(...[...known, ...more, ...rest].map(({ is }) => is));
  const name = fc
    .tuple(
      fc.integer({ min: 0, max: 4 }),
      fc.integer({ min: 1, max: 3000 }),
      anyTag,
      fc.constantFrom('claude', 'claude', 'json', 'codex'),
    )
    .map(
      ([second, pid, tag, kind]) => `${String(second * 1000).padStart(15, '0')}-${pid}${tag ? `-${tag}` : ''}.${kind}`,
    );
  const anyFiles = fc
    .array(fc.tuple(fc.oneof({ weight: 20, arbitrary: name }, { weight: 1, arbitrary: fc.string() }), content), {
      maxLength: 12,
    })
    .map((entries) => new Map(entries));

  test('it comes to something', () => {
    fc.assert(
      fc.property(anyFiles, fc.constantFrom('claude', 'codex', undefined), (contents, source) => {
        expect(() => reported([...contents.keys()], source, (file) => contents.get(file))).not.toThrow();
      }),
    );
  });

  test('the order in which the files are listed means nothing', () => {
    const shuffled = anyFiles.chain((contents) => {
      const files = [...contents.keys()];
      return fc.tuple(
        fc.constant(contents),
        fc.shuffledSubarray(files, { minLength: files.length, maxLength: files.length }),
      );
    });
    fc.assert(
      fc.property(shuffled, ([contents, files]) => {
        const read = (file: string) => contents.get(file);
        expect(reported(files, 'claude', read)).toEqual(reported([...contents.keys()], 'claude', read));
      }),
    );
  });

  test('one more that cannot be understood changes nothing but that it is named', () => {
    const untyped = name.filter((file) => !file.includes('-keys'));
    fc.assert(
      fc.property(anyFiles, untyped, (contents, file) => {
        fc.pre(!contents.has(file));
        const files = [...contents.keys()];
        const { unread, ...without } = reported(files, 'claude', (one) => contents.get(one));
        const { unread: more, ...all } = reported([...files, file], 'claude', (one) => contents.get(one));
        expect(all).toEqual(without);
        expect(more.filter((one) => one !== file)).toEqual(unread);
      }),
    );
  });
});
