/**
 * A text that stands in a file, perhaps as the value of a string there, so that some of its characters are written otherwise:
 * `at[i]` is where the i-th is in the file, `at[text.length]` where the last one ends.
 */
export interface Source {
  readonly text: string;
  readonly at: readonly number[];
}

/** What a program puts into a string when it runs, `{name}` say: one character in the value of that string. */
export const HOLE = '\ue000';

/**
 * A text that stands in its file as it is. Most texts hold nothing of interest, and nobody asks where their characters are.
 *
 * @param from - where it begins.
 */
export function asItIs(text: string, from: number): Source {
  let places: readonly number[] | undefined;
  return {
    text,
    get at() {
      places ??= Array.from({ length: text.length + 1 }, (_, index) => from + index);
      return places;
    },
  };
}

/** A part of it. */
export function part({ text, at }: Source, from: number, to: number): Source {
  return { text: text.slice(from, to), at: at.slice(from, to + 1) };
}

/** Collects a text whose characters come from different places. */
export class SourceBuilder {
  readonly #pieces: string[] = [];
  readonly #at: number[] = [];

  get isEmpty(): boolean {
    return this.#at.length === 0;
  }

  /** @param text - its characters stand one after another in the file. */
  add(text: string, at: number): void {
    this.#pieces.push(text);
    for (let index = 0; index < text.length; index++) this.#at.push(at + index);
  }

  /** Characters with places of their own. */
  addSource({ text, at }: Source): void {
    this.#pieces.push(text);
    for (let index = 0; index < text.length; index++) this.#at.push(at[index] ?? 0);
  }

  /** @param end - where the last one ends. */
  build(end: number): Source {
    return { text: this.#pieces.join(''), at: [...this.#at, end] };
  }
}
