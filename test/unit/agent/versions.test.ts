import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareVersions } from '../../../src/agent/versions.ts';

test.each([
  ['0.1.0', '0.1.0', 0],
  ['0.9.1', '0.10.0', -1],
  ['0.10.0', '0.9.1', 1],
  ['1.0.0', '0.99.99', 1],
  ['0.1.1', '0.1.2', -1],
  ['1.2', '1.2.0', 0],
  ['1.2', '1.2.1', -1],
  ['1.2.3-beta.1', '1.2.3', 0],
  ['1.2.3-beta.1', '1.2.4-alpha', -1],
  ['', '0.0.0', 0],
  ['not a version', '0.0.1', -1],
])('of %j and %j: %i', (one, other, order) => {
  expect(compareVersions(one, other)).toBe(order);
});

test('the other way round it is the other way round', () => {
  const version = () =>
    fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'));
  fc.assert(
    fc.property(version(), version(), (one, other) => {
      expect(compareVersions(one, other) + compareVersions(other, one)).toBe(0);
    }),
  );
});
