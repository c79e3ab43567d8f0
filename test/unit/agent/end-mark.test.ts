import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { endMark } from '../../../src/agent/end-mark.ts';

describe('the end mark', () => {
  test('is an OSC sequence that carries the run id and is closed', () => {
    expect(endMark('run00001')).toBe('\x1b]7770;run00001\x1b\\');
  });

  test('is what the wrapper prints', () => {
    const wrapper = readFileSync(new URL('../../../bin/agent-wrapper', import.meta.url), 'utf8');
    const printed = /^printf '(\\033\].*)' "\$run"/m.exec(wrapper)?.[1] ?? '';
    const bytes = printed.replaceAll('\\033', '\x1b').replaceAll('\\\\', '\\').replace('%s', 'run00001');
    expect(bytes).toBe(endMark('run00001'));
  });
});
