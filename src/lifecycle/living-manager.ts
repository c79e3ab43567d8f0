import { statSync } from 'node:fs';
import { join } from 'node:path';
import { compareVersions } from '../agent/versions.ts';
import type { Manager } from '../store/generated/types.ts';
import { readManager } from '../store/manager-file.ts';
import { packageRoot, packageVersion } from '../store/package-root.ts';
import type { StateDir } from '../store/state-dir.ts';
import { here } from '../system/clock.ts';
import { livenessOf } from '../system/processes.ts';

/** The manager that lives, of this state directory; undefined where none does. */
export function livingManager({ path }: StateDir): Manager | undefined {
  const found = readManager(path);
  if (found.state !== 'there') return undefined;
  const { bootId, pidNamespace } = found.value;
  const isHere = bootId === here().bootId && pidNamespace === here().pidNamespace;
  return isHere && livenessOf(found.value) === 'alive' ? found.value : undefined;
}

/** Whether one lives that is no older than we are. */
export function isRecent(manager: Manager | undefined): boolean {
  return manager !== undefined && comparedToUs(manager) >= 0;
}

/** Below 0 where a manager is of an older agentctl than this one, above 0 where it is of a newer one. */
export function comparedToUs({ version, builtAtMs: builtAt }: Manager): number {
  return compareVersions(version, packageVersion()) || builtAt - builtAtMs();
}

/** When this build was made. */
export function builtAtMs(): number {
  return Math.floor(statSync(join(packageRoot(), 'dist', 'main.cjs'), { throwIfNoEntry: false })?.mtimeMs ?? 0);
}
