import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { endMark } from '../../../src/agent/end-mark.ts';
import { lastOutput } from '../../../src/lifecycle/last-output.ts';
import { putLog } from '../../fixtures/pieces-of-log.ts';

const RUN_ID = '0mh2k3x4yabcdefgh';

test('the last output is that of the whole log, wherever its pieces begin', () => {
  const directory = mkdtempSync(join(tmpdir(), 'agentctl-last-output-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  expect(lastOutput(directory, RUN_ID)).toBeNull();
  const log = `one\r\ntwo\r\nthree\r\n${endMark(RUN_ID)}`;
  for (const cuts of [[], [4], [4, 9], [log.length - 3], [log.length]]) {
    putLog(directory, log, cuts);
    const said = { text: 'one\ntwo\nthree', bytes: log.length, drewScreen: false };
    expect(lastOutput(directory, RUN_ID), `${cuts}`).toEqual(said);
  }
});
