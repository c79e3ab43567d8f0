import { existsSync } from 'node:fs';
import { AgentctlError } from '../errors.ts';
import { pause } from './clock.ts';
import { findProgram } from './find-program.ts';
import { type Ran, runProgram } from './run-program.ts';
import { restoreSocket, whyStopped } from './server-socket.ts';

/** Where a private tmux server is: its socket, and the state directory, which is its working directory. */
export interface TmuxServer {
  socket: string;
  stateDir: string;
  /** The user's own settings, sourced when the server starts; undefined where there are none. */
  userConfig: string | undefined;
}

export const OLDEST_TMUX = '3.2';

/** What tmux says when the server it talked to went away meanwhile: starting one right after that can fail once. */
const SERVER_WENT_AWAY =
  /server exited|lost server|no server running|error connecting|failed to connect|Connection refused/;
const TRIES = 10;
/** What it says when its command was handed over, and no answer came. */
const LET_GO = /server exited|lost server/;
/** What it says when it could not even hand over its command. */
const NOT_REACHED = /no server running|error connecting/;
/** A server that has no file descriptors left never answers. */
export const ANSWER_MS = 60_000;
/** Whoever waits for longer looks whether somebody has stopped the server, and does not wait for that. */
const LOOK_FOR_WHY_MS = 1000;

/** How a call is made; `prefix` is what starts tmux in its place. */
export interface CallOptions {
  input?: string;
  /** Try again when the server went away meanwhile. */
  retry?: boolean;
  /** Once more does no harm: try again when the server was reached and let go, as it does where it makes its socket anew. */
  repeatable?: boolean;
  /** How long it may take, in milliseconds. */
  timeout?: number;
  env?: NodeJS.ProcessEnv;
  prefix?: readonly string[];
}

/** Runs one tmux command on a private server, from its state directory. */
export async function call(server: TmuxServer, args: readonly string[], options: CallOptions = {}): Promise<Ran> {
  const [file = '', ...words] = [...(options.prefix ?? []), tmuxProgram(), '-S', server.socket, ...args];
  await reach(server);
  for (let tried = 1; ; tried++) {
    const ran = await runUnlessStopped(server, file, words, {
      cwd: server.stateDir,
      env: options.env ?? process.env,
      timeout: options.timeout ?? ANSWER_MS,
      ...(options.input === undefined ? {} : { input: options.input }),
    });
    if (ran.timedOut) {
      throw new AgentctlError(
        `tmux did not answer within ${(options.timeout ?? ANSWER_MS) / 1000} s on ${server.socket}: look at "agentctl doctor"; agents run on without it`,
      );
    }
    if (ran.code === 0 || tried >= TRIES) return ran;
    const socketFile = existsSync(server.socket) ? 'replaced' : 'missing';
    if (NOT_REACHED.test(ran.stderr) && (await restoreSocket(server, socketFile))) continue;
    const isWorthATry = options.retry
      ? SERVER_WENT_AWAY.test(ran.stderr)
      : options.repeatable && LET_GO.test(ran.stderr);
    if (!isWorthATry) return ran;
    await pause(10 * tried);
  }
}

/**
 * Sees to it that a server that lives can be reached, before a client is run that would start a second one.
 *
 * @throws {AgentctlError} when that cannot be done.
 */
export async function reach(server: TmuxServer): Promise<void> {
  if (!existsSync(server.socket)) await restoreSocket(server, 'missing');
}

async function runUnlessStopped(
  server: TmuxServer,
  file: string,
  words: readonly string[],
  options: Parameters<typeof runProgram>[2],
): Promise<Ran> {
  const giveUp = new AbortController();
  let why: AgentctlError | undefined;
  const looking = setInterval(() => {
    why = whyStopped(server);
    if (why) giveUp.abort();
  }, LOOK_FOR_WHY_MS);
  try {
    return await runProgram(file, words, { ...options, signal: giveUp.signal });
  } catch (error) {
    throw why ?? error;
  } finally {
    clearInterval(looking);
  }
}

/** The pid of the private server; undefined where none answers. */
export async function serverPid(
  server: TmuxServer,
  options: Pick<CallOptions, 'timeout'> = {},
): Promise<number | undefined> {
  const { code, stdout } = await call(server, ['display-message', '-p', '#{pid}'], {
    ...options,
    repeatable: true,
  });
  return code === 0 ? Number(stdout.trim()) || undefined : undefined;
}

/** tmux' version (`3.3a`). @throws {AgentctlError} when it is not installed. */
export async function tmuxVersion(): Promise<string> {
  const { stdout } = await runProgram(tmuxProgram(), ['-V']);
  return stdout.replace(/^tmux\s+(next-)?/, '').trim();
}

/** Whether a version is new enough; a name without a number (a build from source) is. */
export function isRecentTmux(version: string): boolean {
  const [major, minor] = /(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number) ?? [];
  return major === undefined || minor === undefined || major > 3 || (major === 3 && minor >= 2);
}

/** @throws {AgentctlError} when tmux is missing or older than {@link OLDEST_TMUX}. */
export async function refuseOldTmux(): Promise<void> {
  const version = await tmuxVersion();
  if (isRecentTmux(version)) return;
  throw new AgentctlError(
    `tmux ${version} is too old: agentctl needs ${OLDEST_TMUX} or newer; install a newer one and try again`,
  );
}

/** Looked up by the caller's PATH: the server's own environment is not the caller's. */
export function tmuxProgram(): string {
  const found = findProgram('tmux', process.env.PATH, process.cwd());
  if (found.state === 'found') return found.path;
  throw new AgentctlError(
    'tmux is not installed or not on PATH: install it (Debian: apt-get install tmux) and try again',
  );
}

/** tmux takes a word that ends in `;` for the end of a command. */
export function protectSemicolon(word: string): string {
  return word.endsWith(';') ? `${word.slice(0, -1)}\\;` : word;
}

/** What tmux said, in one line of a sentence. */
export function oneLine(text: string): string {
  return text.trim().split('\n').join('; ');
}
