import type { Spec } from '../store/generated/types.ts';
import { here } from '../system/clock.ts';
import { livenessOf } from '../system/processes.ts';

/** Only where its pid means something: a launcher in another container may be alive. */
export function launcherDied({
  launcher,
  bootId,
  pidNamespace,
}: Pick<Spec, 'launcher' | 'bootId' | 'pidNamespace'>): boolean {
  if (bootId !== here().bootId) return true;
  return pidNamespace === here().pidNamespace && livenessOf(launcher) === 'dead';
}
