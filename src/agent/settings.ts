import { formatDuration, parseDuration, parseFiniteDuration } from './duration.ts';
import type { HookCommands } from './hook-events.ts';
import { InvalidInput } from './invalid-input.ts';
import type { Limits } from './limits.ts';
import { formatSize, parseSize } from './size.ts';

/** What a user sets once: by the environment, else by config.json, else as agentctl has it. */
export interface Settings {
  limits: Limits;
  /** The most that a cap may be, whatever a flag or `extend` says; null is none. */
  maxRuntimeCeilingMs: number | null;
  /** How often the manager rescans, whatever it hears. */
  sweepIntervalMs: number;
  /** Whether commands start a manager where they need one. */
  manager: boolean;
  /** How long a manager stays without agents; null for ever. */
  leaveAfterMs: number | null;
  /** Of archived agents; null keeps all. */
  retention: { olderThanMs: number | null; keep: number | null };
  /** Bytes. */
  logs: { pieceBytes: number; totalBytes: number };
  /** The file that the manager keeps for node_exporter; null is none. */
  metrics: { textfile: string | null };
  /** Names of daemons that serve everyone, added to agentctl's own list. */
  spare: readonly string[];
  /** Commands that hear of every agent's events. */
  on: HookCommands;
}

/** Where an effective value comes from. */
export type Origin = 'default' | 'environment' | 'file';

/** One setting, as the user writes it. */
export interface EffectiveSetting {
  /** Its place in config.json: `defaults.maxRuntime`. */
  key: string;
  value: string;
  from: Origin;
  /** The variable that sets it, where there is one. */
  variable: string | null;
  /** What is in force in its place, where that is less. */
  cutDownTo?: string;
}

interface Setting {
  key: string;
  variable: string | null;
  value: string;
  /** @throws {InvalidInput} */
  parse: (text: string, where: string) => unknown;
}

/** Every setting that is a single value; the order is that of `agentctl config`. */
const SETTINGS = [
  setting('defaults.maxRuntime', 'AGENTCTL_MAX_RUNTIME', '1h', positiveDuration),
  setting('defaults.grace', 'AGENTCTL_GRACE', '5m', parseDuration),
  setting('defaults.maxIdle', 'AGENTCTL_MAX_IDLE', '30m', positiveDuration),
  setting('defaults.killAfter', 'AGENTCTL_KILL_AFTER', '10s', parseFiniteDuration),
  setting('defaults.sweepInterval', 'AGENTCTL_SWEEP_INTERVAL', '15m', sweepInterval),
  // No variable: whoever may set one could pass it.
  setting('maxRuntimeCeiling', null, 'none', positiveDuration),
  setting('manager.enabled', 'AGENTCTL_MANAGER', 'on', onOrOff),
  setting('manager.leaveAfter', 'AGENTCTL_LEAVE_AFTER', '10m', parseDuration),
  setting('retention.olderThan', 'AGENTCTL_RETENTION_OLDER_THAN', 'none', parseDuration),
  setting('retention.keep', 'AGENTCTL_RETENTION_KEEP', 'none', countOrNone),
  setting('logs.piece', 'AGENTCTL_LOG_PIECE', '64MiB', pieceSize),
  setting('logs.total', 'AGENTCTL_LOG_TOTAL', '1GiB', totalSize),
  setting('metrics.textfile', 'AGENTCTL_METRICS_TEXTFILE', 'none', textfile),
] as const;

/**
 * The effective settings, each with where it comes from. Pure.
 *
 * @param file - config.json's single values, by key, as written there (a number of seconds or bytes is one, too).
 * @param env - the environment.
 * @param where - how config.json's keys are called in a message: `FILE:LINE: KEY`.
 * @throws {InvalidInput} for the first value that is not of its form.
 */
export function effectiveSettings(
  file: ReadonlyMap<string, string>,
  env: Readonly<Record<string, string | undefined>>,
  where: (key: string) => string,
): { settings: Omit<Settings, 'spare' | 'on'>; effective: EffectiveSetting[] } {
  const effective: EffectiveSetting[] = [];
  const values: Record<string, unknown> = {};
  for (const { key, variable, value, parse } of SETTINGS) {
    const inEnvironment = variable === null ? undefined : env[variable];
    const inFile = file.get(key);
    // What stands in the file is wrong there, whatever outdoes it now.
    const fromFile = inFile === undefined ? undefined : parse(inFile, where(key));
    if (inEnvironment !== undefined && inEnvironment !== '') {
      values[key] = parse(inEnvironment, variable ?? '');
      effective.push({ key, value: inEnvironment, from: 'environment', variable });
    } else if (inFile !== undefined) {
      values[key] = fromFile;
      effective.push({ key, value: inFile, from: 'file', variable });
    } else {
      values[key] = parse(value, key);
      effective.push({ key, value, from: 'default', variable });
    }
  }
  refuseTooSmallATotal(values, effective, where);
  tellWhatIsCut(values, effective);
  const of = <T>(key: (typeof SETTINGS)[number]['key']): T => values[key] as T;
  return {
    effective,
    settings: {
      limits: {
        maxRuntimeMs: of('defaults.maxRuntime'),
        graceMs: of('defaults.grace'),
        maxIdleMs: of('defaults.maxIdle'),
        killAfterMs: of('defaults.killAfter'),
      },
      maxRuntimeCeilingMs: of('maxRuntimeCeiling'),
      sweepIntervalMs: of('defaults.sweepInterval'),
      manager: of('manager.enabled'),
      leaveAfterMs: of('manager.leaveAfter'),
      retention: { olderThanMs: of('retention.olderThan'), keep: of('retention.keep') },
      logs: { pieceBytes: of('logs.piece'), totalBytes: of('logs.total') },
      metrics: { textfile: of('metrics.textfile') },
    },
  };
}

