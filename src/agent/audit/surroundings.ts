import type { Program } from './program.ts';
import type { ShellCommand } from './shell-commands.ts';
import type { Source } from './source.ts';

/** Where a program stands in its text. A list of words in another language has none. */
export interface Surroundings {
  commands: readonly ShellCommand[];
  programs: readonly (Program | undefined)[];
  at: number;
  source: Source;
  /** The functions that hand their arguments to tmux. */
  wrappers: ReadonlySet<string>;
}
