// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a shell and holes of a template are what is read
import { describe, expect, test } from 'vitest';
import { auditText } from '../../../../src/agent/audit/audit-text.ts';
import type { Language } from '../../../../src/agent/audit/finding.ts';

/** The hazards of a text, each with its line. */
const found = (language: Language, text: string): string[] =>
  auditText(text, language).map(({ line, hazard }) => `${line} ${hazard}`);

describe('exit codes behind tee', () => {
  test.each<[string, string[]]>([
    ['#!/bin/bash -e\nmake | tee log', ['2 tee-exit-code']],
    ['#!/usr/bin/env -S bash -eu\nmake | tee log', ['2 tee-exit-code']],
    ['#!/usr/bin/env -S bash -euo pipefail\nmake | tee log', []],
    ['( cd sub && make | tee log ) || exit 1', ['1 tee-exit-code']],
    ['{ make | tee log; } && publish', ['1 tee-exit-code']],
    ['( make | tee log ) || true', []],
    ['( make | tee log ) || fail', ['1 tee-exit-code']],
    ['( make | tee log ) | cat && x', []],
    ['make | tee log\nif (( $? != 0 )); then exit 1; fi', ['1 tee-exit-code']],
    ['make | tee log\nif [ $? -ne 0 ]; then exit 1; fi', ['1 tee-exit-code']],
    ['make 2>&1 | tee log >/dev/null\nRC=$?', ['1 tee-exit-code']],
    ['! make | tee log', ['1 tee-exit-code']],
    ['while ! make | tee log; do sleep 1; done', ['1 tee-exit-code']],
    ['f() {\n  make | tee log\n  return $?\n}', ['2 tee-exit-code']],
    ['make | tee >(grep x) && ok', ['1 tee-exit-code']],
    ['make > >(tee log) 2>&1 && ok', []],
    ['out=$(make | tee /dev/stderr) || exit 1', ['1 tee-exit-code']],
    ['set -euo pipefail\nmake | tee log', []],
    ['set -e -o pipefail\nmake | tee log && x', []],
    ['shopt -s lastpipe\nmake | tee log', []],
    ['make | tee log; exit ${PIPESTATUS[0]}', []],
    ['make | tee log; exit "${pipestatus[1]}"', []],
    ['make | tee log; ret=$?; exit $ret', ['1 tee-exit-code']],
    ['mkfifo p; tee log <p & make >p; echo $?', []],
    ['script -qec make /dev/null | tee log; exit $?', ['1 tee-exit-code']],
    ['echo "$x" | sudo tee /proc/y || die', []],
    ['make | tee log || :', []],
    ['make 2>&1 | tee log | tail -5; code=$?', ['1 tee-exit-code']],
    ['make 2>&1 | tee log | tail -5 && publish', ['1 tee-exit-code']],
    ['make 2>&1 | tee log | grep -c x && publish', []],
    ['make 2>&1 | tee log | tail -5', []],
    ['out=$(make | tee /dev/stderr)\nstatus=$?', ['1 tee-exit-code']],
    ['if out=$(make | tee /dev/stderr); then :; fi', ['1 tee-exit-code']],
    ['out=$(make | tee /dev/stderr)\necho "$out"', []],
    ['echo "$(make | tee log)" && x', []],
  ])('shell: %j', (text, hazards) => {
    expect(found('shell', text)).toEqual(hazards);
  });
});

