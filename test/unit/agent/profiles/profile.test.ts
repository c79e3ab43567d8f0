import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BUILT_IN, type Profile, promptWords } from '../../../../src/agent/profiles/profile.ts';
import { DIALECTS } from '../../../../src/agent/reports/dialects.ts';

const profile = (prompt: string[]): Profile => ({ command: ['x'], agent: null, prompt, env: {}, install: '' });

test.each<[string, string, string[]]>([
  ['claude', 'fix it', ['--', 'fix it']],
  ['codex', 'fix it', ['--', 'fix it']],
  ['gemini', 'fix it', ['--prompt-interactive=fix it']],
  ['opencode', 'fix it', ['--prompt=fix it']],
  // What looks like an option must not be taken for one.
  ['claude', '--version', ['--', '--version']],
  ['gemini', '-x', ['--prompt-interactive=-x']],
])('%s is given the prompt %j as %j', (name, prompt, words) => {
  expect(promptWords(BUILT_IN[name] as Profile, prompt)).toEqual(words);
});

test.each<[string, string[], string, string[]]>([
  ['stands wherever it is named', ['a {prompt} b {prompt}', '{prompt}'], 'x', ['a x b x', 'x']],
  ['is not looked through for itself', ['{prompt}'], '{prompt}', ['{prompt}']],
  ['has no words of its own for what it replaces', ['<{prompt}>'], "$& $1 $$ $` $'", ["<$& $1 $$ $` $'>"]],
  ['may have several lines', ['--', '{prompt}'], 'a\nb\n', ['--', 'a\nb\n']],
  ['is left out where no word names it', ['--go'], 'x', ['--go']],
])('the prompt %s', (_, prompt, text, words) => {
  expect(promptWords(profile(prompt), text)).toEqual(words);
});

test('the prompt comes through as it is, whatever it is', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(promptWords(profile(['--', '{prompt}']), text)).toEqual(['--', text]);
    }),
  );
});

test('the events of every built-in profile are understood', () => {
  for (const { agent } of Object.values(BUILT_IN)) expect(Object.keys(DIALECTS)).toContain(agent);
});
