import { InvalidInput } from './invalid-input.ts';

const KEY = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/;
/** Control characters would reach a terminal through `ps`. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const VALUE = /^[^\x00-\x1f\x7f-\x9f]{0,256}$/;

/** Whether a label may be called so. */
export function isLabelKey(text: string): boolean {
  return KEY.test(text);
}

/**
 * Reads labels written `key=value`.
 *
 * @throws {InvalidInput} on a missing `=`, or a key or value outside the pattern.
 * @example parseLabels(['job=7'], '--label') // { job: '7' }
 */
export function parseLabels(texts: readonly string[], where: string): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      const [key, value] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
      if (at > 0 && isLabelKey(key) && VALUE.test(value)) return [key, value];
      throw new InvalidInput(
        `${where}: ${JSON.stringify(text)} is not a label: write key=value, the key of A-Z a-z 0-9 . _ / -, the value without control characters`,
      );
    }),
  );
}
