import { report, type Scene } from './finding.ts';
import { nameIn, spawnLine } from './instead.ts';
import { namesCompletion } from './names.ts';
import type { Program } from './program.ts';
import { HOLE, type Source } from './source.ts';
import type { Surroundings } from './surroundings.ts';
import { commandOf, type TmuxCall, tmuxCalls } from './tmux-call.ts';

/** Formats by which scripts ask whether a pane's command still runs. */
const LIVENESS = /pane_dead|pane_pid|pane_current_command|pane_start_command|(?:session|window|pane)_activity/;

/**
 * One call of tmux.
 *
 * @param isByName - called through a variable or function of whose name only part says tmux: then only a full command counts.
 */
export function judgeTmux(
  { word, args }: Program,
  scene: Scene,
  around: Surroundings | undefined,
  isByName: boolean,
): void {
  if (isByName && !isFullName(args[0]?.text)) return;
  for (const call of tmuxCalls(args, isManyWords)) judgeCall(call, word, scene, around);
}

/** The same for words that other languages hand over. */
export function judgeCall(call: TmuxCall, place: Source, scene: Scene, around: Surroundings | undefined): void {
  const { command, switches, options, rest, isOpen } = call;
  const hasOptions = switches !== '' || Object.keys(options).length > 0;
  // `tmux kill-session failed` in a message.
  if (!scene.isSure && !hasOptions && !isOpen) return;
  const target = (): string => nameIn(options.t, scene);
  switch (command) {
    case 'new-session':
      // Without -d, and without a command, it is a terminal for a person.
      if (switches.includes('d') || rest.length > 0 || isOpen)
        report(scene, 'tmux-start', place, spawnLine(call, scene));
      return;
    case 'has-session':
      // A loop that waits for the end.
      if (around?.commands[around.at]?.condition === 'while')
        report(scene, 'tmux-probe', place, `agentctl wait ${target()}`);
      else report(scene, 'tmux-probe', place, `agentctl status ${target()}`);
      return;
    case 'kill-session':
      report(scene, 'tmux-kill', place, `agentctl stop ${switches.includes('a') ? '--all' : target()}`);
      return;
    case 'kill-server':
      report(scene, 'tmux-kill', place, 'agentctl stop --all');
      return;
    case 'capture-pane':
      if (isAskedForTheEnd(around)) report(scene, 'tmux-probe', place, `agentctl wait ${target()}`);
      else report(scene, 'tmux-probe', place, `agentctl screen ${target()}`);
      return;
    case 'list-sessions':
      if (isTaken(scene, around)) report(scene, 'tmux-probe', place, 'agentctl ps');
      return;
    case 'list-panes':
    case 'display-message': {
      const format = [options.F, ...rest].find((one) => one && LIVENESS.test(one.text));
      if (format) report(scene, 'tmux-probe', place, `agentctl status ${target()}`);
      return;
    }
    default:
      command satisfies never;
  }
}

/** Whether what it prints is read by a program: a person who looks at `tmux ls` needs nothing else. */
function isTaken(scene: Scene, around: Surroundings | undefined): boolean {
  if (!around) return scene.isCaptured;
  const command = around.commands[around.at];
  return (
    command !== undefined &&
    (command.captured || command.after === '|' || command.condition !== undefined || (scene.isCaptured && scene.isSure))
  );
}

/** `capture-pane | grep DONE`. */
function isAskedForTheEnd(around: Surroundings | undefined): boolean {
  if (around?.commands[around.at]?.after !== '|') return false;
  for (let at = around.at + 1; at < around.commands.length; at++) {
    const program = around.programs[at];
    if (program && /grep$|^rg$/.test(program.name)) return program.args.some(({ text }) => namesCompletion(text));
    if (around.commands[at]?.after !== '|') return false;
  }
  return false;
}

function isFullName(word: string | undefined): boolean {
  return word?.includes('-') === true && commandOf(word) === word;
}

function isManyWords({ text }: Source): boolean {
  return /^\$(?:[@*]|\{@\}|\{\w+\[[@*]\]\})$/.test(text) || text === `...${HOLE}`;
}
