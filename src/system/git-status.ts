import { codeOf, refusal } from '../errors.ts';
import { uptimeMs } from './clock.ts';
import { type BoundedRun, runBounded } from './run-bounded.ts';

export type GitStatus = { status: string; cut: boolean } | { missing: string };

/** For all that git is asked, together: an agent's teardown waits for it. */
const PATIENCE_MS = 4000;
const MAX_BYTES = 64 * 1024;

/**
 * The repository and its files are the agent's, who may have put anything into them; git must run none of it. Of all that
 * a repository's configuration can start, `status` knows these, and filters, which have names ({@link withoutFilters});
 * what it would fetch from elsewhere needs a protocol. (git-config(1), git(1), gitattributes(5).)
 */
const HARMLESS = [
  '--no-pager',
  '--no-optional-locks',
  ...['core.fsmonitor=false', 'core.hooksPath=/dev/null', 'core.askPass=', 'core.alternateRefsCommand='].flatMap(set),
  ...['protocol.allow=never', 'safe.bareRepository=explicit'].flatMap(set),
];
/** To ask a submodule, git would run in it by that one's own configuration. */
const STATUS = ['status', '--porcelain=v1', '--branch', '--untracked-files=normal', '--ignore-submodules=dirty'];
const FILTERS = '^filter\\..*\\.(clean|smudge|process|required)$';

/**
 * What `git status` says of a directory, with nothing run that the repository asks for and nothing written. Never fails and
 * never takes longer than some seconds: else `missing` says why there is none.
 */
export async function gitStatus(cwd: string): Promise<GitStatus> {
  const until = uptimeMs() + PATIENCE_MS;
  const git = (...args: string[]): Promise<BoundedRun> =>
    runBounded('git', ['-C', cwd, ...HARMLESS, ...args], {
      env: environment(),
      timeoutMs: Math.max(1, until - uptimeMs()),
      maxBytes: MAX_BYTES,
    });
  try {
    const repository = await git('rev-parse', '--git-dir');
    if (repository.code !== 0) return { missing: whyNot(repository) };
    const filters = await git('config', '--null', '--name-only', '--get-regexp', FILTERS);
    const without = withoutFilters(filters);
    if (without === undefined) return { missing: 'its git configuration has filters that cannot be switched off' };
    const { stdout, ...ran } = await git(...without, ...STATUS);
    if (ran.cut) return { status: stdout.slice(0, stdout.lastIndexOf('\n') + 1), cut: true };
    return ran.code === 0 ? { status: stdout, cut: false } : { missing: whyNot(ran) };
  } catch (error) {
    return { missing: codeOf(error) === 'ENOENT' ? 'git is not installed' : `git cannot be run (${refusal(error)})` };
  }
}

/** Options that set every filter to nothing; undefined where that cannot be done. */
function withoutFilters({ code, stdout, cut, timedOut }: BoundedRun): string[] | undefined {
  if (code === 1) return []; // there are none
  const keys = stdout.split('\0').filter((key) => key !== '');
  // `-c` takes what is before the first "=" for the key.
  if (code !== 0 || cut || timedOut || keys.some((key) => /[=\n]/.test(key))) return undefined;
  return keys.flatMap((key) => set(key.endsWith('.required') ? `${key}=false` : `${key}=`));
}

function set(setting: string): string[] {
  return ['-c', setting];
}

/** Nothing of ours but where programs and the user's own settings are: a GIT_DIR would be another repository's. */
function environment(): NodeJS.ProcessEnv {
  const { PATH, HOME, XDG_CONFIG_HOME } = process.env;
  return {
    PATH,
    HOME,
    XDG_CONFIG_HOME,
    LC_ALL: 'C',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_NO_LAZY_FETCH: '1',
  };
}

function whyNot({ stderr, timedOut, code }: Omit<BoundedRun, 'stdout'>): string {
  if (timedOut) return `git did not answer within ${PATIENCE_MS / 1000} s`;
  const said = (stderr.split('\n').find((line) => line.startsWith('fatal: ')) ?? stderr.split('\n')[0] ?? '').slice(
    0,
    500,
  );
  if (said.includes('not a git repository')) return 'its directory is in no git repository';
  return said === '' ? `git ended with ${code ?? 'a signal'}` : said.replace(/^fatal: /, 'git says: ');
}
