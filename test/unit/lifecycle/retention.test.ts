import { expect, test } from 'vitest';
import { InvalidInput } from '../../../src/agent/invalid-input.ts';
import { retention } from '../../../src/lifecycle/retention.ts';

const OLDER_THAN = 'AGENTCTL_RETENTION_OLDER_THAN';
const KEEP = 'AGENTCTL_RETENTION_KEEP';

test.each([
  [{}, { olderThanMs: null, keep: null }],
  [{ [OLDER_THAN]: '7d' }, { olderThanMs: 7 * 86_400_000, keep: null }],
  [
    { [OLDER_THAN]: 'none', [KEEP]: 'none' },
    { olderThanMs: null, keep: null },
  ],
  [{ [KEEP]: '0' }, { olderThanMs: null, keep: 0 }],
  [
    { [OLDER_THAN]: '1h30m', [KEEP]: '100' },
    { olderThanMs: 5_400_000, keep: 100 },
  ],
])('%o means %o', (env, expected) => {
  expect(retention(env)).toEqual(expected);
});

test.each([
  [{ [OLDER_THAN]: '7 days' }, OLDER_THAN],
  [{ [KEEP]: '-1' }, KEEP],
  [{ [KEEP]: '1e3' }, KEEP],
  [{ [KEEP]: '9999999999' }, KEEP],
])('%o is refused by name', (env, name) => {
  expect(() => retention(env)).toThrow(InvalidInput);
  expect(() => retention(env)).toThrow(name);
});
