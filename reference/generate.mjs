// Generates man/ and completions/ from the commands. `--check` writes nothing and fails when what is committed is stale.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { reference } = await bundled('reference/reference.ts');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const stale = Object.entries(await reference(version)).filter(([file, text]) => current(file) !== text);
if (process.argv.includes('--check')) {
  if (stale.length > 0) {
    console.error(`stale: ${stale.map(([file]) => file).join(', ')}; run "npm run generate"`);
    process.exit(1);
  }
} else {
  for (const [file, text] of stale) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
}

/** The oldest Node that we run on reads no TypeScript. */
async function bundled(entry) {
  const folder = mkdtempSync(join(tmpdir(), 'agentctl-reference-'));
  try {
    const outfile = join(folder, 'reference.mjs');
    await build({
      absWorkingDir: root,
      entryPoints: [entry],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      external: ['*.tsx'], // never called here
      banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
      logLevel: 'error',
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function current(file) {
  try {
    return readFileSync(join(root, file), 'utf8');
  } catch {
    return undefined;
  }
}
