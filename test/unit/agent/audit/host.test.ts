// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a shell and holes of a template are what is read
import { describe, expect, test } from 'vitest';
import { auditText } from '../../../../src/agent/audit/audit-text.ts';
import type { Language } from '../../../../src/agent/audit/finding.ts';

const found = (text: string, language: Language): string[] =>
  auditText(text, language).map(({ hazard, instead }) => `${hazard}: ${instead}`);

describe('Python', () => {
  test.each([
    [
      'subprocess.run(["tmux", "new-session", "-d", "-s", "a", "b c"])',
      "tmux-start: agentctl spawn -n a -- sh -c 'b c'",
    ],
    [
      'subprocess.run(["tmux", "new-session", "-d", "-s", name, *command])',
      'tmux-start: agentctl spawn -n {name} -- COMMAND',
    ],
    ['cmd = ["tmux", "kill-session", "-t", f"agent-{n}"]', 'tmux-kill: agentctl stop agent-{n}'],
    ['cmd = ["tmux", "new-session"] + rest', 'tmux-start: agentctl spawn -n NAME -- COMMAND'],
    ['run("tmux", "has-session", "-t", f"={self.name}", check=False)', 'tmux-probe: agentctl status {self.name}'],
    ['self._tmux("kill-session", "-t", self.name)', 'tmux-kill: agentctl stop {self.name}'],
    ['["ssh", host, "tmux", "has-session", "-t", "a"]', 'tmux-probe: agentctl status a'],
    ["os.popen('tmux ls').read()", 'tmux-probe: agentctl ps'],
    ['subprocess.run(f"tmux kill-session -t {name}".split())', 'tmux-kill: agentctl stop {name}'],
    ['subprocess.run(shlex.split("tmux kill-session -t %s" % name))', 'tmux-kill: agentctl stop NAME'],
    ['os.system("tmux kill-session "\n    "-t a")', 'tmux-kill: agentctl stop a'],
    ['os.system("""\ntmux kill-session -t a\n""")', 'tmux-kill: agentctl stop a'],
    ['ssh.exec_command("tmux kill-session -t a")', 'tmux-kill: agentctl stop a'],
    ['subprocess.run(["bash", "-c", f"tmux kill-session -t {n}"])', 'tmux-kill: agentctl stop {n}'],
    ['TMUX_KILL = "tmux kill-session -t a"', 'tmux-kill: agentctl stop a'],
    ['subprocess.run(["grep", "-q", "DONE", f"{name}.log"])', 'log-grep: agentctl wait NAME'],
    ['with open(log_file) as f:\n    if "DONE" in f.read(): pass', 'log-grep: agentctl wait NAME'],
    ['for line in open("a.log"):\n    if line.startswith("DONE"): pass', 'log-grep: agentctl wait NAME'],
    ['text = open("a.log").read()\nif re.search(r"exit code \\d", text): pass', 'log-grep: agentctl wait NAME'],
    [
      'r = subprocess.run("make | tee log", shell=True)\nprint(r.returncode)',
      'tee-exit-code: agentctl run -n NAME -- make',
    ],
    ['code = os.system("make | tee log")', 'tee-exit-code: agentctl run -n NAME -- make'],
    ['run(x, timeout=86400)', 'long-timeout: --max-runtime 1h'],
    ['run(x, timeout=24 * 3600)', 'long-timeout: --max-runtime 1h'],
    ['subprocess.run(x, timeout=20000)', 'long-timeout: --max-runtime 1h'],
    ['run(x, timeout_ms=86_400_000)', 'long-timeout: --max-runtime 1h'],
    ['run(x, timeout=timedelta(minutes=1440))', 'long-timeout: --max-runtime 1h'],
    ['TIMEOUT = int(os.environ.get("TIMEOUT", "86400"))', 'long-timeout: --max-runtime 1h'],
    ['deadline = time.time() + 86400', 'long-timeout: --max-runtime 1h'],
    ['def run(x, timeout: float = 86400): pass', 'long-timeout: --max-runtime 1h'],
    ['signal.alarm(86400)', 'long-timeout: --max-runtime 1h'],
    ['@timeout(86400)\ndef f(): pass', 'long-timeout: --max-runtime 1h'],
  ])('%s', (text, finding) => {
    expect(found(text, 'python')).toEqual([finding]);
  });

  test.each([
    'print("tmux kill-session -t a")',
    'logger.warning("tmux kill-session -t %s", name)',
    'raise TmuxError("tmux kill-session -t a")',
    '"""tmux kill-session -t a"""',
    'def f():\n    """\n    tmux kill-session -t a\n    """\n    return 1',
    'class A:\n    "tmux kill-session -t a"',
    '# os.system("tmux kill-session -t a")',
    'p.add_argument("-k", help="tmux kill-session -t a; sleep 86400")',
    'if cmd == ["tmux", "kill-session", "-t", "a"]: pass',
    'assert run.calls == [["tmux", "kill-session", "-t", "a"]]',
    'mock.assert_called_once_with(["tmux", "kill-session", "-t", "a"])',
    'NAMES = {"tmux kill-session -t a": 1}',
    'shutil.which("tmux", path=p)',
    'subprocess.run(["tmux", "-V"])',
    'subprocess.run(["tmux", "send-keys", "-t", "a", "b"])',
    'error = "tmux kill-session failed"',
    'subprocess.run("make | tee log", shell=True)',
    'text = open("notes.md").read()\n"DONE" in text',
    '"DONE" in statuses',
    'cache.set("a", 1, timeout=86400)',
    'page.goto(url, timeout=60000)',
    'page.click(x, timeout=180000)',
    'CACHE_TTL = timedelta(hours=24)',
    'since = now - timedelta(hours=24)',
    'requests.get(url, timeout=30)',
    'time.sleep(86400)',
    'CACHES = {"default": {"BACKEND": "x", "TIMEOUT": 86400}}',
  ])('nothing in %s', (text) => {
    expect(found(text, 'python')).toEqual([]);
  });
});

