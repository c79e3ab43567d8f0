import { visible } from './visible.ts';

interface Reported {
  unit: string;
  file: string;
  installed: boolean;
  content: string | null;
  systemd: string | null;
  enabled: boolean | null;
  state: string | null;
  linger: boolean;
  user: string;
  manager: { pid: number; version: string; isService: boolean } | null;
}

/** What a unit's content means, where it is not as it should be. */
const REMARKS: Readonly<Record<string, string>> = {
  outdated: ', not as it would be written now (node or agentctl has moved): agentctl service install',
  changed: ', changed since agentctl wrote it',
  foreign: ', not written by agentctl',
};

/** The service for people. */
export function serviceReport(facts: Reported): string {
  const { installed, manager } = facts;
  const lines: [string, string | undefined][] = [
    ['unit', installed ? `${facts.file}${REMARKS[facts.content ?? ''] ?? ''}` : `not installed (${facts.file})`],
    ['systemd', facts.systemd === null ? undefined : `none that answers: ${facts.systemd}`],
    ['enabled', facts.enabled === null || !installed ? undefined : facts.enabled ? 'yes' : 'no'],
    ['state', installed ? (facts.state ?? undefined) : undefined],
    ['linger', installed ? (facts.linger ? 'on' : lingerHint(facts.user)) : undefined],
    [
      'manager',
      manager === null
        ? 'does not run'
        : `runs (pid ${manager.pid}, ${manager.version}), ${manager.isService ? 'as this service' : 'not as this service'}`,
    ],
  ];
  return lines
    .filter((line): line is [string, string] => line[1] !== undefined)
    .map(([key, value]) => `${key.padEnd(10)}${visible(value)}`)
    .join('\n');
}

/** What to do so that the service outlives a login. */
export function lingerHint(user: string): string {
  return `linger is off, so that systemd ends the service with your last session: loginctl enable-linger ${user}`;
}
