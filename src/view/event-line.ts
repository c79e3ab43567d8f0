import { visible } from './visible.ts';

interface Told {
  at: string;
  event: string;
  name: string;
  cause: string | null;
  reason: string;
  result?: string | null | undefined;
}

/** An event for people: when, who, what, why. */
export function eventLine({ at, name, event, cause, reason, result }: Told): string {
  const what = [event, result ?? cause].filter(Boolean).join(' ');
  return visible(`${at.replace(/\.\d+Z$/, 'Z')}  ${name}  ${what}  ${reason}`);
}