describe('tmux', () => {
  test.each<[string, string[]]>([
    ['cat <<END | sh\ntmux kill-session -t a\nEND', ['2 tmux-kill']],
    ["cat <<'END' | ssh box bash -s\ntmux kill-session -t a\nEND", ['2 tmux-kill']],
    ['cat <<END | less\ntmux kill-session -t a\nEND', []],
    ['sh -s <<END\ntmux kill-session -t a\nEND', ['2 tmux-kill']],
    ['tmux has -t a || { echo gone; exit 1; }', ['1 tmux-probe']],
    ['TMUX_BIN=$(command -v tmux)\n"$TMUX_BIN" kill-session -t a', ['2 tmux-kill']],
    ['local out; out="$(tmux capture-pane -pt a -S -100)"', ['1 tmux-probe']],
    ['tmux wait-for done', []],
    ['tmux new-session -s a', []],
    ['tmux new -d -s a\\; split-window -h', ['1 tmux-start']],
    ['tmux kill-window -t a', []],
    ['tmux kill-pane -t a', []],
    ['[ -n "$TMUX" ] || exec tmux new-session -A -s main', []],
    ['tmux info &>/dev/null', []],
    ['tmux list-sessions', []],
    ['if tmux ls >/dev/null 2>&1; then :; fi', ['1 tmux-probe']],
    ['tmux ls | sort', ['1 tmux-probe']],
    ['parallel tmux kill-session -t {} ::: a b', ['1 tmux-kill']],
    ['find . -name x -exec tmux kill-session -t {} \\;', ['1 tmux-kill']],
    ['docker exec box tmux new-session -d -s a b', ['1 tmux-start']],
    ['case $1 in stop) tmux kill-session -t a;; esac', ['1 tmux-kill']],
    [
      'case $1 in\n  start) tmux new-session -d -s a b ;;\n  stop)\n    tmux kill-session -t a\n    ;;\nesac',
      ['2 tmux-start', '4 tmux-kill'],
    ],
    ['if true; then tmux kill-server; else tmux kill-session -t a; fi', ['1 tmux-kill', '1 tmux-kill']],
    ['echo "$(tmux ls)"', ['1 tmux-probe']],
    ['sleep 5 && tmux kill-session -t a &', ['1 tmux-kill']],
    ['(sleep 3600; tmux kill-session -t a) &', ['1 tmux-kill']],
    ['PS1="tmux kill-server"', []],
    ['dialog --msgbox "tmux kill-server ends all"', []],
    ['read -p "tmux kill-session -t x?" yn', []],
    ['sed -i s/"tmux kill-session -t a"/x/ f', []],
    ['test "$cmd" = "tmux kill-session -t a"', []],
    ['[[ $cmd == *"tmux kill-session -t a"* ]]', []],
    [': <<END\ntmux kill-session -t a\nEND', []],
    ['cat >>notes.md <<END\ntmux kill-session -t a\nEND', []],
    ['cat >run.sh <<END\ntmux kill-session -t a\nEND', ['2 tmux-kill']],
    ['complete -W "new-session kill-session" tmux', []],
    ['man tmux | grep kill-session', []],
    ["alias ts='tmux new-session -d -s a b'", []],
  ])('shell: %j', (text, hazards) => {
    expect(found('shell', text)).toEqual(hazards);
  });
});