/**
 * The limits that an agent gets, under the ceiling. What was asked for is refused where it is too much; what nobody asked
 * for is cut down to it.
 *
 * @param given - what was asked for.
 * @throws {InvalidInput}
 * @example limitsUnder(settings, { maxRuntimeMs: 7_200_000 })
 */
export function limitsUnder(
  { limits, maxRuntimeCeilingMs }: Pick<Settings, 'limits' | 'maxRuntimeCeilingMs'>,
  given: Partial<Limits>,
): Limits {
  const asked = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const all = { ...limits, ...asked };
  if (maxRuntimeCeilingMs === null) return all;
  if (all.maxRuntimeMs !== null && all.maxRuntimeMs <= maxRuntimeCeilingMs) return all;
  if (given.maxRuntimeMs === undefined) return { ...all, maxRuntimeMs: maxRuntimeCeilingMs };
  throw new InvalidInput(overTheCeiling('--max-runtime', maxRuntimeCeilingMs));
}

/** The piece that grows and one before it: what was printed last can then always be read. */
function refuseTooSmallATotal(
  values: Readonly<Record<string, unknown>>,
  effective: readonly EffectiveSetting[],
  where: (key: string) => string,
): void {
  const [pieceBytes, totalBytes] = [Number(values['logs.piece']), Number(values['logs.total'])];
  if (totalBytes === 0 || totalBytes >= 2 * pieceBytes) return;
  const { from, variable } = effective.find(({ key }) => key === 'logs.total') ?? { from: 'default', variable: null };
  const place = from === 'environment' ? variable : from === 'file' ? where('logs.total') : 'logs.total';
  throw new InvalidInput(
    `${place}: ${formatSize(totalBytes)} is less than two pieces of ${formatSize(pieceBytes)}: write more, none for no limit, or a smaller piece`,
  );
}

/** A default cap above the ceiling is none that an agent gets: see {@link limitsUnder}. */
function tellWhatIsCut(values: Readonly<Record<string, unknown>>, effective: readonly EffectiveSetting[]): void {
  const { 'defaults.maxRuntime': capMs, maxRuntimeCeiling: ceilingMs } = values;
  if (typeof ceilingMs !== 'number' || (typeof capMs === 'number' && capMs <= ceilingMs)) return;
  const cap = effective.find(({ key }) => key === 'defaults.maxRuntime');
  if (cap) cap.cutDownTo = formatDuration(ceilingMs);
}

/** The sentence for what would pass the ceiling. */
export function overTheCeiling(what: string, ceilingMs: number, leftMs = ceilingMs): string {
  const remedy = leftMs < 1000 ? 'it has all of that already' : `give ${formatDuration(leftMs)} at most`;
  return `${what}: more than the ceiling of ${formatDuration(ceilingMs)} (maxRuntimeCeiling in config.json): ${remedy}, or change it there`;
}

function setting<K extends string>(key: K, variable: string | null, value: string, parse: Setting['parse']) {
  return { key, variable, value, parse };
}

function positiveDuration(text: string, where: string): number | null {
  const ms = parseDuration(text, where);
  if (ms === 0) throw new InvalidInput(`${where}: 0 leaves no time: write 90s, 5m, 1h30m or none`);
  return ms;
}

/** Below a second it would look all the time; a timer that is longer than 24 days goes off at once. */
function sweepInterval(text: string, where: string): number {
  const ms = parseFiniteDuration(text, where);
  if (ms >= 1000 && ms <= 86_400_000) return ms;
  throw new InvalidInput(`${where}: ${JSON.stringify(text)} is no interval of sweeps: write 1s to 24h`);
}

function onOrOff(text: string, where: string): boolean {
  if (['on', 'true', '1', 'yes'].includes(text)) return true;
  if (['off', 'false', '0', 'no'].includes(text)) return false;
  throw new InvalidInput(`${where}: ${JSON.stringify(text)} is neither on nor off: write on or off`);
}

/** A page: less would be all names and no log. */
const LEAST_PIECE_BYTES = 4096;
/** What bin/agent-log can count, under a shell of 32 bits. */
const MOST_PIECE_BYTES = 1024 ** 3;

function totalSize(text: string, where: string): number {
  return parseSize(text, where) ?? 0;
}

function countOrNone(text: string, where: string): number | null {
  if (text === 'none') return null;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidInput(`${where}: ${JSON.stringify(text)} is not a number of agents: write 100, or none`);
}

function pieceSize(text: string, where: string): number {
  const bytes = parseSize(text, where);
  if (bytes !== null && bytes >= LEAST_PIECE_BYTES && bytes <= MOST_PIECE_BYTES) return bytes;
  const size = bytes === null ? 'none' : formatSize(bytes);
  throw new InvalidInput(`${where}: a piece of ${size} is not possible: write 4KiB to 1GiB`);
}

/** node_exporter reads nothing else; and the manager, which writes it, works in `/`. */
function textfile(text: string, where: string): string | null {
  if (text === 'none') return null;
  if (/^\/[^\0\n]*\.prom$/.test(text)) return text;
  throw new InvalidInput(
    `${where}: ${JSON.stringify(text)} is no textfile: write the absolute path of a file that ends in .prom, or none`,
  );
}
