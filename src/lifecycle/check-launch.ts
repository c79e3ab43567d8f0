import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { InvalidInput } from '../agent/invalid-input.ts';
import { refusal } from '../errors.ts';
import type { Spec } from '../store/generated/types.ts';
import { findProgram } from '../system/find-program.ts';

/** The kernel's bound on one argument (MAX_ARG_STRLEN), its closing NUL included. */
const ARGUMENT_BYTES = 131_072;

/** The directory's absolute path. @throws {InvalidInput} when nobody can work there. */
export function checkCwd(given: string): string {
  const cwd = resolve(given);
  try {
    if (!statSync(cwd).isDirectory())
      throw new InvalidInput(`the working directory ${cwd} is not a directory: give another with -C`);
    accessSync(cwd, constants.X_OK);
  } catch (error) {
    if (error instanceof InvalidInput) throw error;
    throw new InvalidInput(`the working directory ${cwd} cannot be entered (${refusal(error)}): give another with -C`);
  }
  return cwd;
}

/** The file that the command is. @throws {InvalidInput} when it is not there, cannot be run, or is more than the kernel takes. */
export function checkCommand(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  cwd: string,
): string {
  const [program] = command;
  if (program === undefined || program === '') {
    throw new InvalidInput('the command is missing: write it last, as in "agentctl spawn -- sh -c \'make test\'"');
  }
  for (const word of command) checkSize(`the argument ${JSON.stringify(`${word.slice(0, 20)}…`)}`, word);
  // Without its value, which may be a secret.
  for (const [name, value] of Object.entries(environment)) checkSize(`the variable ${name}`, `${name}=${value}`);
  if (program.includes('=')) {
    throw new InvalidInput(
      `the command ${JSON.stringify(program)} looks like a variable: give variables with -e, or call the program through sh -c`,
    );
  }
  const found = findProgram(program, environment.PATH, cwd);
  if (found.state === 'found') return found.path;
  if (found.state === 'not-executable') {
    throw new InvalidInput(
      `the command ${found.path} cannot be executed: make it executable (chmod +x) or give the program that runs it`,
    );
  }
  const hint =
    command.length === 1 && /\s/.test(program)
      ? `write -- sh -c ${JSON.stringify(program)}`
      : 'check its spelling and PATH';
  throw new InvalidInput(`the command ${JSON.stringify(program)} was not found: ${hint}`);
}

function checkSize(what: string, word: string): void {
  if (word.includes('\0')) {
    throw new InvalidInput(`${what} holds a NUL byte, which no program can be given: remove it`);
  }
  const bytes = Buffer.byteLength(word);
  if (bytes < ARGUMENT_BYTES) return;
  throw new InvalidInput(
    `${what} has ${bytes} bytes and the kernel takes ${ARGUMENT_BYTES - 1}: put it into a file, or give it with --stdin`,
  );
}

/**
 * Absolute paths of the files that stand for the agent's stdin, stdout and stderr.
 *
 * @throws {InvalidInput} when one cannot be read or written.
 */
export function checkFiles(options: {
  stdin?: string | Buffer | undefined;
  stdout?: string | undefined;
  stderr?: string | undefined;
}): Pick<Spec, 'stdin' | 'stdout' | 'stderr'> {
  const path = (flag: 'stdin' | 'stdout' | 'stderr', mode: number): string | null => {
    const given = options[flag];
    if (given === undefined || Buffer.isBuffer(given)) return null;
    const file = resolve(given);
    try {
      const target = flag !== 'stdin' && !existsSync(file) ? resolve(file, '..') : file;
      if (target === file && statSync(file).isDirectory())
        throw new InvalidInput(`--${flag}: ${file} is a directory: give a file`);
      accessSync(target, mode);
      return file;
    } catch (error) {
      if (error instanceof InvalidInput) throw error;
      const verb = flag === 'stdin' ? 'read' : 'written';
      throw new InvalidInput(`--${flag}: ${file} cannot be ${verb} (${refusal(error)}): give another file`);
    }
  };
  return {
    stdin: path('stdin', constants.R_OK),
    stdout: path('stdout', constants.W_OK),
    stderr: path('stderr', constants.W_OK),
  };
}
