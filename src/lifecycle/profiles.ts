import { InvalidInput } from '../agent/invalid-input.ts';
import { nearest } from '../agent/nearest.ts';
import { BUILT_IN, type Profile } from '../agent/profiles/profile.ts';
import { readConfig } from '../store/config-file.ts';
import { findProgram } from '../system/find-program.ts';

/** A profile with its name, and what is known of it here. */
export interface ListedProfile extends Profile {
  name: string;
  /** What it tells by itself. */
  reports: string;
  proved: string;
  /** Its program's path; null where it is not installed. */
  program: string | null;
  isBuiltIn: boolean;
}

/** Every profile: the built-in ones, and those of the user's configuration, which win. */
export function profiles(path = process.env.PATH, cwd = process.cwd()): ListedProfile[] {
  const own = Object.entries(readConfig().config.profiles ?? {}).map(([name, given]): [string, Profile] => {
    const base = given.agent === undefined ? undefined : BUILT_IN[given.agent];
    return [
      name,
      {
        command: given.command,
        agent: given.agent ?? null,
        prompt: given.prompt ?? base?.prompt ?? ['{prompt}'],
        env: given.env ?? {},
        install: given.install ?? base?.install ?? `install ${given.command[0]}`,
      },
    ];
  });
  return Object.entries({ ...BUILT_IN, ...Object.fromEntries(own) }).map(([name, profile]) => {
    const base = profile.agent === null ? undefined : BUILT_IN[profile.agent];
    const found = findProgram(profile.command[0] ?? '', profile.env.PATH ?? path, cwd);
    return {
      ...profile,
      name,
      reports: base?.reports ?? 'nothing but "agentctl done"',
      proved: base?.proved ?? '-',
      program: found.state === 'found' ? found.path : null,
      isBuiltIn: BUILT_IN[name] === profile,
    };
  });
}

/**
 * The profile of a name.
 *
 * @param path - the PATH of whoever is to run it.
 * @param cwd - the directory in which.
 * @throws {InvalidInput} with the nearest name, or where its program is not installed.
 */
export function findProfile(name: string, path: string | undefined, cwd: string): Profile {
  const all = profiles(path, cwd);
  const found = all.find((profile) => profile.name === name);
  if (found === undefined) {
    const names = all.map((profile) => profile.name);
    const suggestion = nearest(name, names);
    throw new InvalidInput(
      `--agent: there is no profile ${JSON.stringify(name)}: ${suggestion ? `did you mean ${suggestion}?` : `there are ${names.join(', ')}`}`,
    );
  }
  if (found.program === null) {
    throw new InvalidInput(`--agent ${name}: ${found.command[0]} is not installed: ${found.install}`);
  }
  return found;
}
