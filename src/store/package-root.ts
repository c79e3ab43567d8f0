import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

let root: string | undefined;

/** The folder of the installed package (or the checkout): where bin/ and schemas/ are. */
export function packageRoot(): string {
  if (root !== undefined) return root;
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'bin', 'agent-wrapper'))) {
    const above = dirname(folder);
    if (above === folder)
      throw new Error('bin/agent-wrapper is missing from this installation: install agentctl again');
    folder = above;
  }
  root = folder;
  return folder;
}

/** This agentctl's version. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }).version;
}

/** A text file of the package, by its path there. */
export function readShipped(path: string): string {
  return readFileSync(join(packageRoot(), path), 'utf8');
}
