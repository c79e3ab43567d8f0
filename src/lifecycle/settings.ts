import { type EffectiveSetting, effectiveSettings, type Settings } from '../agent/settings.ts';
import { readConfig, singleValues } from '../store/config-file.ts';

/**
 * What the user has set: by the environment, else by config.json, else as agentctl has it.
 *
 * @throws {InvalidInput} where something there is not of its form.
 * @example settings().limits.maxRuntimeMs // 3_600_000
 */
export function settings(env: NodeJS.ProcessEnv = process.env): Settings {
  return readSettings(env).settings;
}

/** The same, each with where it comes from, for people. */
export function readSettings(env: NodeJS.ProcessEnv = process.env): {
  settings: Settings;
  effective: EffectiveSetting[];
  path: string;
  exists: boolean;
} {
  const { config, path, exists, where } = readConfig(env);
  const { settings: single, effective } = effectiveSettings(singleValues(config), env, where);
  const on = Object.fromEntries(Object.entries(config.on ?? {}).map(([event, commands]) => [event, [commands].flat()]));
  return { settings: { ...single, spare: config.spare ?? [], on }, effective, path, exists };
}
