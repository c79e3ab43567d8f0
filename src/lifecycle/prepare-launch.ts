import { InvalidInput } from '../agent/invalid-input.ts';
import type { Spec } from '../store/generated/types.ts';
import { agentDir } from '../store/paths.ts';
import type { StateDir } from '../store/state-dir.ts';
import { agentEnvironment } from './agent-environment.ts';
import type { ProfileLaunch } from './profile-launch.ts';

interface Wanted {
  command: readonly string[];
  agent?: string | undefined;
  prompt?: string | undefined;
  env?: Readonly<Record<string, string>> | undefined;
}

/**
 * What is started, with its environment and what goes with it.
 *
 * @throws {InvalidInput} for an unknown profile, or a prompt without one.
 */
export async function prepareLaunch(
  stateDir: StateDir,
  { agent, prompt, command, env: given = {} }: Wanted,
  order: Spec,
): Promise<ProfileLaunch & { environment: Record<string, string> }> {
  const withEnv = (...added: Readonly<Record<string, string>>[]) =>
    agentEnvironment(process.env, Object.assign({}, ...added), ownVariables(stateDir, order));
  if (agent === undefined) {
    if (prompt !== undefined) throw new InvalidInput('a prompt is for a profile: add --agent claude, say');
    return { command, env: {}, files: {}, reports: null, environment: withEnv(given) };
  }
  // Only here: what reads other programs' configuration is no part of a start-up.
  const [{ findProfile }, { profileLaunch }] = await Promise.all([
    import('./profiles.ts'),
    import('./profile-launch.ts'),
  ]);
  const profile = findProfile(agent, withEnv(given).PATH, order.cwd);
  const place = { directory: agentDir(stateDir.path, order.name), cwd: order.cwd, env: withEnv(profile.env, given) };
  const launch = profileLaunch(profile, { prompt, extra: command, ...place });
  // What the user gave is in ours already.
  return { ...launch, environment: withEnv(profile.env, given, launch.env) };
}

/** What tells an agent's processes who they are; the run id is the cookie by which they are found again. */
function ownVariables(stateDir: StateDir, { name, runId, limits, createdAt }: Spec): Record<string, string> {
  const capMs = limits.maxRuntimeSeconds === null ? null : limits.maxRuntimeSeconds * 1000;
  const deadline = deadlineVariable(Date.parse(createdAt), capMs);
  return {
    AGENTCTL_NAME: name,
    AGENTCTL_RUN_ID: runId,
    AGENTCTL_STATE_DIR: stateDir.path,
    ...(deadline !== undefined && { AGENTCTL_DEADLINE: deadline }),
  };
}

/** Seconds since the epoch, as a script compares them; undefined without a cap. */
export function deadlineVariable(fromMs: number, capMs: number | null): string | undefined {
  return capMs === null ? undefined : String(Math.floor(fromMs / 1000) + capMs / 1000);
}
