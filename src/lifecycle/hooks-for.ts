import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InvalidInput } from '../agent/invalid-input.ts';
import { claudeSettings } from '../agent/profiles/claude.ts';
import { codexConfig } from '../agent/profiles/codex.ts';
import { geminiSettings } from '../agent/profiles/gemini.ts';
import { packageRoot } from '../store/package-root.ts';

/**
 * What makes an agent report, for the user's own settings.
 *
 * @throws {InvalidInput} for an agent of which no hooks are known.
 */
export function hooksFor(agent: string): string {
  const report = join(packageRoot(), 'bin', 'agent-report');
  const texts: Readonly<Record<string, () => string>> = {
    claude: () => JSON.stringify(claudeSettings(report), null, 2),
    codex: () => codexConfig(report),
    gemini: () => JSON.stringify(geminiSettings(report), null, 2),
    opencode: () => opencodePlugin(report),
  };
  const text = Object.hasOwn(texts, agent) ? texts[agent] : undefined;
  if (text === undefined) {
    throw new InvalidInput(
      `hooks: ${JSON.stringify(agent)} is none of ${Object.keys(texts).join(', ')}: for others, let the agent call "agentctl done"`,
    );
  }
  return text();
}

/** As a file of the user's own, which does not lie beside agent-report. */
function opencodePlugin(report: string): string {
  const text = readFileSync(join(dirname(report), 'opencode-plugin.mjs'), 'utf8');
  return text
    .replace("fileURLToPath(new URL('./agent-report', import.meta.url))", () => JSON.stringify(report))
    .replace("import { fileURLToPath } from 'node:url';\n", '');
}
