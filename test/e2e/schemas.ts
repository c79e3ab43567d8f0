import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';

/** What does not fit a schema of schemas/, as Ajv puts it; empty when everything does. */
export function misfits(
  schema: 'agent' | 'list' | 'info' | 'doctor' | 'stats' | 'manager-status' | 'profiles',
  data: unknown,
): string[] {
  // Compiled from the published files, not from the generated validators, which agentctl itself uses.
  const ajv = new Ajv2020({ allErrors: true });
  if (schema !== 'agent') ajv.addSchema(read('agent'), 'agent.schema.json');
  const validate = ajv.compile(read(schema));
  validate(data);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

function read(name: string): object {
  return JSON.parse(
    readFileSync(fileURLToPath(new URL(`../../schemas/${name}.schema.json`, import.meta.url)), 'utf8'),
  ) as object;
}