describe('JavaScript', () => {
  test.each([
    ["spawn('tmux', ['new-session', '-d', '-s', name, 'a b'])", "tmux-start: agentctl spawn -n ${name} -- sh -c 'a b'"],
    ['execSync(`tmux kill-session -t ${name}`)', 'tmux-kill: agentctl stop ${name}'],
    ['execSync("tmux kill-session -t \'" + this.name + "\'")', 'tmux-kill: agentctl stop ${this.name}'],
    ['await execa`tmux kill-session -t ${name}`', 'tmux-kill: agentctl stop ${name}'],
    ["await $('tmux', ['has-session', '-t', 'a'])", 'tmux-probe: agentctl status a'],
    ["Bun.spawn(['tmux', 'kill-session', '-t', a])", 'tmux-kill: agentctl stop ${a}'],
    ["new Deno.Command('tmux', { args: ['kill-session', '-t', 'a'] })", 'tmux-kill: agentctl stop a'],
    ["this.tmux(['has-session', '-t', a])", 'tmux-probe: agentctl status ${a}'],
    ["const s = { command: 'tmux kill-session -t a' }", 'tmux-kill: agentctl stop a'],
    ["if (/DONE/.test(fs.readFileSync(logFile, 'utf8'))) x()", 'log-grep: agentctl wait NAME'],
    ["const t = await readFile('a.log', 'utf8');\nif (t.includes('DONE')) x()", 'log-grep: agentctl wait NAME'],
    ["execSync('make | tee log')", 'tee-exit-code: agentctl run -n NAME -- make'],
    ['run({ timeout: 86_400_000 })', 'long-timeout: --max-runtime 1h'],
    ['run({ timeout: 86400 })', 'long-timeout: --max-runtime 1h'],
    ['run({ timeoutMs: 24 * 60 * 60 * 1000 })', 'long-timeout: --max-runtime 1h'],
    ["run({ timeout: ms('24h') })", 'long-timeout: --max-runtime 1h'],
    ['run({ timeout: { hours: 24 } })', 'long-timeout: --max-runtime 1h'],
    ['const timeout = options.timeout ?? 86_400_000;', 'long-timeout: --max-runtime 1h'],
    ['const TIMEOUT_MINUTES: number = 1440;', 'long-timeout: --max-runtime 1h'],
    ['setTimeout(() => child.kill(), 86_400_000)', 'long-timeout: --max-runtime 1h'],
  ])('%s', (text, finding) => {
    expect(found(text, 'javascript')).toEqual([finding]);
  });

  test.each([
    "console.log('tmux kill-session -t a')",
    'throw new Error(`tmux kill-session -t ${a}`)',
    "// execSync('tmux kill-session -t a')",
    "/* execSync('tmux kill-session -t a') */",
    "expect(spawn).toHaveBeenCalledWith('tmux', ['kill-session', '-t', 'a'])",
    "if (args[0] === 'kill-session') x()",
    "const usage = 'tmux kill-session -t a'",
    "spawn('tmux', ['attach', '-t', a])",
    'const re = /tmux kill-session -t "a/; x("b")',
    "agentctl('tmux', ['kill-session', '-t', 'a'])",
    "lines.includes('DONE')",
    "log.info('DONE')",
    'setTimeout(refresh, 86_400_000)',
    'setInterval(() => kill(), 86_400_000)',
    'const cache = { timeout: 86_400_000 }',
    'cookies.set({ maxAge: 86_400 })',
    'run({ timeout: 30_000 })',
    'run({ timeout: 180000 })',
    '<p>Don\'t run "tmux kill-session -t a"</p>',
  ])('nothing in %s', (text) => {
    expect(found(text, 'javascript')).toEqual([]);
  });

  test.each(['`', '`${', '"', "'", '/', '/*', '/[', '${', '(((', ')))', '\\', '`${`${`', "'\\"])(
    'reads %j to its end',
    (text) => {
      for (const language of ['javascript', 'python'] as const) expect(found(`tmux ${text}`, language)).toEqual([]);
    },
  );
});

