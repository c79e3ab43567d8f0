import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Run } from '../../../src/agent/owners.ts';
import { runsWithTraces } from '../../../src/agent/traces.ts';
import { type Process, treeOf } from '../../../src/agent/tree.ts';

const RUN: Run = {
  runId: 'run00001',
  wrapper: { pid: 100, startTime: '100' },
  watchdog: { pid: 101, startTime: '101' },
  agent: { pid: 102, startTime: '102' },
};

function process(pid: number, change: Partial<Process> = {}): Process {
  return {
    pid,
    startTime: String(pid),
    parentPid: 1,
    groupId: pid,
    sessionId: pid,
    zombie: false,
    uid: 1000,
    name: 'sleep',
    cookie: undefined,
    bareEnvironment: false,
    hasTerminal: false,
    cpuTicks: 0,
    memoryBytes: 0,
    ...change,
  };
}

describe('a run', () => {
  test.each<[string, boolean, Process[], Run]>([
    ['of which nothing is there', false, [process(7, { cookie: 'run00002' }), process(8)], RUN],
    ['whose cookie somebody has', true, [process(7, { cookie: 'run00001' })], RUN],
    ['whose session somebody is in', true, [process(7, { sessionId: 100 })], RUN],
    ['whose process group somebody is in', true, [process(7, { groupId: 100 })], RUN],
    ['whose agent called setsid', true, [process(7, { sessionId: 102 })], RUN],
    ['whose agent lives', true, [process(102)], RUN],
    ['whose control group somebody is in', true, [process(7)], { ...RUN, cgroupPids: new Set([7]) }],
    ['whose control group is empty', false, [process(7)], { ...RUN, cgroupPids: new Set<number>() }],
  ])('%s may have processes: %s', (_, expected, table, run) => {
    expect(runsWithTraces([run], table).has(run.runId)).toBe(expected);
  });

  test('that has processes is never taken for one without, whatever the table', () => {
    // Few numbers, so that they meet.
    const pid = fc.integer({ min: 98, max: 106 });
    const anyProcess = fc
      .record({
        pid,
        startTime: pid.map(String),
        parentPid: pid,
        groupId: pid,
        sessionId: pid,
        cookie: fc.constantFrom(undefined, undefined, '', 'run00001', 'run00002'),
        zombie: fc.boolean(),
      })
      .map(({ pid: own, ...change }) => process(own, change));
    const anyTable = fc.uniqueArray(anyProcess, { selector: ({ pid: own }) => own });
    fc.assert(
      fc.property(anyTable, fc.uniqueArray(pid, { maxLength: 2 }), (table, pids) => {
        const run = { ...RUN, cgroupPids: new Set(pids) };
        const { members, spared } = treeOf(
          { ...run, never: new Set(), uid: 1000, inCgroup: run.cgroupPids, spare: [] },
          table,
        );
        return members.length + spared.length === 0 || runsWithTraces([run], table).has(run.runId);
      }),
    );
  });
});
