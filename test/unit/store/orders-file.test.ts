import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readAgentFiles } from '../../../src/store/agent-files.ts';
import { noteExtension, orderKeep, orderStop } from '../../../src/store/orders-file.ts';
import { folder, RUN, SPEC } from './state.ts';

const AT = '2026-01-02T12:00:00.250Z';
const NOW = { wallMs: Date.parse(AT), uptimeMs: 1_000_500 };
const STOPPER = { pid: 4711, startTime: '42' };
const STOP = {
  atMs: NOW.wallMs,
  uptimeMs: NOW.uptimeMs,
  killAfterMs: 2500,
  by: 'agentctl stop',
  stopper: STOPPER,
};
const ON_DISK = { at: AT, uptimeSeconds: 1000.5, killAfterSeconds: 2.5, by: 'agentctl stop', stopper: STOPPER };

/** An agent's directory, with these orders. */
function agent(orders?: object | string): string {
  const path = folder();
  writeFileSync(join(path, 'spec.json'), JSON.stringify(SPEC));
  if (orders !== undefined)
    writeFileSync(join(path, 'orders.json'), typeof orders === 'string' ? orders : JSON.stringify(orders));
  return path;
}

const onDisk = (path: string) => JSON.parse(readFileSync(join(path, 'orders.json'), 'utf8'));
const read = (path: string) => {
  const { stopOrder, keptBy } = readAgentFiles(path, 'fix', false);
  return { stopOrder, keptBy };
};

describe('orders', () => {
  test('to stop are read as they were written', () => {
    const path = agent();
    orderStop(path, RUN, STOP);
    expect(onDisk(path)).toEqual({ schemaVersion: 1, runId: RUN, stop: ON_DISK });
    expect(read(path)).toEqual({
      stopOrder: {
        state: 'there',
        value: STOP,
      },
      keptBy: undefined,
    });
    expect(statSync(join(path, 'orders.json')).mode & 0o777).toBe(0o600);
    expect(readdirSync(path).sort()).toEqual(['orders.json', 'spec.json']);
  });

  test('to stop count by the newest: it may be less patient', () => {
    const path = agent();
    orderStop(path, RUN, STOP);
    orderStop(path, RUN, { ...STOP, killAfterMs: 0, by: 'agentctl kill' });
    expect(read(path).stopOrder).toMatchObject({ value: { killAfterMs: 0, by: 'agentctl kill' } });
  });

  test('to keep say who asked, and are no stop', () => {
    const path = agent();
    orderKeep(path, RUN, { at: NOW, by: 'agentctl keep' });
    expect(onDisk(path).keep).toEqual({ at: AT, by: 'agentctl keep' });
    expect(read(path)).toEqual({ stopOrder: { state: 'absent' }, keptBy: 'agentctl keep' });
  });

  test('to keep are taken back, and what was never asked too', () => {
    const path = agent();
    orderKeep(path, RUN, undefined);
    expect(read(path).keptBy).toBeUndefined();
    orderKeep(path, RUN, { at: NOW, by: 'me' });
    orderKeep(path, RUN, undefined);
    expect(onDisk(path)).toEqual({ schemaVersion: 1, runId: RUN });
  });

  test('of all kinds stand side by side, and extensions add up', () => {
    const path = agent();
    orderKeep(path, RUN, { at: NOW, by: 'me' });
    noteExtension(path, RUN, NOW, 'agentctl extend', 1_800_000);
    orderStop(path, RUN, STOP);
    noteExtension(path, RUN, NOW, 'agentctl extend', null);
    expect(onDisk(path)).toEqual({
      schemaVersion: 1,
      runId: RUN,
      keep: { at: AT, by: 'me' },
      stop: ON_DISK,
      extensions: [
        { at: AT, by: 'agentctl extend', seconds: 1800 },
        { at: AT, by: 'agentctl extend', seconds: null },
      ],
    });
    expect(read(path)).toMatchObject({ stopOrder: { state: 'there' }, keptBy: 'me' });
  });

  test('keep what a newer agentctl added to them', () => {
    const path = agent({ schemaVersion: 1, runId: RUN, mood: 'good', keep: { at: AT, by: 'me', for: 'ever' } });
    orderStop(path, RUN, STOP);
    expect(onDisk(path)).toMatchObject({ mood: 'good', keep: { for: 'ever' }, stop: ON_DISK });
  });

  test.each<[string, object | string, string]>([
    ['that are damaged', '{"schemaVersion": 1, "ru', 'damaged'],
    ['of another run', { schemaVersion: 1, runId: 'run00002', keep: { at: AT, by: 'me' } }, 'absent'],
  ])('%s are neither a stop nor a keep, and give way to a new one', (_, orders, state) => {
    const path = agent(orders);
    expect(read(path)).toMatchObject({ stopOrder: { state }, keptBy: undefined });
    orderStop(path, RUN, STOP);
    expect(onDisk(path)).toEqual({ schemaVersion: 1, runId: RUN, stop: ON_DISK });
    expect(read(path).stopOrder.state).toBe('there');
  });

  test.each<[string, object]>([
    ['a keep by nobody', { keep: { at: AT } }],
    ['a keep that is a word', { keep: true }],
    ['a stop without patience', { stop: { ...ON_DISK, killAfterSeconds: undefined } }],
    ['a stop with less than none', { stop: { ...ON_DISK, killAfterSeconds: -1 } }],
  ])('are damaged by %s', (_, change) => {
    expect(read(agent({ schemaVersion: 1, runId: RUN, ...change })).stopOrder.state).toBe('damaged');
  });

  test('that were not given are absent', () => {
    expect(read(agent())).toEqual({ stopOrder: { state: 'absent' }, keptBy: undefined });
    expect(read(agent(''))).toEqual({ stopOrder: { state: 'absent' }, keptBy: undefined });
  });

  test('to an agent that is gone fail', () => {
    const gone = join(folder(), 'gone');
    expect(() => orderStop(gone, RUN, STOP)).toThrow(/ENOENT/);
    expect(() => orderKeep(gone, RUN, { at: NOW, by: 'me' })).toThrow(/ENOENT/);
  });
});
