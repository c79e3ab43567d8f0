// Generates src/store/generated/ from the schemas beside this file: one TypeScript file of types, and one module of
// precompiled validators for the records that are read from disk (compiling at run time would cost 47 ms a command).
// `--check` writes nothing and fails when what is committed is stale.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import standaloneModule from 'ajv/dist/standalone/index.js';
import { compile } from 'json-schema-to-typescript';

const standalone = standaloneModule.default;
const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, '..', 'src', 'store', 'generated');
const READ_FROM_DISK = [
  'spec',
  'started',
  'exit',
  'orders',
  'report',
  'activity',
  'sample',
  'verdict',
  'postmortem',
  'manager',
  'look',
  'removed',
  'config',
  'batch',
];

const schemas = readdirSync(here)
  .filter((file) => file.endsWith('.schema.json'))
  .sort()
  .map((file) => ({ file, schema: JSON.parse(readFileSync(join(here, file), 'utf8')) }));

const outputs = { 'types.ts': await types(), 'validators.js': validators(), 'validators.d.ts': declarations() };
const stale = Object.entries(outputs).filter(([file, text]) => current(file) !== text);
if (process.argv.includes('--check')) {
  if (stale.length > 0) {
    console.error(`stale: ${stale.map(([file]) => `src/store/generated/${file}`).join(', ')}; run "npm run generate"`);
    process.exit(1);
  }
} else {
  mkdirSync(target, { recursive: true });
  for (const [file, text] of stale) writeFileSync(join(target, file), text);
}

async function types() {
  // One wrapper schema, so that what two schemas share becomes one type.
  const all = {
    title: 'Schemas',
    type: 'object',
    additionalProperties: false,
    required: schemas.map(({ file }) => file.split('.')[0]),
    properties: Object.fromEntries(schemas.map(({ file }) => [file.split('.')[0], { $ref: file }])),
  };
  return compile(all, 'Schemas', {
    cwd: `${here}/`,
    bannerComment: '// Generated from schemas/ by schemas/generate.mjs; do not edit.',
    additionalProperties: true,
    style: { singleQuote: true, printWidth: 120 },
  });
}

function validators() {
  const ajv = new Ajv2020({ code: { source: true, esm: true }, strict: true, strictTypes: false, allErrors: false });
  const exported = {};
  for (const { file, schema } of schemas) {
    const name = file.split('.')[0];
    if (!READ_FROM_DISK.includes(name)) continue;
    ajv.addSchema(withoutProse(schema));
    exported[name] = schema.$id;
  }
  const code = standalone(ajv, exported);
  // Standalone ESM still calls require for some keywords (minLength, const objects …): say so here, not in the bundle.
  if (/\brequire\(/.test(code)) throw new Error('a schema uses a keyword that needs require() at run time');
  return `// Generated from schemas/ by schemas/generate.mjs; do not edit.\n${code}\n`;
}

/** A validator holds its schema: what only people read in it is 70 kB that every command would load. */
function withoutProse(schema) {
  return JSON.parse(
    JSON.stringify(schema, (key, value) =>
      ['title', 'description'].includes(key) && typeof value === 'string' ? undefined : value,
    ),
  );
}

function declarations() {
  const rows = READ_FROM_DISK.map(
    (name) => `export declare const ${name}: Validator<${name[0].toUpperCase()}${name.slice(1)}>;`,
  );
  return `// Generated from schemas/ by schemas/generate.mjs; do not edit.
import type { ${READ_FROM_DISK.map((name) => name[0].toUpperCase() + name.slice(1)).join(', ')} } from './types.ts';

export interface Validator<T> {
  (data: unknown): data is T;
  errors: { instancePath: string; message?: string }[] | null;
}
${rows.join('\n')}
`;
}

function current(file) {
  try {
    return readFileSync(join(target, file), 'utf8');
  } catch {
    return undefined;
  }
}
