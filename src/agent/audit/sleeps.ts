import { plainDuration, secondsIn } from './durations.ts';
import { report, type Scene } from './finding.ts';
import type { Program } from './program.ts';
import type { Surroundings } from './surroundings.ts';

const NOTHING = 'nothing: the session of an ended agent stays for its grace (--grace 5m), and logs and screen after it';

/**
 * A sleep that keeps a session open: the last command of what a session runs, or one of hours behind another command. Sleeps in
 * loops, in the background, and first of all are something else.
 */
export function judgeSleep({ name, word, args }: Program, scene: Scene, around: Surroundings | undefined): void {
  const command = around?.commands[around.at];
  if (name === 'tail' || !around || !command || command.captured || command.loops > 0 || command.after === '&') return;
  if (command.condition || command.after === '|') return;
  const seconds = secondsIn(plainDuration(args[0]?.text ?? '')) ?? 0;
  const near = around.commands.slice(around.at + 1, around.at + 20);
  const isLast = !near.some(({ list, captured }) => !captured && list === command.list);
  const follows = command.before !== '';
  if (scene.inSession) {
    if (isLast && (follows || seconds >= 60)) report(scene, 'sleep-holder', word, NOTHING);
    return;
  }
  if (seconds < 3600 || !isLast) return;
  const isOnLineOf = /^(?:;|&&|\|\|)$/.test(command.before);
  if (isOnLineOf || (scene.knowsTmux && follows)) report(scene, 'sleep-holder', word, NOTHING);
}
