import type { ManagerWish } from '../lifecycle/ensure-manager.ts';
import { type Flags, note } from './command.ts';

/** For commands that start the manager. */
export const NO_MANAGER = {
  'no-manager': { type: 'boolean', describe: 'start no manager, now or later, until "agentctl manager start"' },
} as const;

export function managerWish(flags: Flags): ManagerWish {
  return { noManager: flags.on('no-manager'), onNote: note };
}
