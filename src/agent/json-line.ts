/**
 * The line of a key in a JSON text, or of the deepest one on the way to it that is there. Pure, and forgiving: it looks for
 * the place of a mistake that others have found.
 *
 * @param keys - names in objects, numbers in lists.
 * @example lineOfKey('{\n "a": {\n  "b": 1 } }', ['a', 'b']) // 3
 */
export function lineOfKey(text: string, keys: readonly string[]): number {
  let found = text.length - text.trimStart().length;
  /** The path of what is being read, and where in a list. */
  const path: (string | number)[] = [];
  const isOnTheWay = (): boolean => path.every((key, at) => String(key) === keys[at]);
  let deepest = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],]|[^\s{}[\],":]+/gs)) {
    const last = path.length - 1;
    if (token === '}' || token === ']') path.pop();
    else if (token === ',') {
      if (typeof path[last] === 'number') path[last] = Number(path[last]) + 1;
    } else {
      if (token.startsWith('"') && typeof path[last] === 'string' && isKey(text, index + token.length))
        path[last] = nameOf(token);
      if (path.length > deepest && isOnTheWay()) {
        deepest = path.length;
        found = index;
      }
      if (token === '{') path.push('');
      else if (token === '[') path.push(0);
    }
  }
  return lineAt(text, found);
}

/**
 * Where a text stops being JSON. The parser says it for some mistakes only, but of any part from the beginning it says whether
 * that is wrong or merely too short: the longest that is not wrong is looked for by halves. Pure.
 *
 * @param text - one that is no JSON.
 * @example whereNoJson('{"a": off}') // 6
 */
export function whereNoJson(text: string): number {
  const end = text.trimEnd().length;
  let good = 0;
  for (let bad = end + 1; bad - good > 1; ) {
    const middle = Math.floor((good + bad) / 2);
    if (isTooShort(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  // A text that ends too soon is wrong where it ends.
  return Math.max(0, Math.min(good, end - 1));
}

function isTooShort(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const { message } = error as Error;
    return /end of JSON input/.test(message) || /at position (\d+)/.exec(message)?.[1] === String(text.length);
  }
}

/** The line of an offset, from 1. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

function isKey(text: string, from: number): boolean {
  return /^\s*:/.test(text.slice(from, from + 100));
}

function nameOf(token: string): string {
  try {
    return String(JSON.parse(token));
  } catch {
    return token;
  }
}
