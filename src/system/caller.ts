import { readFileSync } from 'node:fs';

/**
 * The soft limit on open files of whoever called us: node raises its own to the hard one as it starts, and would hand
 * that on. Undefined where it cannot be read.
 */
export function callersOpenFiles(): string | undefined {
  try {
    const limits = readFileSync(`/proc/${process.ppid}/limits`, 'utf8');
    return /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
  } catch {
    return undefined;
  }
}
