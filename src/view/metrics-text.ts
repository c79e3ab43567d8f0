import type { Histogram } from 'prom-client';
import { type Deed, type Fleet, PHASES, RESULTS, RUN_BUCKETS_SECONDS, type Totals } from '../agent/metrics.ts';
import { visible } from './visible.ts';

/**
 * The metrics of a state directory in Prometheus' text format, names and units by its rules
 * (https://prometheus.io/docs/practices/naming/). What is not known has no sample: no 0, and no NaN.
 *
 * @example await metricsText(fleet) // '# HELP agentctl_agents …'
 */
export async function metricsText(fleet: Fleet): Promise<string> {
  const { default: prom } = await import('prom-client');
  const registry = new prom.Registry();
  // On every series: two users of one machine, or two state directories, would have the same ones, which node_exporter refuses.
  registry.setDefaultLabels({ state_dir: visible(fleet.stateDir) });
  const registers = [registry];

  function gauge(name: string, help: string, value: number | undefined): void {
    if (value !== undefined) new prom.Gauge({ name, help, registers }).set(value);
  }
  function gauges(name: string, help: string, label: string, values: readonly (readonly [string, number])[]): void {
    const one = new prom.Gauge({ name, help, labelNames: [label], registers });
    for (const [key, value] of values) one.set({ [label]: key }, value);
  }
  function counter(name: string, help: string, value: number | undefined): void {
    if (value !== undefined) new prom.Counter({ name, help, registers }).inc(value);
  }
  function deed(name: string, what: string, done: Deed | undefined): void {
    gauge(`${name}_timestamp_seconds`, `When the manager last ${what}, since the epoch.`, seconds(done?.atMs));
    gauge(`${name}_duration_seconds`, `How long that took.`, done?.seconds);
  }

  const { phases, archived, damaged, ended, live, manager } = fleet;
  gauges(
    'agentctl_agents',
    'Agents that are not torn down, by phase.',
    'phase',
    PHASES.map((phase) => [phase, phases[phase] ?? 0]),
  );
  gauge('agentctl_archived_agents', 'Agents that are torn down and not removed.', archived);
  gauges(
    'agentctl_damaged_entries',
    'Directories of agents of which nothing can be said, by where they are.',
    'place',
    [
      ['agents', damaged.agents],
      ['archive', damaged.archive],
    ],
  );

  const results = new prom.Counter({
    name: 'agentctl_agents_ended_total',
    help: 'Agents that have ended, by result; removed ones too.',
    labelNames: ['result'],
    registers,
  });
  for (const result of RESULTS) results.inc({ result }, ended.results[result] ?? 0);
  counter('agentctl_cap_hits_total', 'Agents that were ended at their cap.', ended.results['timed-out'] ?? 0);
  counter(
    'agentctl_agents_escaped_total',
    'Ended agents of which a process had escaped: only its cookie or control group still told whose it was.',
    ended.escapedAgents,
  );
  counter('agentctl_escaped_processes_total', 'Escaped processes that were found and ended.', ended.escapedProcesses);
  const histogram = new prom.Histogram({
    name: 'agentctl_agent_run_seconds',
    help: 'How long agents ran, from start to end; removed ones too.',
    buckets: [...RUN_BUCKETS_SECONDS],
    registers,
  });
  fill(histogram, ended);

  gauge('agentctl_live_agents_sampled', 'Live agents whose use was measured within the last minute.', live.sampled);
  gauge('agentctl_live_agents_cpu_cores', 'CPU that these use together: 1 is one core.', live.cores);
  gauge('agentctl_live_agents_memory_bytes', 'Memory that these use together.', live.memoryBytes);
  gauge('agentctl_live_agents_processes', 'Processes that these have together.', live.processes);

  gauge('agentctl_manager_up', 'Whether a manager lives: 1 or 0.', Number(manager.up));
  gauge(
    'agentctl_manager_held',
    'Whether somebody asked for none until "agentctl manager start": 1 or 0.',
    Number(manager.held),
  );
  gauge(
    'agentctl_manager_start_time_seconds',
    'When the manager started, since the epoch.',
    seconds(manager.startedAtMs),
  );
  gauge('agentctl_manager_resident_memory_bytes', 'Memory of the manager.', manager.memoryBytes);
  counter('agentctl_manager_cpu_seconds_total', 'CPU time that the manager has used.', manager.cpuSeconds);
  deed('agentctl_manager_last_look', 'looked at all agents', manager.look);
  deed('agentctl_manager_last_sweep', 'tidied up and pruned', manager.sweep);
  return registry.metrics();
}

/** Its types do not tell of the method that its registry calls where there is one. */
type Rendered = Histogram & { getForPromString?: Histogram['get'] };

/**
 * Of runs that are long removed only the counts of their buckets are known, and prom-client takes nothing but single
 * observations: so it is handed what it would have counted itself.
 */
function fill(histogram: Rendered, { runs, runMs }: Totals): void {
  const name = 'agentctl_agent_run_seconds';
  const bounds = [...RUN_BUCKETS_SECONDS, Number.POSITIVE_INFINITY];
  let count = 0;
  const values = bounds.map((bound) => {
    count += runs[String(bound)] ?? 0;
    return {
      metricName: `${name}_bucket`,
      labels: { le: bound === Number.POSITIVE_INFINITY ? '+Inf' : bound },
      value: count,
    };
  });
  const sums = [
    { metricName: `${name}_sum`, labels: {}, value: runMs / 1000 },
    { metricName: `${name}_count`, labels: {}, value: count },
  ];
  const known = histogram.getForPromString?.bind(histogram) ?? histogram.get.bind(histogram);
  histogram.get = async () => ({ ...(await known()), values: [...values, ...sums] });
  histogram.getForPromString = histogram.get;
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}