describe('timeouts', () => {
  test.each<[string, string[]]>([
    ['while [ $(( $(date +%s) - start )) -lt 86400 ]; do sleep 1; done', ['1 long-timeout']],
    ['if [ $(($(date +%s) - $STARTED)) -gt 14400 ]; then kill $p; fi', ['1 long-timeout']],
    ['if [ $(($(date +%s) - $(stat -c %Y f))) -gt 86400 ]; then rm f; fi', []],
    ['if [ $((now - mtime)) -gt 86400 ]; then rm f; fi', []],
    ['while (( SECONDS < 86400 )); do sleep 1; done', ['1 long-timeout']],
    ['(( elapsed >= 24*3600 )) && exit 1', ['1 long-timeout']],
    ['(( elapsed >= 3600 )) && exit 1', []],
    ['for ((i=0; i<86400; i++)); do :; done', []],
    ['SECONDS=0; while [ $SECONDS -lt 28800 ]; do sleep 1; done', ['1 long-timeout']],
    ['timeout -v 1d x', ['1 long-timeout']],
    ['timeout 1440m x', ['1 long-timeout']],
    ['timeout 0 x', []],
    ['timeout "$T" x', []],
    ['timeout ${T:-24h} x', ['1 long-timeout']],
    ['timeout $((6*60*60)) x', ['1 long-timeout']],
    ['timeout 3h59m x', []],
    ['timeout $((HOURS * 3600)) x', []],
    ['TIMEOUT=$((TIMEOUT_MINUTES * 60))', []],
    ['TIMEOUT=$((24 * HOURS))', ['1 long-timeout']],
    ['timeout 14399 x', []],
    ['export TIMEOUT=${TIMEOUT:-86400}', ['1 long-timeout']],
    ['declare -r TIMEOUT=86400', ['1 long-timeout']],
    ['declare -i MAX_SECONDS=86400', ['1 long-timeout']],
    ['local timeout="${1:-86400}"', ['1 long-timeout']],
    ['TMOUT=86400', []],
    ['ssh -o ServerAliveInterval=86400 x', []],
    ['sudo -v; timestamp_timeout=86400', ['1 long-timeout']],
    ['x --job-timeout 1440min', ['1 long-timeout']],
    ['x --cache-timeout 24h', []],
    ['x --timeout-ms 86400000', ['1 long-timeout']],
    ['MIN_TIMEOUT=60', []],
    ['MIN_TIMEOUT=600', []],
  ])('shell: %j', (text, hazards) => {
    expect(found('shell', text)).toEqual(hazards);
  });

  test.each<[string, string[]]>([
    ['while time.time() - start < 24 * 60 * 60:\n    pass', ['1 long-timeout']],
    ['if time.monotonic() - self.started_at > 86400: kill()', ['1 long-timeout']],
    ['if datetime.now() - started > timedelta(hours=24): kill()', ['1 long-timeout']],
    ['if (datetime.now() - start).total_seconds() > 86400: kill()', ['1 long-timeout']],
    ['if (datetime.now() - start) > timedelta(hours=3, minutes=59): kill()', []],
    ['if time.time() - os.path.getmtime(f) > 86400: os.remove(f)', []],
    ['if time.time() - created > 86400: drop()', []],
    ['if age_seconds < 21600: pass', []],
    ['elif total_seconds < 86400: pass', []],
    ['if elapsed_hours > 24: kill()', ['1 long-timeout']],
    ['if event.end - event.start > 86400: long()', []],
    ['p.add_argument("--timeout", type=int, default=86400, help="s")', ['1 long-timeout']],
    ['p.add_argument("-t", "--timeout", default=24 * 3600)', ['1 long-timeout']],
    ['p.add_argument("--timeout", default=60, help="up to 24h")', []],
    ['p.add_argument("--cache-timeout", default=86400)', []],
    ['p.add_argument("--port", default=86400)', []],
    ['@click.option("--max-runtime", default="24h")', ['1 long-timeout']],
    ['x = int(os.environ.get("AGENT_TIMEOUT", 86400))', ['1 long-timeout']],
    ['x = os.environ.get("AGENT_TIMEOUT") or 86400', []],
    ['timeout = args.hours * 3600', []],
    ['timeout = 24 * HOUR', ['1 long-timeout']],
    ['timeout = 2 * HOUR', []],
    ['config["timeout"] = 86400', ['1 long-timeout']],
    ['timeout = timedelta(1)', ['1 long-timeout']],
    ['timeout = timedelta(0, 86400)', ['1 long-timeout']],
    ['timeout = timedelta(0, 3600)', []],
    ['timeout = timedelta(hours=3, minutes=59, seconds=59)', []],
    ['timeout = timedelta(minutes=1440)', ['1 long-timeout']],
    ['timeout = timedelta(milliseconds=86400000)', ['1 long-timeout']],
    ['timeout = dt.timedelta(days=1).total_seconds()', ['1 long-timeout']],
    ['timeout_min = 1440', ['1 long-timeout']],
    ['min_timeout = 60', []],
    ['min_timeout = 1 * 1000', []],
    ['def f(timeout=86400): pass', ['1 long-timeout']],
    ['def f(*, timeout: float | None = 86400.0): pass', ['1 long-timeout']],
    ['def f(timeout: Optional[int] = 86400): pass', ['1 long-timeout']],
    ['timeout: int = Field(default=86400, ge=1)', ['1 long-timeout']],
    ['assert x.timeout == 86400', []],
    ['timeout = 0 if fast else 86400', ['1 long-timeout']],
    ['TIMEOUTS = {"a": 60, "b": 86400}', ['1 long-timeout']],
    ['with timeout(86400): pass', ['1 long-timeout']],
    ['thread.join(timeout=86400)', ['1 long-timeout']],
    ['proc.communicate(timeout=14400)', ['1 long-timeout']],
    ['pytest.mark.timeout(86400)', ['1 long-timeout']],
    ['session.get(url, timeout=(3, 27))', []],
    ['os.environ["TIMEOUT"] = "86400"', ['1 long-timeout']],
    ['os.environ.setdefault("TIMEOUT", "86400")', ['1 long-timeout']],
    ['app.config["SESSION_COOKIE_TIMEOUT"] = 86400', []],
    ['dict(timeout=86400)', ['1 long-timeout']],
  ])('Python: %j', (text, hazards) => {
    expect(found('python', text)).toEqual(hazards);
  });

  test.each<[string, string[]]>([
    ['if (Date.now() - startedAt > 24 * 60 * 60 * 1000) kill();', ['1 long-timeout']],
    ['if ((Date.now() - startedAt) > 86400000) kill();', ['1 long-timeout']],
    ['if (performance.now() - start >= 14_400_000) kill();', ['1 long-timeout']],
    ['if (Date.now() - stat.mtimeMs > 24 * 3600 * 1000) rm();', []],
    ['const t = Number(process.env.TIMEOUT_MS ?? 86400000);', ['1 long-timeout']],
    ['const timeout = options.timeout ?? 86400000;', ['1 long-timeout']],
    ['const timeout = options.timeout || 86_400_000, x = 1;', ['1 long-timeout']],
    ["program.option('--timeout <s>', 'seconds', '86400');", ['1 long-timeout']],
    ["program.option('-t, --timeout <s>', 'at most 24h', '60');", []],
    ["yargs.option('timeout', { type: 'number', default: 86400 });", ['1 long-timeout']],
    ["yargs.option('timeout', { type: 'number', default: 60, describe: 'at most 24h' });", []],
    ["yargs.options({ timeout: { type: 'number', default: 86400 } });", ['1 long-timeout']],
    ["yargs.options({ timeout: { type: 'number', default: 60, describe: 'not 24h' } });", []],
    ['retry({ retries: 5, minTimeout: 1 * 1000, maxTimeout: 60 * 1000 });', []],
    ['retry({ minTimeout: 5000 });', []],
    ['const timeouts = { agent: 86_400_000 };', ['1 long-timeout']],
    ['interface A { timeout?: number; timeoutMs: number }', []],
    ['function f({ timeout = 86400000 } = {}) {}', ['1 long-timeout']],
    ['class A { private readonly timeout: number = 86_400_000; }', ['1 long-timeout']],
    ['class A { #timeoutMs = 24 * 60 * 60_000; }', ['1 long-timeout']],
    ['const timeout = parseInt(arg) * 1000;', []],
    ['const timeout = hours * 3600 * 1000;', []],
    ['test("x", () => {}, { timeout: 86400000 });', ['1 long-timeout']],
    ['await page.waitForSelector("x", { timeout: 14400000 });', ['1 long-timeout']],
    ['const timeout = 2 ** 31 - 1;', []],
    ['const MAX_TIMEOUT = 2147483647;', []],
    ['const timeout = Infinity;', []],
    ['setTimeout(() => controller.abort(), 8 * 3600e3);', ['1 long-timeout']],
    ['setTimeout(() => { child.kill("SIGTERM"); }, 1000 * 60 * 60 * 5);', ['1 long-timeout']],
    ['setTimeout(refresh, 86400000);', []],
    ['setTimeout(() => child.kill(), 3 * 3600 * 1000 + 59 * 60 * 1000);', []],
    ["if (timeout === '24h') {}", []],
    ['switch (timeout) { case 86400: break; }', []],
    ['type Timeout = "24h" | "1h";', []],
    ['const timeoutText = "after 24h";', []],
  ])('JavaScript: %j', (text, hazards) => {
    expect(found('javascript', text)).toEqual(hazards);
  });
});

