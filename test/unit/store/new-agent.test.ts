import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { readAgentFiles } from '../../../src/store/agent-files.ts';
import {
  claimName,
  discardNewAgent,
  makeAgentDir,
  type NewAgent,
  removeHalfMade,
} from '../../../src/store/new-agent.ts';
import { folder, RUN, SPEC } from './state.ts';

const AGENT: NewAgent = {
  spec: SPEC,
  launchScript: 'exec make\n',
  environmentScript: "export TOKEN='secret'\n",
  files: {},
  stdin: undefined,
};

let state: string;
beforeEach(() => {
  state = folder();
  mkdirSync(join(state, 'agents'));
});

describe('a new directory', () => {
  test('holds all that must be there beforehand, for its owner only', () => {
    const directory = makeAgentDir(state, AGENT);
    expect(directory).toBe(join(state, 'agents', `.new.${RUN}`));
    expect(readdirSync(directory).sort()).toEqual(
      ['env', 'exit.tmp', 'heartbeat', 'launch.sh', 'limits', 'output.log', 'reports', 'spare', 'spec.json'].sort(),
    );
    for (const file of ['.', ...readdirSync(directory)]) {
      expect(statSync(join(directory, file)).mode & 0o077, file).toBe(0);
    }
    expect(readFileSync(join(directory, 'launch.sh'), 'utf8')).toBe('exec make\n');
    expect(readFileSync(join(directory, 'env'), 'utf8')).toBe("export TOKEN='secret'\n");
  });

  test('reads back as the agent that it is to be, its end pending', () => {
    const files = readAgentFiles(makeAgentDir(state, AGENT), 'fix', false);
    expect(files.spec).toMatchObject({ state: 'there', value: { runId: RUN, command: ['make', 'test'] } });
    expect(files.recorded).toEqual({
      state: 'there',
      value: { code: null, how: 'pending', cause: 'natural', uptimeMs: 0 },
    });
    expect(files).toMatchObject({ started: { state: 'absent' }, sentinel: { state: 'absent' }, capMs: 3_600_000 });
  });

  test('holds the whole stdin, byte for byte', () => {
    const stdin = Buffer.alloc(3_000_000, Uint8Array.of(0, 1, 10, 13, 255));
    const directory = makeAgentDir(state, { ...AGENT, stdin });
    expect(readFileSync(join(directory, 'stdin')).equals(stdin)).toBe(true);
    discardNewAgent(state, RUN);
    expect(existsSync(join(makeAgentDir(state, { ...AGENT, stdin: Buffer.alloc(0) }), 'stdin'))).toBe(true);
  });

  test('is made once', () => {
    makeAgentDir(state, AGENT);
    expect(() => makeAgentDir(state, AGENT)).toThrow(/EEXIST/);
  });

  test.each<[string, Partial<typeof SPEC>, string]>([
    ['with a parent that it does not end with', {}, `${RUN} 3600 1 5 30`],
    ['that ends with its parent', { withParent: true }, `${RUN} 3600 1 5 30 boss run00000`],
    ['that ends with a parent, but has none', { withParent: true, parent: null }, `${RUN} 3600 1 5 30`],
    [
      'without a cap',
      { limits: { ...SPEC.limits, maxRuntimeSeconds: null, killAfterSeconds: 10 } },
      `${RUN} none 10 5 30`,
    ],
    [
      'with parts of seconds, which round up: never too early',
      { limits: { ...SPEC.limits, maxRuntimeSeconds: 0.2, killAfterSeconds: 2.1 } },
      `${RUN} 1 3 5 30`,
    ],
  ])('tells the watchdog the limits of an agent %s', (_, change, line) => {
    const directory = makeAgentDir(state, { ...AGENT, spec: { ...SPEC, ...change } });
    expect(readFileSync(join(directory, 'limits'), 'utf8')).toBe(`${line}\n`);
  });
});

