// agentctl's plugin for opencode: passes on to agent-report, beside it, what tells that this opencode works, waits or is
// done; one event after the other, and opencode waits for none of them.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const report = fileURLToPath(new URL('./agent-report', import.meta.url));
const TOLD = [
  'session.created',
  'session.status',
  'session.idle',
  'session.error',
  'permission.asked',
  'permission.replied',
  'question.asked',
  'question.replied',
  'question.rejected',
];

const statuses = new Map();
let last = Promise.resolve();

export const agentctl = async () => ({
  event: async ({ event }) => {
    if (!TOLD.includes(event.type) || isRepeated(event)) return;
    last = last.then(() => pass(event)).catch(() => {});
  },
  // Waited for as opencode ends.
  dispose: () => last,
});

/** A status is said again at each step of a turn. */
function isRepeated({ type, properties }) {
  const { sessionID, status } = properties;
  // What comes after an error is news, though it be the same.
  if (type === 'session.error') statuses.delete(sessionID);
  if (type !== 'session.status') return false;
  if (statuses.get(sessionID) === status.type) return true;
  statuses.set(sessionID, status.type);
  return false;
}

function pass(event) {
  const tag = event.type === 'session.created' ? ['-session'] : [];
  return new Promise((resolve) => {
    const child = spawn('sh', [report, 'opencode', ...tag], { stdio: ['pipe', 'ignore', 'ignore'] });
    child.on('error', resolve).on('close', resolve);
    child.stdin.on('error', () => {});
    child.stdin.end(JSON.stringify({ event }));
  });
}
