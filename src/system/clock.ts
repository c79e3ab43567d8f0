import { readFileSync, readlinkSync } from 'node:fs';
import type { Now, Place } from '../agent/evidence.ts';

/**
 * The time. Caps are counted in uptime, which includes suspend and does not move when somebody sets the clock
 * (a Node timer counts no suspend on Linux; /proc/uptime does).
 */
export function now(): Now {
  return { wallMs: wallMs(), uptimeMs: uptimeMs() };
}

/** Milliseconds since the epoch: for people, and for the times of files. */
export function wallMs(): number {
  return Date.now();
}

/** Milliseconds since boot: for deadlines. */
export function uptimeMs(): number {
  const text = readFileSync('/proc/uptime', 'utf8');
  return Math.round(Number(text.slice(0, text.indexOf(' '))) * 1000);
}

/** Milliseconds since boot, suspend excluded (CLOCK_MONOTONIC): the same clock in every process. */
export function awakeMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

/** Milliseconds of suspend since boot, give or take what lies between reading the two clocks. */
export function asleepMs(): number {
  return uptimeMs() - awakeMs();
}

let place: Place | undefined;

/** Which boot of which machine this is, and which pid namespace: pids from elsewhere mean nothing here. */
export function here(): Place {
  place ??= {
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    pidNamespace: readlinkSync('/proc/self/ns/pid'),
  };
  return place;
}

/** Resolves after `ms`; for polling only, never for a deadline of an agent. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
  });
}

/** Resolves once what has come meanwhile, signals too, was heard. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
