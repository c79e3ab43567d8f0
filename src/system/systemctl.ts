import { findProgram } from './find-program.ts';
import { type Ran, runProgram } from './run-program.ts';

/** systemd answers at once, or not at all; `stop` waits for what is stopped. */
const ANSWER_MS = 60_000;

/**
 * Why the user's systemd cannot be asked, as the end of a sentence ("… because …"); undefined where it answers.
 *
 * @example await whyNoUserSystemd() // 'systemctl says "Failed to connect to bus: No medium found"'
 */
export async function whyNoUserSystemd(platform: NodeJS.Platform = process.platform): Promise<string | undefined> {
  if (platform !== 'linux') return `there is no systemd on ${platform === 'darwin' ? 'macOS' : platform}`;
  if (findProgram('systemctl', process.env.PATH, process.cwd()).state !== 'found')
    return 'there is no systemctl on PATH';
  const { code, timedOut, stderr } = await systemctl('show', '--property=Version');
  if (timedOut) return `systemctl --user did not answer within ${ANSWER_MS / 1000} s`;
  if (code === 0) return undefined;
  return `systemctl --user says ${JSON.stringify(stderr.trim().split('\n')[0] || `nothing, and ends with ${code}`)}`;
}

/** Runs `systemctl --user` to its end. */
export function systemctl(...args: readonly string[]): Promise<Ran> {
  return runProgram('systemctl', ['--user', ...args], { env: process.env, timeout: ANSWER_MS });
}

/** What systemd knows of a unit, by the names of its properties; one that it never heard of has some too. */
export async function unitProperties(
  unit: string,
  names: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const { stdout } = await systemctl('show', unit, `--property=${names.join(',')}`);
  const pairs = stdout.split('\n').map((line) => /^([^=]+)=(.*)$/.exec(line));
  return Object.fromEntries(pairs.flatMap((pair) => (pair ? [[pair[1], pair[2]]] : [])));
}
