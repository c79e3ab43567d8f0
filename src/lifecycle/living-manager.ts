import type { Manager } from '../store/generated/types.ts';
import { readManager } from '../store/manager-file.ts';
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
