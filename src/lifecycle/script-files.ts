import { type Dirent, lstatSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { Ignore } from 'ignore';
import { languageOf } from '../agent/audit/language.ts';
import { refusal, UsageError } from '../errors.ts';
import { readText } from '../store/read-text.ts';

/** Nobody's own scripts are in there, and no .gitignore need say so. */
const NOT_ENTERED = new Set(['.git', '.hg', '.svn', 'node_modules', '__pycache__', '.venv']);

/** A path that could not be looked at. */
export interface Skipped {
  file: string;
  reason: string;
}

/**
 * The files at and below some paths that may hold scripts. Symbolic links below them are not followed; what git ignores is left out,
 * but for files that are named themselves.
 *
 * @param onSkipped - called with each directory that cannot be read.
 * @throws {UsageError} for a path that is not there.
 */
export async function scriptFiles(paths: readonly string[], onSkipped: (skipped: Skipped) => void): Promise<string[]> {
  const { default: ignore } = await import('ignore');
  const found: string[] = [];
  const seen = new Set<string>();
  const add = (file: string): void => {
    const whole = resolve(file);
    if (!seen.has(whole)) found.push(file);
    seen.add(whole);
  };
  for (const path of paths) {
    if (!kindOf(path).isDirectory()) {
      add(path);
      continue;
    }
    let rules = new Rules(ignore);
    rules.addAbove(resolve(path));
    // Whoever names an ignored directory means it.
    if (rules.ignore(`${resolve(path)}/`)) rules = new Rules(ignore);
    const left = [path];
    for (let directory = left.pop(); directory !== undefined; directory = left.pop()) {
      rules.add(resolve(directory));
      const { files, directories } = listed(directory, rules, onSkipped);
      files.forEach(add);
      left.push(...directories.reverse());
    }
  }
  return found;
}

function kindOf(path: string) {
  try {
    return statSync(path);
  } catch (error) {
    throw new UsageError(`audit cannot look at ${JSON.stringify(path)}: ${refusal(error)}; name files or directories`);
  }
}

function listed(directory: string, rules: Rules, onSkipped: (skipped: Skipped) => void) {
  const files: string[] = [];
  const directories: string[] = [];
  let entries: Dirent[] = [];
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    onSkipped({ file: directory, reason: refusal(error) });
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      if (!NOT_ENTERED.has(entry.name) && !rules.ignore(`${resolve(path)}/`)) directories.push(path);
    } else if (entry.isFile() && languageOf(entry.name) !== undefined && !rules.ignore(resolve(path))) files.push(path);
  }
  return { files, directories };
}

/** The .gitignore files from the repository's root (or the directory that was named) down; the deepest that says something counts. */
class Rules {
  readonly #ignore: () => Ignore;
  readonly #rules = new Map<string, Ignore>();

  constructor(ignore: () => Ignore) {
    this.#ignore = ignore;
  }

  /** Those of the directories above, as far as they belong to the same repository. */
  addAbove(directory: string): void {
    const above: string[] = [];
    let at = directory;
    while (!isThere(join(at, '.git'))) {
      const parent = dirname(at);
      if (parent === at) return; // in no repository
      at = parent;
      above.push(at);
    }
    const exclude = join(at, '.git', 'info', 'exclude');
    this.#read(at, exclude);
    for (const one of above) this.add(one);
  }

  add(directory: string): void {
    this.#read(directory, join(directory, '.gitignore'));
  }

  /** @param path - whole; with a slash at its end for a directory. */
  ignore(path: string): boolean {
    for (let directory = dirname(path); ; directory = dirname(directory)) {
      const rules = this.#rules.get(directory);
      if (rules) {
        const inside = relative(directory, path) + (path.endsWith('/') ? '/' : '');
        const { ignored, unignored } = rules.test(inside);
        if (ignored || unignored) return ignored;
      }
      if (directory === dirname(directory)) return false;
    }
  }

  #read(directory: string, file: string): void {
    try {
      const text = readText(file); // never waits for a FIFO of this name
      const rules = this.#rules.get(directory) ?? this.#ignore();
      this.#rules.set(directory, rules.add(text));
    } catch {
      // Most directories have none, and one that cannot be read says nothing.
    }
  }
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false; // in a directory that may not be entered
  }
}
