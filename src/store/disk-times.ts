/** 300 years: sums of such times are still dates, and a limit as long is none. */
export const LONGEST_MS = 1e13;

/** What the schemas let pass and no date can hold: found out here, it harms no other agent. */
export class ImpossibleTime extends Error {}

/** @throws {ImpossibleTime} */
export function instantOf(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new ImpossibleTime(`there is no ${text}`);
  return ms;
}

/** @throws {ImpossibleTime} */
export function uptimeOf(seconds: number): number {
  const ms = Math.round(seconds * 1000);
  if (ms > LONGEST_MS) throw new ImpossibleTime(`an uptime of ${seconds} s cannot be`);
  return ms;
}
