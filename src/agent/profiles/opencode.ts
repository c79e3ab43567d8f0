/**
 * An opencode plugin that passes its events on to agent-report, one after the other, and never holds up opencode.
 *
 * @param report - the absolute path of bin/agent-report.
 */
export function opencodePlugin(report: string): string {
  return `// Written by agentctl: tells it when this opencode works, waits and is done.
import { spawn } from 'node:child_process';
const report = ${JSON.stringify(report)};
const told = ['session.idle', 'session.error', 'permission.asked', 'permission.replied', 'question.asked', 'question.replied'];
const status = new Map();
let last = Promise.resolve();
const pass = (event, tag) =>
  new Promise((done) => {
    const child = spawn('sh', [report, 'opencode', ...tag], { stdio: ['pipe', 'ignore', 'ignore'] });
    child.on('error', done).on('close', done);
    child.stdin.on('error', () => {}).end(JSON.stringify(event));
  }).catch(() => {});
export const agentctl = async () => ({
  event: async ({ event }) => {
    const { type, properties } = event;
    if (type === 'session.status') {
      // Said again at each step of a turn.
      if (status.get(properties.sessionID) === properties.status?.type) return;
      status.set(properties.sessionID, properties.status?.type);
    } else if (type !== 'session.created' && !told.includes(type)) return;
    last = last.then(() => pass(event, type === 'session.created' ? ['-session'] : []));
  },
});
`;
}
