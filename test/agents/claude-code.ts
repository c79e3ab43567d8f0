import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** What these tests are known to pass with; a newer one is tried by changing this line. */
const VERSION = '2.1.330';

const AGENTS_DIR = join(import.meta.dirname, '../../.agents');
const INSTALLED = join(AGENTS_DIR, `claude-code-${VERSION}`);

/** The folder that holds the program `claude`, for PATH. */
export function claudeCodeDir(): string {
  const platform = `${process.platform}-${process.arch}`;
  // Install scripts are off in this project, so that nothing has copied the program out of its platform's package.
  const candidates = [platform, `${platform}-musl`].map((suffix) =>
    join(INSTALLED, `node_modules/@anthropic-ai/claude-code-${suffix}`),
  );
  const found = candidates.find((dir) => existsSync(join(dir, 'claude')));
  if (!found) throw new Error(`Claude Code ${VERSION} has no program for ${platform} in ${INSTALLED}`);
  return found;
}

/** vitest's global set-up: installs Claude Code once, in a folder of its own that git ignores. */
export default function installClaudeCode(): void {
  if (!existsSync(INSTALLED)) {
    mkdirSync(AGENTS_DIR, { recursive: true });
    // Renamed when whole, so that an interrupted install never passes for an installed one.
    const fresh = mkdtempSync(join(AGENTS_DIR, '.new-'));
    try {
      const options = [
        '--no-save',
        '--no-package-lock',
        '--ignore-scripts',
        '--no-audit',
        '--no-fund',
        '--loglevel=error',
      ];
      execFileSync('npm', ['install', '--prefix', fresh, ...options, `@anthropic-ai/claude-code@${VERSION}`], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      rename(fresh, INSTALLED);
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
  }
  claudeCodeDir();
}

/** A run beside this one may have been quicker; its folder is as good. */
function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
  }
}