describe('tests of logs', () => {
  test.each<[Language, string, string[]]>([
    ['shell', '[ "$(grep -c Done agent.out)" -ge 1 ]', ['1 log-grep']],
    ['shell', 'until [ "$(tail -n1 a.log)" = DONE ]; do sleep 1; done', ['1 log-grep']],
    ['shell', 'tail -F a.log | grep -q --line-buffered "finished"', ['1 log-grep']],
    ['shell', '( tail -f a.log & ) | grep -q "finished"', ['1 log-grep']],
    ['shell', 'timeout 60 grep -q "done" <(tail -f a.log)', ['1 log-grep']],
    ['shell', 'timeout 60 sh -c "until grep -q DONE a.log; do sleep 1; done"', ['1 log-grep']],
    ['shell', 'if grep -q "exit code: 0" "$dir/$name.log"; then :; fi', ['1 log-grep']],
    ['shell', 'if ! grep -q "exit code: 0" "$dir/$name.txt"; then :; fi', []],
    ['shell', 'if rg -q DONE logs/x; then :; fi', ['1 log-grep']],
    ['shell', 'count=$(grep -c "task done" *.log)', ['1 log-grep']],
    ['shell', 'journalctl -u x | grep -q finished && y', []],
    ['shell', 'grep -q "incomplete" a.log && x', []],
    ['shell', 'grep -q "abandoned" a.log && x', []],
    ['shell', 'grep -L DONE *.log', []],
    ['shell', 'grep done a.log | wc -l', []],
    ['shell', 'if grep -q "successor" a.log; then :; fi', []],
    ['python', 'if any("DONE" in l for l in open("a.log")): pass', ['1 log-grep']],
    ['python', 'lines = Path("a.log").read_text().splitlines()\nif lines[-1] == "DONE": pass', ['2 log-grep']],
    ['python', 'with open("a.log") as f:\n    data = f.read()\nif "finished" in data: pass', ['3 log-grep']],
    ['python', 'data = open("a.json").read()\nif "finished" in data: pass', []],
    ['python', 'def log(x): pass\nif "done" in status: log("done")', []],
    ['javascript', "if (fs.readFileSync(logFile).toString().includes('DONE')) x();", ['1 log-grep']],
    [
      'javascript',
      "const lines = readFileSync('a.log','utf8').split('\\n');\nif (lines.some((l) => l.includes('DONE'))) x();",
      ['2 log-grep'],
    ],
    ['javascript', "if (logger.level.includes('done')) x();", []],
    ['javascript', "const text = readFileSync('a.md', 'utf8');\nif (text.includes('done')) x();", []],
  ])('%s: %j', (language, text, hazards) => {
    expect(found(language, text)).toEqual(hazards);
  });
});

