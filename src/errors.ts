/** A failure with a sentence for a person: what, where, what to do. Its class decides the exit code. */
export class AgentctlError extends Error {
  override name = 'AgentctlError';
}

/** What was asked cannot be read as a command: exit code 2. */
export class UsageError extends AgentctlError {
  override name = 'UsageError';
}

/** Busy or not yet (a taken name, a lock, a timeout that passed): exit code 75, as sysexits' EX_TEMPFAIL. */
export class BusyError extends AgentctlError {
  override name = 'BusyError';
}

/** There is no such agent: exit code 1 (4 for `status`). */
export class UnknownAgentError extends AgentctlError {
  override name = 'UnknownAgentError';
}

/** The words of any error, for a message that wraps it. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The system's own code of an error (ENOENT, EACCES …), or undefined. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Whether an error says that there is no room. */
export function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '');
}

/** A sentence for what the system refused, by its code. */
export function refusal(error: unknown): string {
  const sentences: Record<string, string> = {
    EACCES: 'permission denied',
    EPERM: 'not permitted',
    EROFS: 'the file system is read-only',
    ENOSPC: 'the disk is full',
    EDQUOT: 'the disk quota is used up',
    EMFILE: 'too many open files',
    ENFILE: 'too many open files on this machine',
    ENOENT: 'no such file or directory',
    ENOTDIR: 'a part of the path is not a directory',
    EISDIR: 'it is a directory',
    ELOOP: 'too many symbolic links',
    ENAMETOOLONG: 'the path is too long',
    EAGAIN: 'no more processes can be made for this user',
  };
  return sentences[codeOf(error) ?? ''] ?? wordsOf(error);
}
