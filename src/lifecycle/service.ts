import { userInfo } from 'node:os';
import { join } from 'node:path';
import { AgentctlError } from '../errors.ts';
import { whereConfigIs } from '../store/config-file.ts';
import type { ServiceStatus } from '../store/generated/types.ts';
import { packageRoot } from '../store/package-root.ts';
import type { StateDir } from '../store/state-dir.ts';
import { type FoundUnit, marked, readUnit, removeUnit, unitFolder, unitName, writeUnit } from '../store/unit-file.ts';
import { serverEnvironment } from '../system/server-place.ts';
import { systemctl, unitProperties, whyNoUserSystemd } from '../system/systemctl.ts';
import { oneLine } from '../system/tmux-client.ts';
import { lingers } from './linger.ts';
import { livingManager } from './living-manager.ts';
import { cronLine, type ServiceFacts, unitText } from './service-lines.ts';

/** The manager of a state directory as a service: what would be written, and what is there. */
export interface ServicePlan {
  /** The unit's name. */
  unit: string;
  file: string;
  text: string;
  found: FoundUnit;
  /** What does in a crontab where there is no systemd. */
  cronLine: string;
  /** Why there is none for this user; undefined where it answers. */
  noSystemd: string | undefined;
}

/**
 * What {@link installService} would do; changes nothing.
 *
 * @throws {AgentctlError} where tmux is missing, or what is at the unit's place cannot be read.
 */
export async function planService(stateDir: StateDir): Promise<ServicePlan> {
  const { unit, file } = placeOfUnit(stateDir);
  const facts = factsOf(stateDir);
  return {
    unit,
    file,
    text: marked(unitText(unit, facts)),
    found: readUnit(file),
    cronLine: cronLine(facts),
    noSystemd: await whyNoUserSystemd(),
  };
}

/**
 * Writes the unit, enables it and starts it, anew where it runs.
 *
 * @throws {AgentctlError} where it cannot be written, or systemd refuses it.
 */
export async function installService({ unit, file, text }: ServicePlan): Promise<void> {
  writeUnit(file, text);
  await must('daemon-reload');
  await must('enable', unit);
  await must('restart', unit);
}

/**
 * Refuses to touch a unit that is not as we wrote it.
 *
 * @throws {AgentctlError}
 */
export function refuseOthersUnit({ file, found }: Pick<ServicePlan, 'file' | 'found'>): void {
  if (found.state === 'absent' || found.state === 'ours') return;
  const whose = found.state === 'changed' ? 'was changed since agentctl wrote it' : 'was not written by agentctl';
  throw new AgentctlError(`${file} ${whose}: move it away, or say --force`);
}

/**
 * Ends the service's manager and removes its unit. Agents run on.
 *
 * @returns the unit's file; undefined where there was none.
 * @throws {AgentctlError} where the unit is not as we wrote it (unless `force`), or systemd refuses.
 */
export async function uninstallService(stateDir: StateDir, { force }: { force: boolean }): Promise<string | undefined> {
  const { unit, file } = placeOfUnit(stateDir);
  const found = readUnit(file);
  if (found.state === 'absent') return undefined;
  if (!force) refuseOthersUnit({ file, found });
  const answers = (await whyNoUserSystemd()) === undefined;
  if (answers) await must('disable', '--now', unit);
  removeUnit(file);
  if (answers) await must('daemon-reload');
  return file;
}

/** What is installed, what systemd says of it, and which manager lives. */
export async function serviceStatus(stateDir: StateDir): Promise<ServiceStatus> {
  const { unit, file } = placeOfUnit(stateDir);
  const found = readUnit(file);
  const noSystemd = await whyNoUserSystemd();
  const known = noSystemd === undefined ? await unitProperties(unit, PROPERTIES) : undefined;
  const manager = livingManager(stateDir);
  return {
    schemaVersion: 1,
    unit,
    file,
    installed: found.state !== 'absent',
    content: contentOf(found, unit, stateDir),
    systemd: noSystemd ?? null,
    enabled: known ? known.UnitFileState === 'enabled' : null,
    active: known ? known.ActiveState === 'active' : null,
    state: known ? `${known.ActiveState ?? 'unknown'} (${known.SubState ?? 'unknown'})` : null,
    linger: lingers(),
    user: userInfo().username,
    manager: manager
      ? { pid: manager.pid, version: manager.version, isService: known?.MainPID === String(manager.pid) }
      : null,
  };
}

const PROPERTIES = ['UnitFileState', 'ActiveState', 'SubState', 'MainPID'];

/**
 * Starts the manager as the service that it was installed as.
 *
 * @returns false where there is none that can be read, or systemd does not start it.
 */
export async function startService(stateDir: StateDir): Promise<boolean> {
  const { unit, file } = placeOfUnit(stateDir);
  if (!isThere(file) || (await whyNoUserSystemd()) !== undefined) return false;
  return (await systemctl('start', unit)).code === 0;
}

/** What stands in a unit's place and is none must not keep a manager from being started without one. */
function isThere(file: string): boolean {
  try {
    return readUnit(file).state !== 'absent';
  } catch {
    return false;
  }
}

function placeOfUnit({ path }: StateDir): { unit: string; file: string } {
  const unit = unitName(path);
  return { unit, file: join(unitFolder(), unit) };
}

/** As the manager that a command starts has it: the unit's environment is the user's systemd's else, whatever that is. */
function factsOf({ path }: StateDir): ServiceFacts {
  const { PATH = '', LC_ALL = '' } = serverEnvironment();
  // Hooks may call agentctl, whose first line asks for node.
  const folders = [...PATH.split(':'), join(process.execPath, '..')];
  return {
    node: process.execPath,
    packageRoot: packageRoot(),
    stateDir: path,
    env: {
      PATH: [...new Set(folders)].join(':'),
      LC_ALL,
      ...whereConfigIs(),
      // To everyone who ends a tree: not yours, nor what stands below me.
      AGENTCTL_RUN_ID: '',
    },
  };
}

function contentOf(found: FoundUnit, unit: string, stateDir: StateDir): ServiceStatus['content'] {
  if (found.state === 'absent') return null;
  if (found.state !== 'ours') return found.state;
  return found.text === marked(unitText(unit, factsOf(stateDir))) ? 'current' : 'outdated';
}

/** @throws {AgentctlError} with systemctl's own words. */
async function must(...args: readonly string[]): Promise<void> {
  const { code, stderr } = await systemctl(...args);
  if (code === 0) return;
  throw new AgentctlError(
    `"systemctl --user ${args.join(' ')}" failed (${oneLine(stderr) || `it ended with ${code}`}): see "agentctl service status"`,
  );
}
