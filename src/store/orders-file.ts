import { join } from 'node:path';
import type { Now, StopOrder } from '../agent/evidence.ts';
import { isDiskFull } from '../errors.ts';
import type { Orders } from './generated/types.ts';
import * as validators from './generated/validators.js';
import { readRecord } from './record-file.ts';
import { replaceRecord } from './write-record.ts';

/**
 * Puts down that somebody wants the agent to stop. The newest order counts, so that a second one can be less patient.
 * On a full disk nothing is put down, and whoever orders must carry the order on.
 */
export function orderStop(directory: string, runId: string, order: StopOrder): void {
  const { stopper } = order;
  const stop = {
    at: new Date(order.atMs).toISOString(),
    uptimeSeconds: order.uptimeMs / 1000,
    killAfterSeconds: order.killAfterMs / 1000,
    by: order.by,
    ...(stopper && { stopper: { ...stopper } }),
  };
  try {
    change(directory, runId, (orders) => ({ ...orders, stop }));
  } catch (error) {
    if (!isDiskFull(error)) throw error;
  }
}

/** Puts down that it is to be kept, or no longer. @throws the system's error where that cannot be written. */
export function orderKeep(directory: string, runId: string, keep: { at: Now; by: string } | undefined): void {
  change(directory, runId, ({ keep: _before, ...orders }) =>
    keep === undefined ? orders : { ...orders, keep: { at: new Date(keep.at.wallMs).toISOString(), by: keep.by } },
  );
}

/** Puts down that its cap was moved, where that does not hide damaged orders; what is in force stands in `limits`. */
export function noteExtension(directory: string, runId: string, at: Now, by: string, addedMs: number | null): void {
  if (readRecord(join(directory, 'orders.json'), validators.orders).state === 'damaged') return;
  const extension = { at: new Date(at.wallMs).toISOString(), by, seconds: addedMs === null ? null : addedMs / 1000 };
  change(directory, runId, (orders) => ({ ...orders, extensions: [...(orders.extensions ?? []), extension] }));
}

function change(directory: string, runId: string, how: (orders: Orders) => Orders): void {
  const path = join(directory, 'orders.json');
  const found = readRecord(path, validators.orders);
  // Another run's may stand here: one that was written as this one took over the name. It must not outlive this order.
  const own = found.state === 'there' && found.value.runId === runId;
  replaceRecord(path, how(own ? found.value : { schemaVersion: 1, runId }));
}
