import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

interface Installed {
  /** What these tests are known to pass with; a newer one is tried by changing the version. */
  npmPackage: string;
  version: string;
  /** Where its program may be: install scripts are off in this project, so that nothing has copied it out of its package. */
  places: readonly string[];
  program: string;
}

const PLATFORM = `${process.platform}-${process.arch}`;
const RUST_TARGET = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-unknown-linux-musl`;

const CLAUDE: Installed = {
  npmPackage: '@anthropic-ai/claude-code',
  version: '2.1.330',
  places: [PLATFORM, `${PLATFORM}-musl`].map((suffix) => `@anthropic-ai/claude-code-${suffix}`),
  program: 'claude',
};
const CODEX: Installed = {
  npmPackage: '@openai/codex',
  version: '0.169.0',
  places: [`@openai/codex-${PLATFORM}/vendor/${RUST_TARGET}/bin`],
  program: 'codex',
};

const AGENTS_DIR = join(import.meta.dirname, '../../.agents');

/** The folders that hold the programs `claude` and `codex`, for PATH. */
export function agentDirs(): string[] {
  return [CLAUDE, CODEX].map(folderOf);
}

/** vitest's global set-up: installs the agents once, each in a folder of its own that git ignores. */
export default function installAgents(): void {
  for (const agent of [CLAUDE, CODEX]) {
    if (!existsSync(installFolder(agent))) install(agent);
    folderOf(agent);
  }
}

function folderOf(agent: Installed): string {
  const modules = join(installFolder(agent), 'node_modules');
  const found = agent.places.map((place) => join(modules, place)).find((dir) => existsSync(join(dir, agent.program)));
  if (!found) throw new Error(`${agent.npmPackage} ${agent.version} has no program for ${PLATFORM} in ${modules}`);
  return found;
}

function installFolder({ npmPackage, version }: Installed): string {
  return join(AGENTS_DIR, `${npmPackage.replace(/^@/, '').replace('/', '-')}-${version}`);
}

function install(agent: Installed): void {
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
    execFileSync('npm', ['install', '--prefix', fresh, ...options, `${agent.npmPackage}@${agent.version}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    rename(fresh, installFolder(agent));
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** A run beside this one may have been quicker; its folder is as good. */
function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
  }
}
