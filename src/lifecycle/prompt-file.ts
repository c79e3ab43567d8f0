import { readFileSync } from 'node:fs';
import { InvalidInput } from '../agent/invalid-input.ts';
import { refusal } from '../errors.ts';

/** @throws {InvalidInput} where it cannot be read. */
export function readPromptFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new InvalidInput(`--prompt-file: ${path} cannot be read (${refusal(error)}): give a file that can`);
  }
}
