// Builds dist/: the command and the library, a file each, the large packages that only some calls need, and the licences
// of what is bundled.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

/** Packages that are loaded when they are called, each a file of its own; always with `await import()`. */
const APART = ['execa', 'ignore', 'pino', 'prom-client', 'yargs'];
/** The same for what draws with React, which must be one for it and for Ink. */
const TOP = 'src/view/top/app.tsx';

const common = {
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none', // all of them are in LICENSES.txt
  metafile: true,
  write: false, // a build that fails leaves the last one as it was
  // What bundled CommonJS modules expect to find.
  banner: {
    js: "import{createRequire as agentctlRequire}from'node:module';const require=agentctlRequire(import.meta.url),__filename=import.meta.filename;",
  },
};
const apart = {
  name: 'apart',
  setup: ({ onResolve }) => {
    onResolve({ filter: new RegExp(`^(${APART.join('|')})$`) }, ({ path, kind, importer }) => {
      if (kind === 'dynamic-import') return { path: `./packages/${path}.js`, external: true };
      return { errors: [{ text: `${importer} must load ${path} with import()` }] };
    });
    onResolve({ filter: /\/top\/app\.tsx$/ }, () => ({ path: './packages/top.js', external: true }));
  },
};
const builds = await Promise.all([
  // Not split: to load twenty to forty small files costs more than to read past the commands that are not called.
  // What is imported with `import()` is still not run before.
  // The command is CommonJS, which node starts faster, and all ASCII, which it reads faster.
  build({
    ...common,
    entryPoints: ['src/main.ts'],
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    banner: {
      js: 'const importApart=(path)=>require("./import.cjs")(path),ownUrl=require("node:url").pathToFileURL(__filename).href;',
    },
    define: { 'import.meta.url': 'ownUrl' },
    plugins: [apart],
  }),
  build({ ...common, entryPoints: ['src/index.ts'], plugins: [apart] }),
  build({
    ...common,
    entryPoints: { 'packages/top': TOP },
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' },
    external: ['*/devtools.js'], // only with DEV, and not installed
  }),
  build({ ...common, entryPoints: Object.fromEntries(APART.map((name) => [`packages/${name}`, name])) }),
]);
rmSync('dist', { recursive: true, force: true });
for (const { path, contents, text } of builds.flatMap(({ outputFiles }) => outputFiles)) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, path.endsWith('main.cjs') ? withoutImport(text) : contents);
}
writeFileSync('dist/import.cjs', 'module.exports = (path) => import(path);\n');
writeFileSync('dist/LICENSES.txt', licences(builds.flatMap(({ metafile }) => Object.keys(metafile.inputs))));

/** A script that V8 takes from what was compiled before has no import() of its own. */
function withoutImport(text) {
  const without = text.replaceAll('await import("', 'await importApart("');
  if (/\bimport\(/.test(without)) throw new Error('main.cjs has an import() that is not awaited at once');
  return without;
}

/** The licence text of every package that has a file in the bundle, which most licences ask for. */
function licences(inputs) {
  const folders = new Set(inputs.map((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0]));
  return [...folders]
    .filter((folder) => folder !== undefined)
    .sort()
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
      const text = file && existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8').trim() : license;
      return `${name} ${version} (${license})\n\n${text}\n`;
    })
    .join(`\n${'-'.repeat(72)}\n\n`);
}
