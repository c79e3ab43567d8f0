import { join } from 'node:path';
import type { Settings } from '../agent/settings.ts';
import type { Spec } from '../store/generated/types.ts';
import { packageRoot } from '../store/package-root.ts';
import type { NewSession } from '../system/tmux-session.ts';
import { logCapture } from './log-capture.ts';

/** The session in which an agent is to run. */
export function sessionOf({ name, size }: Pick<Spec, 'name' | 'size'>, { logs }: Pick<Settings, 'logs'>): NewSession {
  return {
    name,
    argv: ['sh', join(packageRoot(), 'bin', 'agent-wrapper'), `agents/${name}`],
    ...size,
    capture: logCapture(name, logs),
  };
}
