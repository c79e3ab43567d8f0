import type { LockContext } from '../store/lock.ts';
import { pause } from '../system/clock.ts';
import { livenessOf, self } from '../system/processes.ts';

/** Who takes a lock, and how to tell that its holder has died. */
export function lockContext(): LockContext {
  return { self: self(), isAlive: (holder) => livenessOf(holder) === 'alive', pause };
}