describe('Makefiles', () => {
  test.each([
    ['a:\n\t@tmux kill-session -t $(NAME)', ['tmux-kill: agentctl stop $(NAME)']],
    ['a:\n\t-tmux kill-session -t $$s', ['tmux-kill: agentctl stop "$$s"']],
    ['a:\n\tmake b | \\\n\t  tee log', ['tee-exit-code: agentctl run -n NAME -- make b']],
    ['a:\n\t-make b | tee log', []],
    ['a:\n\tset -o pipefail; make b | tee log', []],
    ['.SHELLFLAGS = -o pipefail -c\na:\n\tmake b | tee log', []],
    ['S := $(shell tmux has-session -t a && echo yes)', ['tmux-probe: agentctl status a']],
    ['TIMEOUT ?= 24h', ['long-timeout: --max-runtime 1h']],
    ['CACHE_TTL = 86400', []],
    ['a: ## tmux kill-session -t a\n\t@echo tmux kill-session -t a', []],
    ['a:\n\t$(', []],
  ])('%j', (text, findings) => {
    expect(found(text, 'make')).toEqual(findings);
  });
});

describe('Markdown', () => {
  test.each([
    ['```sh\ntmux kill-session -t a\n```', [2]],
    ['~~~ bash\ntmux kill-session -t a\n~~~', [2]],
    ['- a\n  ```bash title="x"\n  tmux kill-session -t a\n  ```', [3]],
    ['````md\n```sh\ntmux kill-session -t a\n```\n````', []],
    ['```sh\ntmux kill-session -t a', [2]],
    ['```\ntmux kill-session -t a\n```', [2]],
    ['```\ntmux kill-session failed\n```', []],
    ['```console\n$ tmux kill-session -t a\ntmux kill-session -t b\n```', [2]],
    ['```yaml\nrun: tmux kill-session -t a\n```', []],
    ['`tmux kill-session -t a`\n\n    tmux kill-session -t a', []],
    ['```py\nos.system("tmux kill-session -t a")\n```\n```js\nexecSync("tmux kill-session -t a")\n```', [2, 5]],
  ])('%j', (text, lines) => {
    expect(auditText(text, 'markdown').map(({ line }) => line)).toEqual(lines);
  });
});
