import type { ProcessIdentity } from '../agent/evidence.ts';
import { cgroupMount, cgroupName } from '../system/cgroup.ts';
import { shellQuote } from '../system/shell-quote.ts';

/**
 * Names that a shell sets, refuses or reads for itself: an `export` of UID ends bash, of OPTIND dash, and of a locale
 * that is not installed makes bash print a warning into the agent's log. With everything
 * that is no shell name at all (`a.b`, an exported bash function) they go through env(1).
 */
const SHELL_OWN =
  /^(_|UID|EUID|PPID|GID|EGID|OPTIND|OPTARG|OPTERR|IFS|PS[0-9]|LINENO|S?RANDOM|SECONDS|TMOUT|HISTSIZE|LINES|COLUMNS|LANG|LC_.*|SHLVL|SHELLOPTS|ENV|HISTCMD|DIRSTACK|FUNCNAME|GROUPS|PIPESTATUS|EPOCH.*|BASH.*|COMP_.*|KSH.*|PGRP|USER_ID|PATHSEP)$/;
const SHELL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export interface Launch {
  runId: string;
  /** When it is written, and who writes it: of both a shell learns much without a process of its own. */
  createdAt: string;
  createdUptimeSeconds: number;
  launcher: ProcessIdentity;
  bootId: string;
  pidNamespace: string;
  command: readonly string[];
  /** The file that the command's first word is: what is run where the environment has no PATH to find it by. */
  program: string;
  cwd: string;
  environment: Readonly<Record<string, string>>;
  umask: number;
  /** The caller's soft limit on open files: the tmux server's is raised, and the agent shall not see that. */
  openFiles: string | undefined;
  stdin: string | null;
  stdout: string | null;
  stderr: string | null;
}

/** The file that launch.sh sources and removes: what a shell can export. */
export function environmentScript(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment)
    .filter(([name]) => isForShell(name))
    .map(([name, value]) => `export ${name}=${shellQuote(value)}\n`)
    .join('');
}

/**
 * launch.sh: becomes the agent. Nothing of the agent passes through tmux's parser; single quotes are the only transport
 * that carried every byte. Run by the wrapper, with a clean environment, as
 * `sh ./launch.sh WRAPPER_PID WRAPPER_START WATCHDOG_PID WATCHDOG_START`.
 *
 * @param mount - where control groups are, or null for an agent without one of its own.
 */
export function launchScript(launch: Launch, mount: string | null = cgroupMount() ?? null): string {
  const viaEnv = Object.entries(launch.environment).filter(([name]) => !isForShell(name));
  const [word = '', ...words] = launch.command;
  const program = launch.environment.PATH === undefined || word.startsWith('-') ? launch.program : word;
  const command = [program, ...words].map(shellQuote).join(' ');
  const prefix =
    viaEnv.length === 0
      ? ''
      : `/usr/bin/env ${viaEnv.map(([name, value]) => shellQuote(`${name}=${value}`)).join(' ')} `;
  const redirections = [
    launch.stdin === null ? '' : `<${shellQuote(launch.stdin)}`,
    launch.stdout === null ? '' : `>>${shellQuote(launch.stdout)}`,
    launch.stderr === null ? '' : `2>>${shellQuote(launch.stderr)}`,
  ].filter((text) => text !== '');
  // Whether its directory can be entered is mostly seen without a fork.
  return `# Written by agentctl; becomes the agent.
umask 077
wrapper='"wrapper":{"pid":'$1',"startTime":"'$2'"}' watchdog='"watchdog":{"pid":'$3',"startTime":"'$4'"}'
[ -d ${shellQuote(`${launch.cwd}/.`)} ] || (cd -- ${shellQuote(launch.cwd)}) || exit 126
exec 4<env || exit 126
rm -f env
read -r boot </proc/sys/kernel/random/boot_id
read -r up _ </proc/uptime
${whenAndWhere(launch)}read -r stat <"/proc/$$/stat"
stat=\${stat##*") "}
set -- $stat
${ownCgroup(launch.runId, mount)}session=\${TMUX##*,} server=\${TMUX%,*}
printf '{"schemaVersion":1,"runId":"%s","agent":{"pid":%s,"startTime":"%s"},%s,%s,"bootId":"%s","pidNamespace":"%s","tmux":{"serverPid":%s,"session":"$%s","pane":"%s"},"uptimeSeconds":%s,"startedAt":"%s","cgroup":%s}\\n' \\
  ${launch.runId} $$ "\${20}" "$wrapper" "$watchdog" "$boot" "$namespace" "\${server##*,}" "$session" "$TMUX_PANE" "$up" "$at" "$own" >started.tmp &&
  mv -f started.tmp started.json || {
  [ "$cgroup" ] && echo $$ >"\${cgroup%/*}/cgroup.procs" && rmdir "$cgroup"
  exit 126
} 2>/dev/null
true >../../bell
unset at namespace boot up hours minutes seconds stat cgroup own line session server wrapper watchdog _ TMUX TMUX_PANE OLDPWD SHLVL PATH
. /dev/fd/4
exec 4<&-
cd -- ${shellQuote(launch.cwd)} || exit 126
export PWD
unset OLDPWD
${launch.openFiles === undefined ? '' : `ulimit -S -n ${launch.openFiles} 2>/dev/null\n`}umask ${launch.umask.toString(8).padStart(4, '0')}
exec ${prefix}${command} ${redirections.join(' ')}
`;
}

