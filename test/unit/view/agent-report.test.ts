import { describe, expect, test } from 'vitest';
import { agentReport } from '../../../src/view/agent-report.ts';

const NOW = Date.parse('2026-01-02T12:00:00Z');

const AGENT: Parameters<typeof agentReport>[0] = {
  name: 'fix',
  runId: 'run00001',
  parent: { name: 'boss', runId: 'run00000' },
  phase: 'running',
  result: null,
  exitCode: null,
  signal: null,
  reason: 'the agent runs',
  createdAt: '2026-01-02T11:50:00.000Z',
  startedAt: '2026-01-02T11:50:00.000Z',
  endedAt: null,
  deadline: '2026-01-02T12:50:00.000Z',
  teardownAt: null,
  kept: false,
  archived: false,
  report: null,
  resume: null,
  resources: null,
  lastOutputAt: null,
  cwd: '/work',
  command: ['make', 'all tests'],
  limits: { maxRuntimeSeconds: 3600, graceSeconds: 300, maxIdleSeconds: null, killAfterSeconds: 10 },
  labels: { job: '7', team: 'x' },
  directory: '/state/agents/fix',
  evidence: { sentinel: 'none', process: 'agent alive (pid 7)' },
};

const SAID = { status: 'success', waitingFor: null, resultFile: null, at: '2026-01-02T11:59:00.000Z' };
const VERDICT = {
  cause: 'capped',
  steps: [
    { step: 'term', at: '2026-01-02T11:57:50.000Z' },
    { step: 'kill', at: '2026-01-02T11:58:00.000Z' },
    { step: 'ended', at: '2026-01-02T11:58:00.100Z' },
    { step: 'teardown', at: '2026-01-02T12:03:00.000Z' },
  ],
  ended: [
    { pid: 7, command: 'sleep 1000', why: 'cookie' },
    { pid: 8, command: 'dev-server', why: 'session' },
  ],
  spared: [],
  survivors: [],
};

function report(change: Partial<typeof AGENT> = {}): Record<string, string> {
  const lines = agentReport({ ...AGENT, ...change }, NOW).split('\n');
  return Object.fromEntries(lines.map((line) => [line.slice(0, 12).trim(), line.slice(12)]));
}

