import { describe, expect, test } from 'vitest';
import { claudeSettings, withHooks } from '../../../../src/agent/profiles/claude.ts';
import { hookCommand } from '../../../../src/agent/profiles/hook-commands.ts';

const REPORT = '/opt/agentctl/bin/agent-report';
const OURS = claudeSettings(REPORT);
const EVENTS = Object.keys(OURS.hooks);
const his = { hooks: [{ type: 'command', command: 'say done' }] };

describe('the settings', () => {
  test('call agent-report for each event that decides, and for none that older versions lack', () => {
    expect(EVENTS.sort()).toEqual([
      'Notification',
      'PermissionRequest',
      'PostToolUse',
      'PostToolUseFailure',
      'PreToolUse',
      'SessionEnd',
      'SessionStart',
      'Stop',
      'StopFailure',
      'UserPromptSubmit',
    ]);
  });

  test.each<[string, 'session' | 'tool' | 'tooluse' | undefined]>([
    ['SessionStart', 'session'],
    ['SessionEnd', 'session'],
    ['PreToolUse', 'tooluse'],
    ['PostToolUse', 'tool'],
    ['PostToolUseFailure', 'tool'],
    ['UserPromptSubmit', undefined],
    ['Stop', undefined],
  ])('call it for %s with the tag %s', (event, tag) => {
    expect(OURS.hooks[event]).toEqual([
      { hooks: [{ type: 'command', command: hookCommand(REPORT, 'claude', tag), timeout: 10 }] },
    ]);
  });
});

describe("the user's own settings", () => {
  test.each<[string, Record<string, unknown>, object]>([
    ['that are empty become ours', {}, OURS],
    [
      'keep all that is not about hooks',
      { model: 'opus', env: { A: '1' } },
      { model: 'opus', env: { A: '1' }, ...OURS },
    ],
    [
      'keep a hook for an event that is not ours',
      { hooks: { PreCompact: [his] } },
      { hooks: { PreCompact: [his], ...OURS.hooks } },
    ],
    [
      'keep a hook for an event that is ours, before it',
      { hooks: { Stop: [his] } },
      { hooks: { ...OURS.hooks, Stop: [his, ...(OURS.hooks.Stop ?? [])] } },
    ],
    [
      'lose what is no list of hooks',
      { hooks: { Stop: 'say done', PreCompact: null } },
      { hooks: { ...OURS.hooks, PreCompact: [] } },
    ],
    ['lose what is no hooks at all', { hooks: 'none' }, OURS],
    ['lose hooks that are nothing', { hooks: null }, OURS],
  ])('%s', (_, own, merged) => {
    expect(withHooks(own, OURS)).toEqual(merged);
  });

  test('are not changed themselves', () => {
    const own = { hooks: { Stop: [his] } };
    withHooks(own, OURS);
    expect(own).toEqual({ hooks: { Stop: [his] } });
    expect(claudeSettings(REPORT)).toEqual(OURS);
  });
});