/**
 * Sets `at`, the wall clock, and `namespace`, that of the pids. As long as who wrote this lives, and in the same one, by what
 * that one knew, and without a process for each.
 */
function whenAndWhere({ createdAt, createdUptimeSeconds, launcher, bootId, pidNamespace }: Launch): string {
  const [day = '', time = ''] = createdAt.split('T');
  const [hours = 0, minutes = 0, seconds = 0] = time.split(':').map(Number.parseFloat);
  const bootedAt = 3600 * hours + 60 * minutes + seconds - createdUptimeSeconds;
  const whole = Math.floor(bootedAt);
  const hundredths = Math.ceil(100 * (bootedAt - whole)); // never before it was written
  const theirs = `/proc/${launcher.pid}`;
  return `{ read -r stat <${theirs}/stat; } 2>/dev/null
set -- \${stat##*") "}
seconds=$((\${up%.*} + ${whole} + (1\${up#*.} - 100 + ${hundredths}) / 100))
if [ "$boot \${20}" = ${shellQuote(`${bootId} ${launcher.startTime}`)} ] && [ /proc/self/ns/pid -ef ${theirs}/ns/pid ] && [ "$seconds" -lt 86400 ]; then
  hours=$((seconds / 3600 + 100)) minutes=$((seconds / 60 % 60 + 100)) seconds=$((seconds % 60 + 100))
  at=${day}T\${hours#1}:\${minutes#1}:\${seconds#1}Z namespace=${shellQuote(pidNamespace)}
else
  at=$(date -u +%Y-%m-%dT%H:%M:%SZ) namespace=$(readlink /proc/self/ns/pid)
fi
`;
}

/**
 * Moves the shell, which becomes the agent, into a control group of its own below the one that it is in; `cgroup` stays
 * empty where that cannot be done. Wrapper and watchdog stay outside: they have to see it end. A path of unusual
 * characters is not tried: it would have to be escaped in JSON. Nor is one that begins with `/..`: it is out of reach.
 */
function ownCgroup(runId: string, mount: string | null): string {
  if (mount === null) return "cgroup='' own=null\n";
  return `cgroup='' own=null
{
  while read -r line; do
    case $line in
    0::/..* | 0::*[!A-Za-z0-9/._:@-]*) ;;
    0::/*) cgroup=${mount}\${line#0::} cgroup=\${cgroup%/}/${cgroupName(runId)} ;;
    esac
  done </proc/self/cgroup
  if [ "$cgroup" ] && mkdir "$cgroup"; then
    if echo $$ >"$cgroup/cgroup.procs"; then own="\\"$cgroup\\""; else rmdir "$cgroup"; cgroup=; fi
  else
    cgroup=
  fi
} 2>/dev/null
`;
}

function isForShell(name: string): boolean {
  return SHELL_NAME.test(name) && !SHELL_OWN.test(name);
}
