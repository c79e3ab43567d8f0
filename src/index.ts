/**
 * agentctl as a library: the functions that the commands call.
 *
 * @example
 * import { openStateDir, spawn, wait } from '@agentctl/cli';
 * const state = openStateDir();
 * const agent = await spawn(state, { command: ['make', 'test'], name: 'tests' });
 * for await (const ended of wait(state, [agent])) console.log(ended);
 *
 * @packageDocumentation
 */
export { InvalidInput } from './agent/invalid-input.ts';
export { DEFAULT_LIMITS, type Limits } from './agent/limits.ts';
export type { Retention } from './agent/retention.ts';
export { AgentctlError, BusyError, UnknownAgentError, UsageError } from './errors.ts';
export { type DoneOptions, done } from './lifecycle/done.ts';
export type { SpawnOptions } from './lifecycle/draft.ts';
export { type ExtendOptions, extend } from './lifecycle/extend.ts';
export { inspect } from './lifecycle/inspect.ts';
export { keep } from './lifecycle/keep.ts';
export { type AgentReference, type ListOptions, list } from './lifecycle/list.ts';
export { logs, type OutputOptions } from './lifecycle/logs.ts';
export { type FoundPostmortem, postmortem } from './lifecycle/postmortem.ts';
export { type Pruned, type PruneOptions, prune } from './lifecycle/prune.ts';
export { spawn } from './lifecycle/spawn.ts';
export {
  type BatchedAgent,
  type BatchOptions,
  InvalidBatch,
  type Spawned,
  spawnBatch,
} from './lifecycle/spawn-batch.ts';
export { type StopOptions, stop } from './lifecycle/stop.ts';
export { type SweepLine, type SweepOptions, sweep } from './lifecycle/sweep.ts';
export { type Awaited, type Removed, type WaitOptions, wait } from './lifecycle/wait.ts';
export type { Agent, Postmortem } from './store/generated/types.ts';
export { findStateDir as openStateDir, type StateDir } from './store/state-dir.ts';
