/**
 * The words of a name, in small letters.
 *
 * @example nameParts('LOG_FILE'), nameParts('logFile') // ['log', 'file']
 */
export function nameParts(name: string): string[] {
  const spaced = /[a-z\d][A-Z]/.test(name) ? name.replace(/([a-z\d])([A-Z])/g, '$1 $2') : name;
  return spaced.toLowerCase().match(/[a-z\d]+/g) ?? [];
}

/**
 * Whether a path, or the name of a variable, is that of a log: `build.log`, `logs/x.txt`, `$LOG_FILE`, `nohup.out`;
 * not `CHANGELOG.md`, `catalog.json` or `login.ts`.
 */
export function namesLog(path: string): boolean {
  if (path.length > 500) return false;
  if (/\.(?:log|out|err|stdout|stderr)['"}]*$/i.test(path)) return true;
  const isVariable = /^\$?\{?\w+\}?$/.test(path);
  return nameParts(path).some((word) => LOG_WORDS.has(word) || (isVariable && VARIABLE_WORDS.has(word)));
}

/** Whether a text is one by which scripts tell that something has finished: `DONE`, `exit code`, `"type":"result"`. */
export function namesCompletion(pattern: string): boolean {
  if (pattern.length > 500 || !/done|fini|compl|exit|end|term|succ|pass|result|rc|sent|mark/i.test(pattern))
    return false;
  const words = ` ${nameParts(pattern).join(' ')} `;
  return / (?:done|finish(?:ed)?|complet(?:e|ed|ion)|exit|exited|exitcode|ended|end of|terminated|succe(?:ss|ssful|ssfully|eded)|all tests pass(?:ed)?|type result|task done|rc|sentinel|marker) /.test(
    words,
  );
}

const LOG_WORDS = new Set(['log', 'logs', 'logfile', 'logfiles', 'logpath', 'transcript', 'nohup']);
const VARIABLE_WORDS = new Set(['out', 'output', 'outfile', 'stdout', 'stderr']);
