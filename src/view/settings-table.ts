import type { EffectiveSetting } from '../agent/settings.ts';
import { table } from './table.ts';
import { visible } from './visible.ts';

interface Lists {
  spare: readonly string[];
  on: Readonly<Record<string, readonly string[]>>;
  profiles: readonly string[];
}

/** The effective settings for people, each with where it comes from. */
export function settingsTable(
  stateDir: { path: string; reason: string },
  effective: readonly EffectiveSetting[],
  lists: Lists,
  file: string,
): string {
  const singles = effective.map(({ key, value, from, variable, cutDownTo }) => [
    key,
    cutDownTo === undefined ? value : `${value}, cut down to ${cutDownTo}`,
    from === 'environment' ? `environment: ${variable}` : from,
  ]);
  const several: [string, readonly string[]][] = [
    ['spare', lists.spare],
    ...Object.entries(lists.on).map(([event, commands]): [string, readonly string[]] => [`on.${event}`, commands]),
    ['profiles', lists.profiles],
  ];
  const listed = several.map(([key, values]) => [
    key,
    values.join(', ') || '-',
    values.length > 0 ? 'file' : 'default',
  ]);
  const rows = [['KEY', 'VALUE', 'FROM'], ...singles, ...listed].map((row) => row.map(visible));
  // Below it: a long path would push what stands to its right out of sight.
  return `${table(rows, undefined)}\n\nfile: ${visible(file)}\nstateDir: ${visible(`${stateDir.path} (${stateDir.reason})`)}`;
}
