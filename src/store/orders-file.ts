import { join } from 'node:path';
import type { Now } from '../agent/evidence.ts';
import { isDiskFull } from '../errors.ts';
import type { Orders } from './generated/types.ts';
import * as validators from './generated/validators.js';
import { readRecord } from './record-file.ts';
import { replaceRecord } from './write-record.ts';

/**
 * Puts down that somebody wants the agent to stop. The newest order counts, so that a second one can be less patient.
 * On a full disk nothing is put down, and whoever orders must carry the order on.
 */
export function orderStop(directory: string, runId: string, order: { at: Now; killAfterMs: number; by: string }): void {
  const path = join(directory, 'orders.json');
  const found = readRecord(path, validators.orders);
  // Another run's may stand here: one that was written as this one took over the name. It must not outlive this order.
  const own = found.state === 'there' && found.value.runId === runId;
  const orders: Orders = own ? found.value : { schemaVersion: 1, runId };
  const stop = {
    at: new Date(order.at.wallMs).toISOString(),
    uptimeSeconds: order.at.uptimeMs / 1000,
    killAfterSeconds: order.killAfterMs / 1000,
    by: order.by,
  };
  try {
    replaceRecord(path, { ...orders, stop });
  } catch (error) {
    if (!isDiskFull(error)) throw error;
  }
}
