import type { Event } from '../store/generated/types.ts';
import { visible } from './visible.ts';

/** An event for people: when, who, what, why. */
export function eventLine({ at, name, event, cause, reason, result }: Event): string {
  const what = [event, result ?? cause].filter(Boolean).join(' ');
  return visible(`${at.replace(/\.\d+Z$/, 'Z')}  ${name}  ${what}  ${reason}`);
}
