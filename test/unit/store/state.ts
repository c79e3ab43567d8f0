import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Exit, Spec, Started } from '../../../src/store/generated/types.ts';

/** A folder of the test's own. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'agentctl-unit-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Does something as somebody whom file modes bind: root passes all of them. */
export function asNobody<T>(act: () => T): T {
  if (process.getuid?.() !== 0) return act();
  process.seteuid?.(65534);
  try {
    return act();
  } finally {
    process.seteuid?.(0);
  }
}

/** Lets others look for a file below a folder, though not into it. */
export function letPass(path: string): void {
  chmodSync(path, 0o711);
}

export const RUN = 'run00001';

export const EXIT: Exit = {
  schemaVersion: 1,
  runId: RUN,
  code: 0,
  how: 'observed',
  cause: 'natural',
  uptimeSeconds: 1234.56,
};

export const SPEC: Spec = {
  schemaVersion: 1,
  agentctlVersion: '0.1.0',
  name: 'fix',
  runId: RUN,
  parent: { name: 'boss', runId: 'run00000' },
  withParent: false,
  command: ['make', 'test'],
  cwd: '/work',
  labels: { job: '7' },
  limits: { maxRuntimeSeconds: 3600, graceSeconds: 300, maxIdleSeconds: null, killAfterSeconds: 0.5 },
  size: { columns: 200, rows: 50 },
  stdin: null,
  stdout: null,
  stderr: null,
  createdAt: '2026-01-02T12:00:00.250Z',
  createdUptimeSeconds: 1000.25,
  launcher: { pid: 90, startTime: '900' },
  bootId: 'boot',
  pidNamespace: 'pid:[1]',
};

export const STARTED: Started = {
  schemaVersion: 1,
  runId: RUN,
  agent: { pid: 102, startTime: '1002' },
  wrapper: { pid: 100, startTime: '1000' },
  watchdog: { pid: 101, startTime: '1001' },
  bootId: 'boot',
  pidNamespace: 'pid:[1]',
  tmux: { serverPid: 50, session: '$1', pane: '%1' },
  uptimeSeconds: 1000.75,
  startedAt: '2026-01-02T12:00:00Z',
};
