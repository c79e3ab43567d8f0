import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Fleet, NO_TOTALS } from '../../../src/agent/metrics.ts';
import { metricsText } from '../../../src/view/metrics-text.ts';
import { promtool } from '../../fixtures/promtool.ts';
import { folder } from '../store/state.ts';

const NOBODY: Fleet = {
  stateDir: '/state',
  phases: {},
  archived: 0,
  damaged: { agents: 0, archive: 0 },
  ended: NO_TOTALS,
  live: { sampled: 0, cores: 0, memoryBytes: 0, processes: 0 },
  manager: {
    up: false,
    held: false,
    startedAtMs: undefined,
    memoryBytes: undefined,
    cpuSeconds: undefined,
    look: undefined,
    sweep: undefined,
  },
};

const MANY: Fleet = {
  stateDir: '/home/me/a "b"\\\n\u001b[31m',
  phases: { running: 3, waiting: 1, ended: 2, unknown: 1 },
  archived: 40,
  damaged: { agents: 1, archive: 2 },
  ended: {
    results: { succeeded: 5, 'timed-out': 2 },
    runs: { 10: 1, 60: 4, Infinity: 2 },
    runMs: 200_123,
    escapedAgents: 1,
    escapedProcesses: 3,
  },
  live: { sampled: 3, cores: 1.25, memoryBytes: 300_000_000, processes: 9 },
  manager: {
    up: true,
    held: true,
    startedAtMs: 1_790_000_000_500,
    memoryBytes: 60_000_000,
    cpuSeconds: 1.5,
    look: { atMs: 1_790_000_100_000, seconds: 0.02 },
    sweep: { atMs: 1_790_000_090_000, seconds: 1.5 },
  },
};

/** Samples without the label that all of them have. */
const samplesOf = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace(/,?state_dir="(?:[^"\\]|\\.)*"/, '').replace('{}', ''));

test('every metric that is known has its samples, in Prometheus’ units', async () => {
  expect(samplesOf(await metricsText(MANY)).join('\n')).toBe(`agentctl_agents{phase="queued"} 0
agentctl_agents{phase="starting"} 0
agentctl_agents{phase="running"} 3
agentctl_agents{phase="waiting"} 1
agentctl_agents{phase="done"} 0
agentctl_agents{phase="stopping"} 0
agentctl_agents{phase="ended"} 2
agentctl_agents{phase="unknown"} 1
agentctl_archived_agents 40
agentctl_damaged_entries{place="agents"} 1
agentctl_damaged_entries{place="archive"} 2
agentctl_agents_ended_total{result="succeeded"} 5
agentctl_agents_ended_total{result="failed"} 0
agentctl_agents_ended_total{result="signaled"} 0
agentctl_agents_ended_total{result="timed-out"} 2
agentctl_agents_ended_total{result="idled-out"} 0
agentctl_agents_ended_total{result="stopped"} 0
agentctl_agents_ended_total{result="lost"} 0
agentctl_cap_hits_total 2
agentctl_agents_escaped_total 1
agentctl_escaped_processes_total 3
agentctl_agent_run_seconds_bucket{le="10"} 1
agentctl_agent_run_seconds_bucket{le="30"} 1
agentctl_agent_run_seconds_bucket{le="60"} 5
agentctl_agent_run_seconds_bucket{le="120"} 5
agentctl_agent_run_seconds_bucket{le="300"} 5
agentctl_agent_run_seconds_bucket{le="600"} 5
agentctl_agent_run_seconds_bucket{le="1200"} 5
agentctl_agent_run_seconds_bucket{le="1800"} 5
agentctl_agent_run_seconds_bucket{le="3600"} 5
agentctl_agent_run_seconds_bucket{le="7200"} 5
agentctl_agent_run_seconds_bucket{le="14400"} 5
agentctl_agent_run_seconds_bucket{le="28800"} 5
agentctl_agent_run_seconds_bucket{le="86400"} 5
agentctl_agent_run_seconds_bucket{le="+Inf"} 7
agentctl_agent_run_seconds_sum 200.123
agentctl_agent_run_seconds_count 7
agentctl_live_agents_sampled 3
agentctl_live_agents_cpu_cores 1.25
agentctl_live_agents_memory_bytes 300000000
agentctl_live_agents_processes 9
agentctl_manager_up 1
agentctl_manager_held 1
agentctl_manager_start_time_seconds 1790000000.5
agentctl_manager_resident_memory_bytes 60000000
agentctl_manager_cpu_seconds_total 1.5
agentctl_manager_last_look_timestamp_seconds 1790000100
agentctl_manager_last_look_duration_seconds 0.02
agentctl_manager_last_sweep_timestamp_seconds 1790000090
agentctl_manager_last_sweep_duration_seconds 1.5`);
});

test('what is not known has no sample, and no 0 that would be taken for one', async () => {
  const text = await metricsText(NOBODY);
  expect(text).not.toMatch(/NaN|undefined|manager_(start|resident|cpu|last)/i);
  expect(samplesOf(text)).toContain('agentctl_manager_up 0');
  expect(samplesOf(text)).toContain('agentctl_agent_run_seconds_count 0');
});

test('each metric is told what it is, once, before its samples', async () => {
  const text = await metricsText(MANY);
  const blocks = text.trimEnd().split('\n\n');
  for (const block of blocks) {
    const [help = '', type = '', ...samples] = block.split('\n');
    const { 1: name = '?' } = /^# HELP (agentctl_[a-z_]+) [A-Z].*[^ ]\.?$/.exec(help) ?? [];
    expect(type).toMatch(new RegExp(`^# TYPE ${name} (gauge|counter|histogram)$`));
    expect(samples.length).toBeGreaterThan(0);
    for (const sample of samples) expect(sample).toMatch(new RegExp(`^${name}(_bucket|_sum|_count)?\\{`));
    expect(type.endsWith('counter')).toBe(name.endsWith('_total'));
  }
  expect(text.endsWith('\n')).toBe(true);
});

test('its state directory is on every sample, and can neither end a line nor reach a terminal', async () => {
  const text = await metricsText(MANY);
  for (const line of text.split('\n').filter((one) => one.startsWith('agentctl_')))
    expect(line).toContain('state_dir="/home/me/a \\"b\\"\\\\\\\\x0a\\\\x1b[31m"} ');
});

describe('docs/metrics.md', () => {
  const page = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');

  test('has every metric with its type, and how many series there are', async () => {
    const text = await metricsText(MANY);
    const told = [...page.matchAll(/^\| `(agentctl_\w+)` \| (\w+) \|/gm)].map(([, name, type]) => `${name} ${type}`);
    expect(told).toEqual([...text.matchAll(/^# TYPE (.+)$/gm)].map(([, metric]) => metric));
    expect(page).toContain(`comes to ${samplesOf(text).length} series`);
  });

  test('has alerts that name no other metric, and that promtool understands', async () => {
    const [, rules = ''] = /^```yaml\n([\s\S]+?)^```$/m.exec(page) ?? [];
    const known = [...(await metricsText(MANY)).matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name);
    for (const [name] of rules.matchAll(/\bagentctl_\w+/g)) expect(known).toContain(name);
    const file = join(folder(), 'rules.yml');
    writeFileSync(file, rules);
    promtool(['check', 'rules', file]);
  });
});

test.each([
  ['nobody', NOBODY],
  ['many', MANY],
])('promtool has nothing to say of %s', async (_, fleet) => {
  promtool(['check', 'metrics'], await metricsText(fleet));
});
