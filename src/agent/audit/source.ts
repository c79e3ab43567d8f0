/**
 * A text that stands in a file, perhaps as the value of a string there, so that some of its characters are written otherwise.
 * Ask {@link placeOf} where one of them is.
 */
export interface Source {
  readonly text: string;
  /**
   * Where each character is in the file; where they stand one after another, only the place of the first: most texts are so, and a
   * list for each word of a long file took most of the time and the memory.
   */
  readonly at: number | readonly number[];
  /** Where the last one ends in the file. */
  readonly end: number;
}

/** What a program puts into a string when it runs, `{name}` say: one character in the value of that string. */
export const HOLE = '\ue000';

/** A text that stands in its file as it is. */
export function asItIs(text: string, from: number): Source {
  return { text, at: from, end: from + text.length };
}

/** Where a character of a text is in the file; for the one behind the last, where that ends. */
export function placeOf({ text, at, end }: Source, index: number): number {
  if (index >= text.length) return end;
  return typeof at === 'number' ? at + index : (at[index] ?? end);
}

/** A part of it. */
export function part(source: Source, from: number, to: number): Source {
  const { text, at } = source;
  const end = placeOf(source, to);
  if (typeof at !== 'number') return { text: text.slice(from, to), at: at.slice(from, to), end };
  return { text: text.slice(from, to), at: at + from, end };
}

/** Collects a text whose characters come from different places. */
export class SourceBuilder {
  readonly #pieces: string[] = [];
  #length = 0;
  /** Where the first one is, as long as all stand one after another; else where each is. */
  #at: number | number[] = 0;

  /** @param text - its characters stand one after another in the file. */
  add(text: string, at: number): void {
    if (text === '') return;
    if (this.#length === 0) this.#at = at;
    else if (this.#at !== at - this.#length) {
      const places = this.#places();
      for (let index = 0; index < text.length; index++) places.push(at + index);
    }
    this.#pieces.push(text);
    this.#length += text.length;
  }

  /** Characters with places of their own. */
  addSource({ text, at }: Source): void {
    if (typeof at === 'number') {
      this.add(text, at);
      return;
    }
    const places = this.#places();
    for (const place of at) places.push(place);
    this.#pieces.push(text);
    this.#length += text.length;
  }

  /** @param end - where the last one ends. */
  build(end: number): Source {
    return { text: this.#pieces.length === 1 ? (this.#pieces[0] ?? '') : this.#pieces.join(''), at: this.#at, end };
  }

  #places(): number[] {
    const at = this.#at;
    if (typeof at !== 'number') return at;
    const places = Array.from({ length: this.#length }, (_, index) => at + index);
    this.#at = places;
    return places;
  }
}