describe('Makefiles', () => {
  test.each<[string, string[]]>([
    ['a: ; tmux kill-session -t x', ['1 tmux-kill']],
    ['a: b; -make | tee log', []],
    ['a: b; make | tee log', ['1 tee-exit-code']],
    ['a: A = b; c', []],
    ['a::\n\ttmux kill-server', ['2 tmux-kill']],
    ['ifeq ($(shell tmux has-session -t x && echo y),y)\nendif', ['1 tmux-probe']],
    ['A := $(shell tmux ls | wc -l)$(shell tmux has-session -t a)', ['1 tmux-probe', '1 tmux-probe']],
    ['a:\n\techo $(shell tmux has-session -t a)', ['2 tmux-probe']],
    ['a:\n\t@# $(shell tmux has-session -t a)', []],
    ['define start\ntmux new-session -d -s $(1) $(2)\nendef', ['2 tmux-start']],
    ['define HELP\ntmux new-session -d -s x  start it\nendef', []],
    ['define start\nmake | tee log\nendef\na:\n\tmake | tee log', ['5 tee-exit-code']],
    ['a: export TIMEOUT = 86400', ['1 long-timeout']],
    ['.ONESHELL:\na:\n\tset -o pipefail\n\tmake | tee log', []],
    ['a:\n\t@timeout 24h x || true', ['2 long-timeout']],
    ['a:\n  tmux kill-session -t x', []],
    ['A = a\\\n  tmux kill-session -t x', []],
  ])('%j', (text, hazards) => {
    expect(found('make', text)).toEqual(hazards);
  });
});

