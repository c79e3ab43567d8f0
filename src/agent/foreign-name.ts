import { InvalidInput } from './invalid-input.ts';

/**
 * The name of a session on another tmux server: its socket's name, as `tmux -L` takes it, or else its path; a colon; the
 * session's own name, in which tmux allows no colon.
 *
 * @param folder - where `tmux -L` has its sockets.
 * @example foreignName('/tmp/tmux-1000', '/tmp/tmux-1000/default', 'build') // 'default:build'
 */
export function foreignName(folder: string, socket: string, session: string): string {
  const isIn = socket.startsWith(`${folder}/`);
  return `${isIn ? socket.slice(folder.length + 1) : socket}:${session}`;
}

/**
 * Reads what {@link foreignName} writes.
 *
 * @throws {InvalidInput} when it is none.
 * @example parseForeignName('/tmp/tmux-1000', 'default:build') // { socket: '/tmp/tmux-1000/default', session: 'build' }
 */
export function parseForeignName(folder: string, text: string): { socket: string; session: string } {
  const colon = text.lastIndexOf(':');
  const socket = text.slice(0, Math.max(0, colon));
  const session = text.slice(colon + 1);
  if (socket === '' || session === '') {
    throw new InvalidInput(
      `--foreign: ${JSON.stringify(text)} is no SOCKET:NAME: write it as "agentctl ps --foreign" does, such as default:build`,
    );
  }
  return { socket: socket.startsWith('/') ? socket : `${folder}/${socket}`, session };
}
