import { readdirSync, readFileSync } from 'node:fs';

/**
 * The soft limit on open files of whoever called us: node raises its own to the hard one as it starts, and would hand
 * that on. Undefined where it cannot be read.
 */
export function callersOpenFiles(): string | undefined {
  return openFilesOf(process.ppid);
}

function openFilesOf(pid: number): string | undefined {
  try {
    return /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

const CLOSE_ON_EXEC = 0o2000000;

/**
 * What our caller left open besides its stdio: a pipe, the file of "flock 200". node closes the first sixteen to its
 * children and hands on the others.
 */
export function inheritedFiles(): number[] {
  // Above the limit (it was lowered after they were opened) nothing can be put in their place.
  const limit = Number(openFilesOf(process.pid));
  try {
    return readdirSync('/proc/self/fd')
      .map(Number)
      .filter((file) => file > 2 && !(file >= limit) && isHandedOn(file));
  } catch {
    return [];
  }
}

function isHandedOn(file: number): boolean {
  try {
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${file}`, 'utf8'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
  } catch {
    return false;
  }
}
