import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';

/** Whether systemd keeps the user's services and processes when nobody of that name is logged in (loginctl(1)). */
export function lingers(user = userInfo().username): boolean {
  return existsSync(join('/var/lib/systemd/linger', user));
}
