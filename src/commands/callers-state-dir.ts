import type { CallingAgent } from '../lifecycle/calling-agent.ts';
import { findStateDir, type StateDir } from '../store/state-dir.ts';
import type { Flags } from './command.ts';

/** Where the calling agent lives: whoever emptied our environment took the state directory with it. */
export function callersStateDir(caller: CallingAgent, flags: Flags, found: StateDir): StateDir {
  return caller.stateDir === undefined || flags.text('state-dir') !== undefined ? found : findStateDir(caller.stateDir);
}
