import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

/** What does not fit a schema of schemas/, as Ajv puts it; empty when everything does. */
export function misfits(
  schema:
    | 'agent'
    | 'list'
    | 'info'
    | 'doctor'
    | 'stats'
    | 'manager-status'
    | 'profiles'
    | 'settings'
    | 'event'
    | 'foreign'
    | 'service-status'
    | 'prune'
    | 'postmortem'
    | 'audit',
  data: unknown,
): string[] {
  const validate = compiled.get(schema) ?? compile(schema);
  compiled.set(schema, validate);
  validate(data);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** It takes longer than hundreds of validations. */
const compiled = new Map<string, ValidateFunction>();

function compile(schema: string): ValidateFunction {
  // Compiled from the published files, not from the generated validators, which agentctl itself uses.
  const ajv = new Ajv2020({ allErrors: true });
  ajv.addSchema(read('sample'), 'sample.schema.json'); // what an agent has of its use
  if (schema !== 'agent') ajv.addSchema(read('agent'), 'agent.schema.json');
  return ajv.compile(read(schema));
}

function read(name: string): object {
  return JSON.parse(
    readFileSync(fileURLToPath(new URL(`../../schemas/${name}.schema.json`, import.meta.url)), 'utf8'),
  ) as object;
}
