import { spawn } from 'node:child_process';

/**
 * Runs one command of `--on`, whatever becomes of whoever started it. Its arguments: the command; its record's place; how
 * many seconds it has; where it is to work. Not a file of its own: the package may be replaced while a manager runs.
 *
 * The first rename takes it: nobody else can begin it any more, and until then nothing is lost. The last one, or the
 * removal, says how it ended, and needs no room on a full disk. The record's second line is its stdin. What it prints is
 * read to its end, for as long as that takes, but for the last words dropped.
 */
const RUNNER = `
mv -f "$2.json" "$2.running" || exit 75
exec 3<"$2.running" && read -r _ <&3
sleep "$3" 3<&- & bound=$!
{
  cd "$4" || cd /
  /bin/sh -c "$1" <&3 3<&- 2>&1
  code=$?
  if [ "$code" = 0 ]; then rm -f "$2.running"; else mv -f "$2.running" "$2.failed-$code"; fi
  kill -KILL "$bound"
} | tail -c 4096 >"$2.said" 3<&- & words=$!
exec 3<&-
if wait "$bound"; then
  trap 'kill -KILL 0' EXIT # also where it has left no process for the mv
  mv -f "$2.running" "$2.timed-out"
  exit
fi
# What it left in the background may hold its output open for ever.
(sleep 1; kill -KILL "$words") & late=$!
wait "$words"
kill -KILL "$late"
for failed in "$2".failed-*; do [ -e "$failed" ] || rm -f "$2.said"; done
`;
const NOT_OURS = 75;
/** Should its own bound have been stopped, which is a process like others. */
const SLACK_MS = 5000;

/**
 * Runs a shell command that somebody wants to hear of an event: in a session of its own, and killed with all of its process
 * group once its time has passed, also where we die meanwhile. How it ended is told by its record.
 *
 * @returns whether it was ours to run.
 * @throws the system's error where it cannot be started.
 */
export function runHook(
  command: string,
  options: { place: string; cwd: string; env: NodeJS.ProcessEnv; timeoutMs: number },
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const { place, cwd, env, timeoutMs } = options;
    const words = [command, place, String(timeoutMs / 1000), cwd];
    // It goes to its directory itself: one on a disk that hangs would hang us.
    const child = spawn('/bin/sh', ['-c', RUNNER, 'agentctl-hook', ...words], {
      cwd: '/',
      env,
      detached: true,
      stdio: 'ignore',
    });
    const timer = setTimeout(() => {
      try {
        // Its group is its own: it was started detached.
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has just ended.
      }
    }, timeoutMs + SLACK_MS);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('exit', (code) => {
      clearTimeout(timer);
      resolve(code !== NOT_OURS);
    });
  });
}
