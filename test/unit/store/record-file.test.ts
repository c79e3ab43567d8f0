import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as validators from '../../../src/store/generated/validators.js';
import { readRecord } from '../../../src/store/record-file.ts';
import { asNobody, EXIT, folder, letPass, SPEC, STARTED } from './state.ts';

const TEXT = `${JSON.stringify(EXIT)}\n`;

function read(content: string | Buffer) {
  const path = join(folder(), 'exit.json');
  writeFileSync(path, content);
  return readRecord(path, validators.exit);
}

describe('a record', () => {
  test('is read as it was written', () => {
    expect(read(TEXT)).toEqual({ state: 'there', value: EXIT });
  });

  test('keeps fields that are not known yet', () => {
    expect(read(JSON.stringify({ ...EXIT, later: [1] }))).toEqual({ state: 'there', value: { ...EXIT, later: [1] } });
  });

  test('is absent where there is none, or no folder for it', () => {
    const path = folder();
    writeFileSync(join(path, 'file'), '');
    expect(readRecord(join(path, 'exit.json'), validators.exit)).toEqual({ state: 'absent' });
    expect(readRecord(join(path, 'gone', 'exit.json'), validators.exit)).toEqual({ state: 'absent' });
    expect(readRecord(join(path, 'file', 'exit.json'), validators.exit)).toEqual({ state: 'absent' });
  });

  test.each(['', '\n', '  \n'])('is absent while it is empty: %j', (content) => {
    expect(read(content)).toEqual({ state: 'absent' });
  });

  test('is damaged wherever it is cut off', () => {
    const path = join(folder(), 'exit.json');
    for (let length = 1; length < TEXT.length - 1; length++) {
      writeFileSync(path, TEXT.slice(0, length));
      expect(readRecord(path, validators.exit)).toEqual({
        state: 'damaged',
        problem: 'exit.json is damaged: it is not JSON',
      });
    }
    writeFileSync(path, TEXT.slice(0, -1));
    expect(readRecord(path, validators.exit).state).toBe('there');
  });

  test.each([
    ['zeros, as a crash leaves them', Buffer.alloc(200)],
    ['random bytes', Buffer.from([0xff, 0xfe, 0x00, 0x7b])],
    ['two records', TEXT + TEXT],
    ['a record and rest of a longer one', `${TEXT}}\n`],
  ])('is damaged where it holds %s', (_, content) => {
    expect(read(content)).toEqual({ state: 'damaged', problem: 'exit.json is damaged: it is not JSON' });
  });

  test.each<[string, unknown, string]>([
    ['a number', 7, 'it must be object'],
    ['a list', [], 'it must be object'],
    ['null', null, 'it must be object'],
    ['nothing in it', {}, "it must have required property 'schemaVersion'"],
    ['no run id', { ...EXIT, runId: undefined }, "it must have required property 'runId'"],
    ['no code', { ...EXIT, code: undefined }, "it must have required property 'code'"],
    ['a code in words', { ...EXIT, code: '0' }, 'code must be integer'],
    ['a code that is none', { ...EXIT, code: 256 }, 'code must be <= 255'],
    ['a negative code', { ...EXIT, code: -1 }, 'code must be >= 0'],
    ['half a code', { ...EXIT, code: 0.5 }, 'code must be integer'],
    ['a code that is true', { ...EXIT, code: true }, 'code must be integer'],
    ['an end that nobody knows', { ...EXIT, how: 'guessed' }, 'how must be equal to one of the allowed values'],
    ['another cause', { ...EXIT, cause: 'stopped' }, 'cause must be equal to one of the allowed values'],
    ['an uptime in words', { ...EXIT, uptimeSeconds: '1' }, 'uptimeSeconds must be number'],
    ['a negative uptime', { ...EXIT, uptimeSeconds: -1 }, 'uptimeSeconds must be >= 0'],
    ['a run id that is a path', { ...EXIT, runId: '../../etc' }, 'runId must match pattern'],
    ['a version in words', { ...EXIT, schemaVersion: '1' }, 'schemaVersion must be'],
    ['version 0', { ...EXIT, schemaVersion: 0 }, 'schemaVersion must be'],
  ])('is damaged with %s, and says where', (_, content, problem) => {
    const found = read(JSON.stringify(content));
    expect(found.state).toBe('damaged');
    expect(found).toHaveProperty('problem', expect.stringContaining(`exit.json is damaged: ${problem}`));
  });

  test.each([2, 99])('of format %i asks for the newer agentctl, whatever else it holds', (schemaVersion) => {
    expect(read(JSON.stringify({ schemaVersion, anything: true }))).toEqual({
      state: 'damaged',
      problem: `exit.json was written by a newer agentctl (format ${schemaVersion}): use that one`,
    });
  });

  test('that cannot be read is damaged, and says why', () => {
    const path = folder();
    writeFileSync(join(path, 'exit.json'), TEXT);
    chmodSync(join(path, 'exit.json'), 0o000);
    letPass(path);
    expect(asNobody(() => readRecord(join(path, 'exit.json'), validators.exit))).toEqual({
      state: 'damaged',
      problem: 'exit.json cannot be read (permission denied)',
    });
  });

  test('that is a directory is damaged', () => {
    const path = folder();
    mkdirSync(join(path, 'exit.json'));
    expect(readRecord(join(path, 'exit.json'), validators.exit)).toEqual({
      state: 'damaged',
      problem: 'exit.json cannot be read (it is a directory)',
    });
  });
});

// One field at a time: what every other field holds is right.
const RECORDS = [
  ['spec', validators.spec, SPEC],
  ['started', validators.started, STARTED],
  ['exit', validators.exit, EXIT],
] as const;

test.each(RECORDS)('the fixture of %s is whole, and each of its fields is needed', (_, validate, record) => {
  expect(validate(record)).toBe(true);
  for (const field of Object.keys(record)) expect(validate({ ...record, [field]: undefined }), field).toBe(false);
});
