import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startService } from '../../../src/lifecycle/service.ts';
import { unitName } from '../../../src/store/unit-file.ts';

test("what stands in a unit's place and is none is no service: a manager is started without one", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'agentctl-service-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv('XDG_CONFIG_HOME', folder);
  expect(await startService({ path: '/srv/one', reason: 'of a test' })).toBe(false);
  mkdirSync(join(folder, 'systemd', 'user', unitName('/srv/one')), { recursive: true });
  expect(await startService({ path: '/srv/one', reason: 'of a test' })).toBe(false);
});