describe('the report on an agent', () => {
  test('says what is true of it, and by what evidence', () => {
    expect(report()).toEqual({
      name: 'fix',
      status: 'running',
      because: 'the agent runs',
      run: 'run00001',
      command: "make 'all tests'",
      cwd: '/work',
      labels: 'job=7 team=x',
      parent: 'boss',
      started: '2026-01-02T11:50:00.000Z',
      deadline: '2026-01-02T12:50:00.000Z',
      limits: 'cap 1h, grace 5m, idle none, kill after 10s',
      directory: '/state/agents/fix',
      sentinel: 'none',
      process: 'agent alive (pid 7)',
    });
  });

  test.each<[string, Partial<typeof AGENT>, string, string | undefined]>([
    ['no deadline without a cap', { deadline: null }, 'deadline', 'none'],
    ['no deadline before the start', { deadline: null, startedAt: null }, 'deadline', undefined],
    [
      'no deadline once ended',
      { phase: 'ended', result: 'failed', exitCode: 3, endedAt: '2026-01-02T11:58:00Z' },
      'deadline',
      undefined,
    ],
    [
      'the end',
      { phase: 'ended', result: 'failed', exitCode: 3, endedAt: '2026-01-02T11:58:00Z' },
      'status',
      'failed (3) 2m ago',
    ],
    ['no line for labels without any', { labels: {} }, 'labels', undefined],
    ['no line for a parent without one', { parent: null }, 'parent', undefined],
    ['no line for limits of a damaged spec', { limits: null }, 'limits', undefined],
    ['no line for a command of a damaged spec', { command: [] }, 'command', undefined],
    ['no line for a run of a damaged spec', { runId: null }, 'run', undefined],
    [
      'the grace that is none',
      { limits: { maxRuntimeSeconds: null, graceSeconds: null, maxIdleSeconds: 90, killAfterSeconds: 0 } },
      'limits',
      'cap none, grace none, idle 1m30s, kill after 0s',
    ],
    ['no time of a report that is none', {}, 'reported', undefined],
    ['the time of a report', { report: SAID }, 'reported', '2026-01-02T11:59:00.000Z'],
    ['no result file without one', { report: SAID }, 'result file', undefined],
    ['the result file', { report: { ...SAID, resultFile: '/state/r.md' } }, 'result file', '/state/r.md'],
    [
      'how its session is taken up again',
      { resume: 'cd /w && claude --resume 7' },
      'resume',
      'cd /w && claude --resume 7',
    ],
    ['the teardown', { teardownAt: '2026-01-02T12:03:00.000Z' }, 'teardown', '2026-01-02T12:03:00.000Z'],
    ['no teardown where it is kept', { teardownAt: '2026-01-02T12:03:00.000Z', kept: true }, 'teardown', undefined],
    ['that it is kept', { kept: true }, 'kept', 'until "agentctl keep --release"'],
    ['no line for being kept once it is torn down', { kept: true, archived: true }, 'kept', undefined],
    ['no line for what was left where nothing was', { leftRunning: [] }, 'left', undefined],
    ['what was left running', { leftRunning: VERDICT.ended.slice(0, 1) }, 'left', 'sleep 1000 (pid 7, cookie)'],
    ['no line for a verdict without one', { verdict: null }, 'verdict', undefined],
  ])('has %s', (_, change, key, value) => {
    expect(report(change)[key]).toBe(value);
  });

  test('has the verdict, without a line for what is empty', () => {
    const lines = agentReport({ ...AGENT, verdict: VERDICT }, NOW).split('\n');
    expect(lines.slice(lines.indexOf('verdict     capped'))).toEqual([
      'verdict     capped',
      '  sent TERM 2026-01-02T11:57:50.000Z',
      '  sent KILL 2026-01-02T11:58:00.000Z',
      '  all gone  2026-01-02T11:58:00.100Z',
      '  torn down 2026-01-02T12:03:00.000Z',
      '  killed    sleep 1000 (pid 7, cookie), dev-server (pid 8, session)',
    ]);
  });

  test.each<[string, object, string, string | undefined]>([
    ['spared', { spared: [{ pid: 9, command: 'ssh-agent', why: 'cookie' }] }, 'spared', 'ssh-agent (pid 9, cookie)'],
    ['survived', { survivors: [{ pid: 9, command: '[nfs]', why: 'group' }] }, 'survived', '[nfs] (pid 9, group)'],
    ['is suspect', { suspects: [{ pid: 9, command: 'x', why: 'suspect' }] }, 'suspect', 'x (pid 9, suspect)'],
    [
      'was used',
      { resources: { wallSeconds: 480, cpuSeconds: 12.345, peakMemoryBytes: 43_000_000, savedSeconds: 3120 } },
      'used',
      '8m, 12.35 s of CPU, 41.0 MiB at most, 52m of its cap left',
    ],
    [
      'was used, as far as it is known',
      { resources: { wallSeconds: 480, cpuSeconds: null, peakMemoryBytes: null, savedSeconds: null } },
      'used',
      '8m',
    ],
    [
      'was used, where nothing is known',
      { resources: { wallSeconds: null, cpuSeconds: null, peakMemoryBytes: null, savedSeconds: null } },
      'used',
      undefined,
    ],
  ])('says by name what %s', (_, change, key, value) => {
    expect(report({ verdict: { ...VERDICT, ...change } })[key]).toBe(value);
  });

  test('lets nothing through that a terminal would act on, and no value pose as another line', () => {
    const evil = 'x\x1b[2J\nstatus      succeeded';
    const text = agentReport(
      {
        ...AGENT,
        cwd: evil,
        command: [evil],
        reason: evil,
        labels: { k: evil },
        directory: evil,
        evidence: { tmux: evil },
        report: { ...SAID, resultFile: evil },
        leftRunning: [{ pid: 7, command: evil, why: evil }],
        verdict: { ...VERDICT, survivors: [{ pid: 7, command: evil, why: evil }] },
      },
      NOW,
    );
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(text.split('\n').filter((line) => line.startsWith('status'))).toEqual(['status      running']);
  });
});
