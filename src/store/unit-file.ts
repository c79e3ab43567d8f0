import { lstatSync, mkdirSync, readlinkSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { AgentctlError, codeOf, refusal } from '../errors.ts';
import { configHome } from './config-file.ts';
import { readText } from './read-text.ts';
import { sha256 } from './sha256.ts';
import { homeStateDir } from './state-dir.ts';

/** What is at the place of a unit: ours as we wrote it, ours and changed by a person, or another's. */
export type FoundUnit = { state: 'absent' } | { state: 'ours' | 'changed' | 'foreign'; text: string };

const MARK = /^# agentctl sha256=([0-9a-f]{64})\n/;

/** The user's own units: `systemd/user/` in `$XDG_CONFIG_HOME`, else in `~/.config`. */
export function unitFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(configHome(env), 'systemd', 'user');
}

/**
 * A unit for each state directory, as there is a manager for each.
 *
 * @example unitName('/home/me/.local/state/agentctl') // 'agentctl.service'
 */
export function unitName(stateDir: string, env: NodeJS.ProcessEnv = process.env): string {
  if (stateDir === homeStateDir(env).path) return 'agentctl.service';
  return `agentctl-${sha256(stateDir).slice(0, 8)}.service`;
}

/** A unit's text with the mark by which it is known to be ours, and as we wrote it. */
export function marked(text: string): string {
  return `# agentctl sha256=${digest(text)}\n${text}`;
}

/** @throws {AgentctlError} where it cannot be read. */
export function readUnit(path: string): FoundUnit {
  let text: string;
  try {
    // "systemctl --user mask" puts this there: it is a unit, of nobody's words.
    if (lstatSync(path).isSymbolicLink() && readlinkSync(path) === '/dev/null') return { state: 'foreign', text: '' };
    text = readText(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return { state: 'absent' };
    throw new AgentctlError(`${path} cannot be read (${refusal(error)}): mend or remove it`, { cause: error });
  }
  const mark = MARK.exec(text);
  if (mark === null) return { state: text.includes('# agentctl sha256=') ? 'changed' : 'foreign', text };
  return { state: mark[1] === digest(text.slice(mark[0].length)) ? 'ours' : 'changed', text };
}

/** @throws {AgentctlError} where it cannot be written. */
export function writeUnit(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileAtomic.sync(path, text, { mode: 0o644 });
  } catch (error) {
    throw new AgentctlError(
      `${path} cannot be written (${refusal(error)}): mend that, or put the unit where you like with "agentctl service install --print"`,
      { cause: error },
    );
  }
}

/** The unit, and the link by which it is enabled where no systemd answers that would remove it. */
export function removeUnit(path: string): void {
  const wanted = join(dirname(path), 'default.target.wants', basename(path));
  try {
    if (
      lstatSync(wanted, { throwIfNoEntry: false })?.isSymbolicLink() &&
      basename(readlinkSync(wanted)) === basename(path)
    )
      rmSync(wanted);
    rmSync(path, { force: true });
  } catch (error) {
    throw new AgentctlError(`${path} cannot be removed (${refusal(error)}): remove it yourself`, { cause: error });
  }
}

function digest(text: string): string {
  return sha256(text);
}
