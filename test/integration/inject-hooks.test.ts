// How hooks are put in beside those that the user has, by files as they lie in his home.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'smol-toml';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Injection, injectHooks } from '../../src/lifecycle/inject-hooks.ts';
import { AGENTCTL } from '../fixtures/workbench.ts';

const REPORT = join(dirname(AGENTCTL), 'agent-report');

class Home {
  readonly dir = realpathSync(mkdtempSync(join(tmpdir(), 'agentctl-home-')));
  readonly env: Record<string, string> = { HOME: this.dir };

  constructor() {
    onTestFinished(() => rmSync(this.dir, { recursive: true, force: true }));
  }

  file(path: string, text: string): void {
    mkdirSync(dirname(join(this.dir, path)), { recursive: true });
    writeFileSync(join(this.dir, path), text);
  }

  inject(agent: string, ...own: string[]): Injection {
    return injectHooks(agent, own, { report: REPORT, directory: '/state/agents/a', cwd: this.dir, env: this.env });
  }
}

describe('codex', () => {
  /** The words that ours calls, after it has stored the event. */
  function called({ words }: Injection): unknown {
    const { notify } = parse(words[1] ?? '') as { notify: string[] };
    expect(notify.slice(0, 2)).toEqual(['sh', '-c']);
    expect(notify.slice(3, 5)).toEqual([REPORT, 'codex']);
    return notify.slice(5);
  }

  test.each<[string, Record<string, string>, string[], string[]]>([
    ['nothing where he has none', {}, [], []],
    [
      'his of config.toml',
      { '.codex/config.toml': 'notify = ["his", "a \\"b\\""]\n[x]\ny = 1\n' },
      [],
      ['his', 'a "b"'],
    ],
    [
      'his of the profile that he names',
      { '.codex/config.toml': 'notify = ["his"]', '.codex/work.config.toml': 'notify = ["at work"]' },
      ['-p', 'work'],
      ['at work'],
    ],
    [
      'his of config.toml where his profile has none',
      { '.codex/config.toml': 'notify = ["his"]' },
      ['-p', 'x'],
      ['his'],
    ],
    ['what he gives for the launch', { '.codex/config.toml': 'notify = ["his"]' }, ['-c', 'notify=["now"]'], ['now']],
    ['nothing where he switches it off', { '.codex/config.toml': 'notify = ["his"]' }, ['-c', 'notify=[]'], []],
    ['nothing of a file that is no TOML: Codex itself complains', { '.codex/config.toml': 'notify = [' }, [], []],
    ['what he gives for the launch in one word', {}, ['-cnotify=["now"]'], ['now']],
    ['nothing of what is no list', { '.codex/config.toml': 'notify = "his"' }, [], []],
  ])('ours calls %s', (_, files, words, own) => {
    const home = new Home();
    for (const [path, text] of Object.entries(files)) home.file(path, text);
    const injection = home.inject('codex', ...words, '-m', 'x', '--', '-c', 'notify=["a prompt"]');
    expect(called(injection)).toEqual(own);
    const left = words[0]?.startsWith('-c') ? [] : words;
    expect(injection.left).toEqual([...left, '-m', 'x', '--', '-c', 'notify=["a prompt"]']);
  });

  test('CODEX_HOME is where his is', () => {
    const home = new Home();
    home.env.CODEX_HOME = join(home.dir, 'elsewhere');
    home.file('elsewhere/config.toml', 'notify = ["his"]');
    expect(called(home.inject('codex'))).toEqual(['his']);
  });

  test('his is called with the event as the last word', () => {
    const home = new Home();
    home.file(
      '.codex/config.toml',
      `notify = ["sh", "-c", "printf '%s|' \\"$@\\" >'${home.dir}/called'", "his", "with a word"]`,
    );
    const { notify } = parse(home.inject('codex').words[1] ?? '') as { notify: string[] };
    const [program = '', ...words] = notify;
    expect(spawnSync(program, [...words, '{"type":"x"}'], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(readFileSync(join(home.dir, 'called'), 'utf8')).toBe('with a word|{"type":"x"}|');
  });
});

describe('claude', () => {
  test.each<[string, string[], string[]]>([
    ['in two words', ['--settings', 'own.json', '--verbose'], ['--verbose']],
    ['in one', ['--settings=own.json'], []],
    ['as JSON', ['--settings', '{"model":"opus"}'], []],
    ['twice, of which the last counts', ['--settings', '{"model":"no"}', '--settings', 'own.json'], []],
  ])('takes settings into ours that are given %s', (_, words, left) => {
    const home = new Home();
    home.file('own.json', '{"model":"opus"}');
    const { files, left: rest, words: ours } = home.inject('claude', ...words, '--', '--settings');
    expect(ours).toEqual(['--settings', '/state/agents/a/settings.json']);
    expect(rest).toEqual([...left, '--', '--settings']);
    expect(JSON.parse(files['settings.json'] as string)).toMatchObject({ model: 'opus', hooks: { Stop: [{}] } });
  });
});

test('permissions of a settings file mean what they meant where it lies', () => {
  const home = new Home();
  home.file(
    'his/own.json',
    '{"permissions":{"deny":["Read(/secret/**)","Read(//etc/x)","Bash"],"defaultMode":"plan"}}',
  );
  const settings = JSON.parse(home.inject('claude', '--settings', 'his/own.json').files['settings.json'] as string);
  expect(settings.permissions).toEqual({
    deny: [`Read(/${home.dir}/his/secret/**)`, 'Read(//etc/x)', 'Bash'],
    defaultMode: 'plan',
  });
});

describe('gemini', () => {
  test('has a home of links to the user’s own, and one more extension', () => {
    const home = new Home();
    home.file('.gemini/settings.json', '{}');
    home.file('.gemini/extensions/his/gemini-extension.json', '{}');
    const { env, files, words } = home.inject('gemini', '--model', 'x');
    expect(words).toEqual([]);
    expect(env).toEqual({
      GEMINI_CLI_HOME: '/state/agents/a/gemini',
      GEMINI_CLI_TRUSTED_FOLDERS_PATH: join(home.dir, '.gemini', 'trustedFolders.json'),
    });
    // The home of an agent that spawns this one: what is ours there is not linked, and the rest leads to where it really is.
    home.env.GEMINI_CLI_HOME = join(home.dir, 'shadow');
    home.file('shadow/.gemini/extensions/agentctl/gemini-extension.json', '{}');
    symlinkSync(join(home.dir, '.gemini', 'settings.json'), join(home.dir, 'shadow', '.gemini', 'settings.json'));
    const nested = home.inject('gemini').files;
    expect(nested['gemini/.gemini/settings.json']).toEqual({ linkTo: join(home.dir, '.gemini', 'settings.json') });
    expect(nested['gemini/.gemini/extensions/agentctl']).toBeUndefined();

    expect(files['gemini/.gemini/settings.json']).toEqual({ linkTo: join(home.dir, '.gemini', 'settings.json') });
    expect(files['gemini/.gemini/extensions/his']).toEqual({ linkTo: join(home.dir, '.gemini', 'extensions', 'his') });
    const hooks = JSON.parse(files['gemini/.gemini/extensions/agentctl/hooks/hooks.json'] as string);
    expect(hooks.hooks.AfterAgent[0].hooks[0].command).toContain(REPORT);
  });
});

describe('opencode', () => {
  const plugin = pathToFileURL(join(dirname(REPORT), 'opencode-plugin.mjs')).href;

  test.each<[string, string | undefined, object]>([
    ['nothing', undefined, { plugin: [plugin] }],
    ['another plugin', '{"plugin":["his"],"model":"x"}', { plugin: ['his', plugin], model: 'x' }],
    ['nothing but a space', ' ', { plugin: [plugin] }],
  ])('has one plugin more where the variable holds %s', (_, own, config) => {
    const home = new Home();
    if (own !== undefined) home.env.OPENCODE_CONFIG_CONTENT = own;
    expect(JSON.parse(home.inject('opencode').env.OPENCODE_CONFIG_CONTENT ?? '')).toEqual(config);
  });

  test.each(['// his own\n{}', '[]', '3'])('is not put in where the variable holds what cannot be kept: %s', (own) => {
    const home = new Home();
    home.env.OPENCODE_CONFIG_CONTENT = own;
    expect(() => home.inject('opencode')).toThrow(/^OPENCODE_CONFIG_CONTENT holds no JSON object: /);
  });

  test('is passed on in order by the plugin, a repeated status once, and waited for at its end', async () => {
    const home = new Home();
    const agent = join(home.dir, 'agents', 'a');
    home.file('agents/a/started.json', '{"schemaVersion":1,"runId":"run00001"}\n');
    mkdirSync(join(agent, 'reports'));
    const script = `
      const { agentctl } = await import(${JSON.stringify(plugin)});
      const { event, dispose } = await agentctl();
      const status = (type) => event({ event: { type: 'session.status', properties: { sessionID: 's', status: { type } } } });
      await event({ event: { type: 'session.created', properties: { info: { id: 's' } } } });
      for (const type of ['busy', 'busy', 'idle']) await status(type);
      await event({ event: { type: 'message.updated', properties: {} } });
      await event({ event: { type: 'session.idle', properties: { sessionID: 's' } } });
      await dispose();
      const { readdirSync, readFileSync } = await import('node:fs');
      for (const file of readdirSync(process.argv[1]).sort()) {
        const { event } = JSON.parse(readFileSync(process.argv[1] + '/' + file, 'utf8'));
        console.log(file.replace(/^[^-]*-[0-9]*/, ''), event.type, event.properties.status?.type ?? '');
      }`;
    const env = { ...process.env, AGENTCTL_STATE_DIR: home.dir, AGENTCTL_NAME: 'a', AGENTCTL_RUN_ID: 'run00001' };
    const argv = ['--input-type=module', '-e', script, join(agent, 'reports')];
    const { stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8', env });
    expect(stderr).toBe('');
    expect(stdout.trim().split('\n')).toEqual([
      '-session.opencode session.created ',
      '.opencode session.status busy',
      '.opencode session.status idle',
      '.opencode session.idle',
    ]);
  });
});

test('who reports nothing has nothing put in', () => {
  expect(new Home().inject('', '--x')).toEqual({ words: [], left: ['--x'], env: {}, files: {} });
});