describe('Markdown', () => {
  test.each<[string, string[]]>([
    ['> ```sh\n> tmux kill-session -t a\n> ```', ['2 tmux-kill']],
    ['> > ```sh\n> > make | tee log && ok\n> > ```', ['2 tee-exit-code']],
    ['> ```python\n> os.system("tmux kill-server")\n> ```', ['2 tmux-kill']],
    ['```console\nme@host:~$ tmux kill-server\ntmux kill-session -t a\n```', ['2 tmux-kill']],
    ['```console\n[me@host dir]$ tmux kill-server\n```', ['2 tmux-kill']],
    ['```console\nroot@host:/# tmux kill-server\n```', ['2 tmux-kill']],
    ['```console\n(venv) $ tmux kill-server\n```', ['2 tmux-kill']],
    ['```sh\n# tmux kill-server\ntmux kill-session -t a\n```', ['3 tmux-kill']],
    ['```sh\ngit@host:x $ y\n```', []],
    ['```js\nexec("tmux kill-server")\n```\n```sh\ntmux kill-server\n```', ['2 tmux-kill', '5 tmux-kill']],
    ['```bash title="x" {1,2}\ntmux kill-server\n```', ['2 tmux-kill']],
    ['```bash\r\ntmux kill-server\r\n```\r\n', ['2 tmux-kill']],
    ['    ```sh\n    tmux kill-server\n    ```', ['2 tmux-kill']],
    ['<pre>\ntmux kill-server\n</pre>', []],
  ])('%j', (text, hazards) => {
    expect(found('markdown', text)).toEqual(hazards);
  });
});

describe('Python and JavaScript', () => {
  test.each<[Language, string, string[]]>([
    ['python', 'assert ["tmux", "kill-session", "-t", "a"] in calls', []],
    ['python', 'x = next(c for c in calls if c[:3] == ["tmux", "new-session", "-d"])', []],
    ['python', 'return ["tmux", "new-session", "-d", "-s", name, line]', ['1 tmux-start']],
    ['python', 'console.print(f"[dim]tmux kill-session -t {name}[/dim]")', []],
    ['python', 'EXAMPLES = ["tmux kill-session -t a"]', []],
    ['python', 'sys.exit("tmux new-session failed: tmux new-session -d -s x")', []],
    ['javascript', "execFileSync(tmux, [...base(), 'has-session', '-t', name]);", ['1 tmux-probe']],
    ['javascript', "if (args[0] === 'has-session') return;", []],
    ['javascript', "ui.info('Run: tmux kill-server');", []],
    ['javascript', "steps.push('tmux kill-session -t old');", ['1 tmux-kill']],
    ['javascript', "res.json({ error: 'tmux kill-session -t x failed' });", []],
    ['javascript', "exec('npm test | tee x');", []],
    ['javascript', "await exec('npm test | tee x');", ['1 tee-exit-code']],
    ['javascript', "exec('npm test | tee x', (error) => {});", ['1 tee-exit-code']],
  ])('%s: %j', (language, text, hazards) => {
    expect(found(language, text)).toEqual(hazards);
  });

  test('no more than 1,000 findings come of one file', () => {
    expect(found('python', 'timeout = 86400\n'.repeat(2000)).length).toBe(1000);
  });

  test('a command that is only put in is named as it is written', () => {
    const [start] = auditText('exec(`tmux new-session -d -s ${name} "${cmd}; sleep infinity"`)', 'javascript');
    expect(start?.instead).toBe('agentctl spawn -n ${name} -- sh -c "${cmd}"');
  });
});
