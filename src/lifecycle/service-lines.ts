import { join } from 'node:path';
import { managerOffFile } from '../store/paths.ts';
import { shellQuote } from '../system/shell-quote.ts';
import { execLine, specifiersEscaped, systemdQuote } from '../system/systemd-quote.ts';
import { MANAGER_FLAGS } from './manager-flags.ts';

/** What whoever starts agentctl for the user, at login or by the clock, has to be told. */
export interface ServiceFacts {
  /** Of node: absolute, since neither systemd nor cron has the user's PATH. */
  node: string;
  /** The installed package, or the checkout. */
  packageRoot: string;
  stateDir: string;
  env: Readonly<Record<string, string>>;
}

/**
 * The systemd user unit that keeps a manager alive (systemd.service(5)).
 *
 * - A TERM that did not come from systemd is from an agentctl that replaces an older manager: it comes back, as after a
 *   crash. After `manager stop` it does not, since the condition is looked at before each start.
 * - `--take-over` makes it the one manager also where a command was quicker; where a newer agentctl's lives it leaves
 *   with 75 and does not come back.
 * - No hardening: what the manager starts on a user's behalf may need what it would take away (a hook that calls sudo).
 *
 * @param unit - its name.
 */
export function unitText(unit: string, facts: ServiceFacts): string {
  const { stateDir, env } = facts;
  const path = specifiersEscaped(stateDir);
  return `# Written by "agentctl service install"; "agentctl service uninstall" removes it.
# Settings of your own: systemctl --user edit ${unit}

[Unit]
Description=agentctl (the manager of ${path})
# "agentctl manager stop" holds here too
ConditionPathExists=!${specifiersEscaped(managerOffFile(stateDir))}
StartLimitIntervalSec=300
StartLimitBurst=20

[Service]
Type=exec
ExecStart=${execLine([...command(facts, MANAGER_FLAGS), 'manager', 'run', '--leave-after', 'none', '--take-over'])}
WorkingDirectory=/
${Object.entries(env)
  .map(([name, value]) => `Environment=${systemdQuote(`${name}=${value}`)}`)
  .join('\n')}
# after a crash, and after a TERM that is not systemd's: a newer agentctl replaces an older manager
Restart=on-failure
RestartForceExitStatus=SIGTERM
RestartSec=2
# another manager lives, a newer one
SuccessExitStatus=75
# the manager alone: nothing that it has started goes with it
KillMode=process
OOMPolicy=continue
TimeoutStopSec=15

[Install]
WantedBy=default.target
`;
}

/**
 * The line of a crontab that sweeps every 15 minutes (crontab(5)): as a shell reads it, and `%`, which cron takes for a
 * line's end, with a backslash; so is a backslash where cron would take it away.
 */
export function cronLine(facts: ServiceFacts): string {
  const variables = Object.entries(facts.env).map(([name, value]) => `${name}=${quoted(value)}`);
  const words = [...variables, ...command(facts).map(quoted), 'sweep', '>/dev/null', '2>&1'];
  return `*/15 * * * * ${words.join(' ').replace(/%|\\(?=[\\%])/g, '\\$&')}`;
}

function command({ node, packageRoot, stateDir }: ServiceFacts, flags: readonly string[] = []): string[] {
  return [node, ...flags, join(packageRoot, 'bin', 'agentctl'), '--state-dir', stateDir];
}

/** Quotes only what a shell would read otherwise: these lines are for people too. */
function quoted(text: string): string {
  return /^[\w@%+:,./-]+$/.test(text) ? text : shellQuote(text);
}
