import { InvalidInput } from './invalid-input.ts';
import { nearest } from './nearest.ts';

/** What commands can hear of, by `--on` and config.json. */
export const HOOK_EVENTS = ['waiting', 'done', 'warned', 'ended', 'lost', 'escaped'] as const;
export type HookEvent = (typeof HOOK_EVENTS)[number];
/** Shell commands, by the event that they hear of. */
export type HookCommands = Readonly<Partial<Record<HookEvent, readonly string[]>>>;

/**
 * Reads `EVENT=COMMAND`, each several times.
 *
 * @throws {InvalidInput} for an event that is none, or no command.
 * @example parseOn(['done=notify-send done'], '--on') // { done: ['notify-send done'] }
 */
export function parseOn(texts: readonly string[], where: string): HookCommands {
  const commands: Partial<Record<HookEvent, string[]>> = {};
  for (const text of texts) {
    const [event = '', ...rest] = text.split('=');
    const command = rest.join('=');
    if (!isHookEvent(event)) {
      const near = nearest(event, HOOK_EVENTS);
      throw new InvalidInput(
        `${where}: ${JSON.stringify(event)} is no event: ${near ? `did you mean ${near}?` : `there are ${HOOK_EVENTS.join(', ')}`}`,
      );
    }
    if (command.trim() === '') throw new InvalidInput(`${where}: ${event} has no command: write ${event}=COMMAND`);
    commands[event] = [...(commands[event] ?? []), command];
  }
  return commands;
}

/** The commands of several places, each that stands in any. */
export function allHooks(...places: readonly HookCommands[]): Partial<Record<HookEvent, string[]>> {
  const all: Partial<Record<HookEvent, string[]>> = {};
  for (const event of HOOK_EVENTS) {
    const commands = places.flatMap((place) => place[event] ?? []);
    if (commands.length > 0) all[event] = commands;
  }
  return all;
}

function isHookEvent(text: string): text is HookEvent {
  return (HOOK_EVENTS as readonly string[]).includes(text);
}