describe('exit.tmp', () => {
  const wrapper = readFileSync(new URL('../../../bin/agent-wrapper', import.meta.url), 'utf8');
  const format = /printf '(\{"schemaVersion".*?)' \\\n/.exec(wrapper)?.[1] ?? '';

  /** What the wrapper's printf writes; %Ns pads on the left, %-Ns on the right. */
  function written(...words: string[]): string {
    return format
      .replace(/%(-?)(\d*)s/g, (_, left, width) => {
        const word = words.shift() ?? '';
        return left ? word.padEnd(Number(width)) : word.padStart(Number(width));
      })
      .replace('\\n', '\n');
  }

  test.each([
    ['0', 'observed', 'natural', '1.00'],
    ['255', 'observed', 'with-parent', '123456789.99'],
    ['null', 'inferred', 'capped', '98765.43'],
  ])('is as wide as what the wrapper writes over it: %s %s %s %s', (code, how, cause, uptime) => {
    const directory = makeAgentDir(state, AGENT);
    const over = written(RUN, code, `"${how}"`, `"${cause}"`, uptime);
    expect(over).toMatch(/^\{"schemaVersion":1,"runId":"run00001",.*\}\n$/);
    expect(statSync(join(directory, 'exit.tmp')).size).toBe(Buffer.byteLength(over));
    writeFileSync(join(directory, 'exit.tmp'), over, { flag: 'r+' });
    expect(readAgentFiles(directory, 'fix', false).recorded).toEqual({
      state: 'there',
      value: { code: code === 'null' ? null : Number(code), how, cause, uptimeMs: Math.round(Number(uptime) * 1000) },
    });
  });

  test('is no success, and no other code, where only a part of it could be written over', () => {
    const directory = makeAgentDir(state, AGENT);
    const before = readFileSync(join(directory, 'exit.tmp'), 'utf8');
    const over = written(RUN, '0', '"observed"', '"natural"', '98765.43');
    for (let length = 0; length < over.length; length++) {
      writeFileSync(join(directory, 'exit.tmp'), over.slice(0, length) + before.slice(length));
      const { recorded } = readAgentFiles(directory, 'fix', false);
      if (recorded.state !== 'there' || recorded.value.how !== 'observed') continue;
      expect(recorded.value).toMatchObject({ code: 0, cause: 'natural' });
    }
  });
});

describe('a name', () => {
  const claim = () => claimName(state, SPEC);
  const target = () => join(state, 'agents', 'fix');

  test('is taken by renaming the whole directory', () => {
    makeAgentDir(state, AGENT);
    expect(claim()).toBe(true);
    expect(readdirSync(join(state, 'agents'))).toEqual(['fix']);
  });

  test.each<[string, () => void]>([
    [
      'an agent',
      () =>
        makeAgentDir(state, { ...AGENT, spec: { ...SPEC, runId: 'run00002' } }) &&
        claimName(state, { name: 'fix', runId: 'run00002' }),
    ],
    ["a person's empty directory", () => mkdirSync(target())],
    ['a file', () => writeFileSync(target(), '')],
    ['a link to nowhere', () => symlinkSync('/nowhere', target())],
  ])('that %s has is not taken', (_, take) => {
    makeAgentDir(state, AGENT);
    take();
    const before = statSync(target(), { throwIfNoEntry: false })?.ino;
    expect(claim()).toBe(false);
    expect(statSync(target(), { throwIfNoEntry: false })?.ino).toBe(before);
    expect(existsSync(join(state, 'agents', `.new.${RUN}`))).toBe(true);
  });

  test('cannot be taken without a directory for it', () => {
    expect(claim).toThrow(/ENOENT/);
  });
});

describe('what launchers left half made', () => {
  const left = () => readdirSync(join(state, 'agents'));

  test('goes, secrets included, when its launcher is dead', () => {
    makeAgentDir(state, AGENT);
    removeHalfMade(state, ({ launcher }) => launcher.pid === 90 && launcher.startTime === '900');
    expect(left()).toEqual([]);
  });

  test('stays while its launcher lives', () => {
    makeAgentDir(state, AGENT);
    removeHalfMade(state, () => false);
    expect(left()).toEqual([`.new.${RUN}`]);
  });

  test('goes by its age where nothing says whose it is', () => {
    mkdirSync(join(state, 'agents', '.new.old'));
    mkdirSync(join(state, 'agents', '.new.young'));
    utimesSync(join(state, 'agents', '.new.old'), 0, Date.now() / 1000 - 61);
    removeHalfMade(state, () => false);
    expect(left()).toEqual(['.new.young']);
  });

  test('is told from agents, locks and all else', () => {
    for (const entry of ['fix', '.lock.run00001', '.hidden']) mkdirSync(join(state, 'agents', entry));
    removeHalfMade(state, () => true);
    expect(left().sort()).toEqual(['.hidden', '.lock.run00001', 'fix']);
  });

  test('is discarded by name, and that may be repeated', () => {
    makeAgentDir(state, AGENT);
    discardNewAgent(state, RUN);
    discardNewAgent(state, RUN);
    expect(left()).toEqual([]);
  });
});
