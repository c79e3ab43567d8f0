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
    | 'audit'
    | 'batch-result',
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
  // What others are made of.
  for (const part of ['agent', 'sample']) if (schema !== part) ajv.addSchema(read(part), `${part}.schema.json`);
  return ajv.compile(read(schema));
}

function read(name: string): object {
  return JSON.parse(
    readFileSync(fileURLToPath(new URL(`../../schemas/${name}.schema.json`, import.meta.url)), 'utf8'),
  ) as object;
}
