/** What one event of an agent says, in the words that all agents share. */
export type Heard = OfSession & Meaning;

interface OfSession {
  /** By what the session of the agent's own that it speaks of is known again; null where it does not say. */
  session: string | null;
  /** By what its program takes that session up, where that is something else. */
  resumeBy?: string | null;
}

type Meaning =
  /** A session began; `takesOver`: in the same process as the one before it, which tells no more. */
  | { says: 'began'; takesOver: boolean }
  /** The session ends to make room for another in the same process: cleared, or another one resumed. */
  | { says: 'makes-room' }
  /**
   * It was given something to do: whatever was true of it before is over. `turn` is by what that is known, where it is: of
   * a turn that goes on, it is a prompt more, which waits for its end.
   */
  | { says: 'working'; turn?: string | null }
  /**
   * It goes on with what it was doing. `by` is the subagent that does, null for the agent itself; `with` what it does,
   * where that may have been asked for; `begins`: it is about to, so that this answers no question.
   */
  | { says: 'goes-on'; by: string | null; with: string | null; begins: boolean }
  /** It sits at its prompt: a notification, which is true only of one that was not heard to finish. */
  | { says: 'sits' }
  /** It, or a subagent of its own, asks a person, and waits for the answer. */
  | { says: 'asks'; by: string | null; with: string | null; waitingFor: string; message: string | null }
  /** Its turn was cut off: the service refused. */
  | { says: 'failed'; waitingFor: string; message: string | null }
  /** Its turn is over; what it says goes on in the background may wake it. */
  | { says: 'finished'; turn?: string | null; message: string | null; background: readonly string[] };

/** An event as it came: whatever JSON an agent's hook was given. */
export type Event = Readonly<Record<string, unknown>>;

/** What the agents of one kind mean by their events, and how a session of theirs is taken up again. */
export interface Dialect {
  /**
   * Undefined for an event that says nothing about the agent as a whole: unknown ones, and those of its subagents.
   *
   * @param command - what the agent was started with.
   */
  hear(event: Event, command: readonly string[]): Heard | undefined;
  /** The words that take up a session, without the program's own options. */
  resume(session: string): readonly string[];
}

/** A field that is a text with something in it, else null. */
export function textOf(event: Event, field: string): string | null {
  const value = event[field];
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

/** A field that is an object, else an empty one. */
export function objectOf(event: Event, field: string): Event {
  const value = event[field];
  return isEvent(value) ? value : {};
}

/** The objects in a field that is a list, else none. */
export function objectsOf(event: Event, field: string): Event[] {
  const value = event[field];
  return Array.isArray(value) ? value.filter(isEvent) : [];
}

/** Whether something that was read is an event at all. */
export function isEvent(value: unknown): value is Event {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
