type State =
  | 'text'
  | 'escape'
  | 'intermediate'
  | 'csi'
  | 'string'
  | 'device-string'
  | 'string-escape'
  | 'carriage-return';

/** What stands for itself, taken by the run: one character at a time, a log would be read more slowly than it is written. */
const ORDINARY = /[\n\t -~\u00a0-\u2029\u202f-\u2065\u206a-\uffff]+/y;

/**
 * Turns a terminal's bytes into plain text as they come: LF for CRLF, no terminal codes, nothing that a terminal would
 * act on. A lone carriage return, with which a program redraws its line, begins a new line: nothing is lost.
 *
 * The states are those of ECMA-48's control sequences, as every terminal parses them; cut anywhere, they go on in the
 * next block.
 */
export class PlainText {
  readonly #decoder = new TextDecoder();
  #state: State = 'text';
  #drewScreen = false;
  #csi = '';

  /** Whether the program switched to the full screen, where its bytes make no text. */
  get drewScreen(): boolean {
    return this.#drewScreen;
  }

  /** All of a text at once. */
  static of(bytes: Uint8Array): string {
    const text = new PlainText();
    return text.push(bytes) + text.end();
  }

  push(bytes: Uint8Array): string {
    return this.#read(this.#decoder.decode(bytes, { stream: true }));
  }

  /** What was still held back. */
  end(): string {
    const rest = this.#read(this.#decoder.decode());
    return this.#state === 'carriage-return' ? `${rest}\n` : rest;
  }

  #read(text: string): string {
    let plain = '';
    for (let at = 0; at < text.length; ) {
      ORDINARY.lastIndex = at;
      const [ordinary] = (this.#state === 'text' && ORDINARY.exec(text)) || [];
      if (ordinary === undefined) {
        const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
        plain += this.#step(character);
        at += character.length;
      } else {
        plain += ordinary;
        at += ordinary.length;
      }
    }
    return plain;
  }

  #step(character: string): string {
    const code = character.codePointAt(0) ?? 0;
    switch (this.#state) {
      case 'carriage-return':
        if (character === '\r') return '';
        this.#state = 'text';
        return character === '\n' ? '\n' : `\n${this.#text(character, code)}`;
      case 'text':
        return this.#text(character, code);
      case 'escape':
        if (code < 0x20) return this.#instead(character, code);
        this.#state = afterEscape(character, code);
        this.#csi = '';
        return '';
      case 'intermediate':
        if (code < 0x20) return this.#instead(character, code);
        if (code >= 0x30) this.#state = 'text';
        return '';
      case 'csi':
        return this.#inCsi(character, code);
      case 'string':
      case 'device-string':
        // A title has no line breaks, and one without an end must not eat a log; the data of an image may have them.
        if (character === '\n' && this.#state === 'string') return this.#instead(character, code);
        // BEL, or ESC \ (or its one-byte form), ends it; CAN and SUB abort it.
        if (code === 0x07 || code === 0x9c || code === 0x18 || code === 0x1a) this.#state = 'text';
        else if (code === 0x1b) this.#state = 'string-escape';
        return '';
      case 'string-escape':
        this.#state = character === '\\' ? 'text' : 'escape';
        return character === '\\' ? '' : this.#step(character);
      default:
        return this.#state satisfies never;
    }
  }

  /** A control character in the midst of a sequence: it counts, the sequence does not. */
  #instead(character: string, code: number): string {
    this.#state = 'text';
    return this.#text(character, code);
  }

  #text(character: string, code: number): string {
    if (character === '\r') this.#state = 'carriage-return';
    else if (code === 0x1b) this.#state = 'escape';
    else if (code === 0x9b) {
      this.#state = 'csi';
      this.#csi = '';
    } else if (code === 0x90) this.#state = 'device-string';
    else if ([0x98, 0x9d, 0x9e, 0x9f].includes(code)) this.#state = 'string';
    else if (character === '\n' || character === '\t') return character;
    else if (code >= 0x20 && (code < 0x7f || code > 0x9f) && !isReordering(code)) return character;
    return '';
  }

  #inCsi(character: string, code: number): string {
    if (code === 0x1b) this.#state = 'escape';
    else if (code >= 0x40 && code <= 0x7e) {
      this.#state = 'text';
      if (character === 'h' && /^\?(1049|1047|47)$/.test(this.#csi)) this.#drewScreen = true;
    } else if (code === 0x18 || code === 0x1a) this.#state = 'text';
    // A line break inside a sequence is carried out by terminals, and a sequence without an end must not eat a log.
    else if (character === '\n') return this.#instead(character, code);
    else this.#csi = (this.#csi + character).slice(0, 16);
    return '';
  }
}

/** Embeddings, overrides and isolates of bidirectional text: a terminal that knows them shows another order. */
function isReordering(code: number): boolean {
  return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

function afterEscape(character: string, code: number): State {
  if (character === '[') return 'csi';
  if (character === 'P') return 'device-string';
  if (']X^_'.includes(character)) return 'string';
  return code < 0x30 ? 'intermediate' : 'text';
}
