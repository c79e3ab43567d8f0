import { chmodSync, closeSync, lstatSync, readSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { AgentctlError, refusal } from '../errors.ts';
import { openPlain } from './read-text.ts';

/**
 * Writes metrics for the textfile collector of node_exporter: beside their place, under a name that it does not read, then
 * renamed, so that it never reads half of them; readable for all, since it seldom is the same user.
 *
 * @param path - must end in `.prom`: it reads nothing else.
 * @throws {AgentctlError} where it cannot be written: nothing is left of it then.
 */
export function writeTextfile(path: string, text: string): void {
  checkTextfile(path);
  const draft = `${path}.${process.pid}`;
  try {
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    rmSync(draft, { force: true });
    // Exclusive: in a folder that others may write to, nothing that they put there is followed.
    writeFileSync(draft, text, { flag: 'wx', mode: 0o644 });
    chmodSync(draft, 0o644); // whatever the umask
    renameSync(draft, path);
  } catch (error) {
    tryToRemove(draft);
    throw new AgentctlError(
      `${path} cannot be written (${refusal(error)}): give a file in a folder that you may write to`,
      {
        cause: error,
      },
    );
  }
}

/** @throws {AgentctlError} for a name that node_exporter does not read. */
export function checkTextfile(path: string): void {
  if (path.endsWith('.prom')) return;
  throw new AgentctlError(
    `${JSON.stringify(path)} does not end in .prom, and node_exporter reads nothing else: give it such a name`,
  );
}

const HEAD_BYTES = 4096;

/** Whose metrics stand in a textfile: their state directory; undefined where there are none of agentctl's. */
export function ownerOfTextfile(path: string): string | undefined {
  try {
    const file = openPlain(path);
    try {
      const head = Buffer.alloc(HEAD_BYTES);
      const text = head.toString('utf8', 0, readSync(file, head, 0, HEAD_BYTES, 0));
      const label = /^agentctl_\w+\{[^\n]*state_dir="((?:[^"\\\n]|\\.)*)"/m.exec(text)?.[1];
      return label?.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

function tryToRemove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // It is told already that it cannot be written there.
  }
}
