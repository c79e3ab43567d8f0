// Fails when npm knows a high or critical weakness in a package that is bundled into dist. `npm audit --omit=dev` would
// look at nothing: whatever we ship is bundled, so to npm every dependency is one of development.
import { spawnSync } from 'node:child_process';
import { build } from 'esbuild';

const { metafile } = await build({
  entryPoints: ['src/main.ts', 'src/index.ts'],
  bundle: true,
  write: false,
  metafile: true,
  platform: 'node',
  format: 'esm',
  outdir: 'dist',
  logLevel: 'error',
  external: ['*/devtools.js'], // as in build.mjs
});
const shipped = new Set(Object.keys(metafile.inputs).map(packageFolder).filter(Boolean));

const { stdout } = spawnSync('npm', ['audit', '--json'], { encoding: 'utf8', timeout: 60_000 });
const { vulnerabilities } = parse(stdout);
if (!vulnerabilities) {
  console.log(`the registry did not answer the audit, so ${shipped.size} bundled packages went unchecked`);
  process.exit(0);
}

const findings = Object.values(vulnerabilities).filter(
  ({ severity, nodes }) => ['high', 'critical'].includes(severity) && nodes.some((folder) => shipped.has(folder)),
);
for (const { name, severity, range } of findings) console.error(`${name} ${range}: ${severity}; see "npm audit"`);
console.log(`${shipped.size} bundled packages, ${findings.length} with findings of severity high or critical`);
process.exit(findings.length > 0 ? 1 : 0);

function packageFolder(input) {
  return input.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0];
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
