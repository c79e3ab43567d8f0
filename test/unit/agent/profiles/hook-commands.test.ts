// The lines that others run, run here by a real sh: in place of agent-report stands a script that notes how it is called.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type HookTag, hookCommand, notifyWords } from '../../../../src/agent/profiles/hook-commands.ts';

const EVENT = '{"type":"agent-turn-complete"}';
const PATHS = ['bin/agent-report', `my "tools"/o'brien's/$HOME \`id\`/a\\b/agent-report`, '-n * /agent-report'];

interface Place {
  report: string;
  folder: string;
  /** The arguments of each call of the stand-in, or nothing where it was not called. */
  calls: () => string[] | undefined;
  stdin: () => string;
}

/** @param gives - what the stand-in for agent-report prints. */
function place(path: string, isThere: boolean, gives = ''): Place {
  const folder = mkdtempSync(join(tmpdir(), 'agentctl-hook-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const report = join(folder, path);
  if (isThere) {
    mkdirSync(dirname(report), { recursive: true });
    // Not executable: a package may have lost that.
    writeFileSync(report, `printf '%s\\n' "$@" >"$FOLDER/called"; cat >"$FOLDER/stdin"; printf '%s' '${gives}'\n`);
  }
  const read = (file: string) => readFileSync(join(folder, file), 'utf8');
  return {
    report,
    folder,
    calls: () => (existsSync(join(folder, 'called')) ? read('called').split('\n').slice(0, -1) : undefined),
    stdin: () => read('stdin'),
  };
}

function run(words: readonly string[], { folder }: Place) {
  const [program = '', ...rest] = words;
  const { status, stdout, stderr } = spawnSync(program, rest, {
    input: EVENT,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, FOLDER: folder },
  });
  return { status, stdout, stderr };
}

const silent = { status: 0, stdout: '', stderr: '' };

describe.each(PATHS)('the line of a hook, with agent-report at %s', (path) => {
  test.each<[string, HookTag | undefined, string[]]>([
    ['claude', undefined, ['claude']],
    ['claude', 'session', ['claude', '-session']],
    ['codex', 'tool', ['codex', '-tool']],
    ['gemini', 'tooluse', ['gemini', '-tooluse']],
  ])('calls it for %s with the tag %s, and gives it the event', (agent, tag, args) => {
    const there = place(path, true);
    expect(run(['sh', '-c', hookCommand(there.report, agent, tag)], there)).toEqual(silent);
    expect(there.calls()).toEqual(args);
    expect(there.stdin()).toBe(EVENT);
  });

  test('gives back what it prints', () => {
    const there = place(path, true, '{}');
    expect(run(['sh', '-c', hookCommand(there.report, 'gemini')], there)).toEqual({ ...silent, stdout: '{}' });
  });

  test.each<[string, HookTag | undefined, string]>([
    ['claude', undefined, ''],
    ['claude', 'session', ''],
    ['codex', undefined, ''],
    // It reads what a hook prints as JSON.
    ['gemini', 'tool', '{}'],
  ])('does no harm to %s (tag %s) once that has gone', (agent, tag, stdout) => {
    const gone = place(path, false);
    expect(run(['sh', '-c', hookCommand(gone.report, agent, tag)], gone)).toEqual({ ...silent, stdout });
  });
});

describe.each(PATHS)('the words for notify, with agent-report at %s', (path) => {
  test.each<[string, string[]]>([
    ['nothing of the user', []],
    ["the user's program", ['notify-send', 'Codex: "$HOME"', '']],
  ])('call it with %s and the event', (_, own) => {
    const there = place(path, true);
    expect(run([...notifyWords(there.report, own), EVENT], there)).toEqual(silent);
    expect(there.calls()).toEqual(['codex', ...own, EVENT]);
  });

  test('do nothing once it has gone', () => {
    const gone = place(path, false);
    expect(run([...notifyWords(gone.report, []), EVENT], gone)).toEqual(silent);
  });

  test("call the user's program all the same once it has gone, and give back its code", () => {
    const gone = place(path, false);
    const own = ['sh', '-c', `printf '<%s>' "$@"; echo >&2 oh; exit 3`, 'x', 'a b', ''];
    expect(run([...notifyWords(gone.report, own), EVENT], gone)).toEqual({
      status: 3,
      stdout: `<a b><><${EVENT}>`,
      stderr: 'oh\n',
    });
  });
});
