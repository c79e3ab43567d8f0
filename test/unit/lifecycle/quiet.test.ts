import { expect, test } from 'vitest';
import type { Evidence } from '../../../src/agent/evidence.ts';
import { statusOf } from '../../../src/agent/status.ts';
import type { Observed } from '../../../src/lifecycle/observe.ts';
import { Quiet } from '../../../src/lifecycle/quiet.ts';
import { absent, at, evidence, exit, IN_LINE, NOW, SPEC, there } from '../agent/evidence.ts';

const SOON = NOW.uptimeMs + 1000;

function observed(seen: Evidence): Observed {
  return { name: SPEC.name, runId: SPEC.runId, directory: '/nowhere', evidence: seen, status: statusOf(seen) };
}

/** The same agent, seen later, nothing having changed in its files. */
function later({ evidence: seen }: Observed, uptimeMs: number): Observed {
  return observed({ ...seen, now: at(uptimeMs) });
}

test('what was decided holds until it is due', () => {
  const quiet = new Quiet();
  const agent = observed(evidence());
  expect(quiet.holds(agent)).toBeUndefined();
  quiet.begins(agent, SOON);
  expect(quiet.holds(later(agent, SOON - 1))).toMatchObject({ nextAtMs: SOON });
  expect(quiet.holds(later(agent, SOON))).toBeUndefined();
});

test('where nothing is due ever, it holds until a file changes', () => {
  const quiet = new Quiet();
  const agent = observed(evidence());
  quiet.begins(agent, undefined);
  expect(quiet.holds(later(agent, SOON + 1e9))).toMatchObject({ nextAtMs: undefined });
  expect(quiet.holds(observed(evidence({ keptBy: 'somebody' })))).toBeUndefined();
  expect(quiet.holds(observed(evidence({ sentinel: there(exit(0)) })))).toBeUndefined();
});

test.each<[string, Evidence]>([
  ['waits for a place', evidence({ spec: there(IN_LINE), started: absent })],
  ['ends with its parent', evidence({ spec: there({ ...SPEC, withParent: true }) })],
])('one that %s is decided on at each look', (_, seen) => {
  const quiet = new Quiet();
  quiet.begins(observed(seen), undefined);
  expect(quiet.holds(observed(seen))).toBeUndefined();
});

test('of whom is not there any more nothing is remembered', () => {
  const quiet = new Quiet();
  const agent = observed(evidence());
  quiet.begins(agent, undefined);
  quiet.keepOnly(new Set([SPEC.runId]));
  expect(quiet.holds(agent)).toBeDefined();
  quiet.keepOnly(new Set());
  expect(quiet.holds(agent)).toBeUndefined();
});
