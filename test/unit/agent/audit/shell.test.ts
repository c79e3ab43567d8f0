// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a shell and holes of a template are what is read
import { describe, expect, test } from 'vitest';
import { auditText } from '../../../../src/agent/audit/audit-text.ts';

/** The hazards of a shell text, each with its line and what to put there. */
const found = (text: string): string[] =>
  auditText(text, 'shell').map(({ line, hazard, instead }) => `${line} ${hazard} ${instead}`);
const hazards = (text: string): string[] => auditText(text, 'shell').map(({ hazard }) => hazard);

describe('the line to put there', () => {
  test.each([
    ['tmux new-session -d -s fix "claude -p x"', "agentctl spawn -n fix -- sh -c 'claude -p x'"],
    ['tmux new -ds fix claude -p "a b"', "agentctl spawn -n fix -- claude -p 'a b'"],
    ['tmux new-session -d -s fix', 'agentctl spawn -n fix -- COMMAND'],
    ['tmux new-session -d -s "$name" -c "$dir" "$cmd"', 'agentctl spawn -n "$name" -C "$dir" -- sh -c "$cmd"'],
    ['tmux new-session -d -s "${name}:0" "run $x"', 'agentctl spawn -n "${name}" -- sh -c "run $x"'],
    ["tmux new-session -d -s a.b 'x'", "agentctl spawn -n NAME -- sh -c 'x'"],
    [`tmux new-session -d -s q 'echo "it'\\''s"'`, `agentctl spawn -n q -- sh -c 'echo "it'\\''s"'`],
    ["tmux new-session -d -s l 'while a; do b; done'", "agentctl spawn -n l -- sh -c 'while a; do b; done'"],
    ['tmux has-session -t =fix 2>/dev/null', 'agentctl status fix'],
    ['if ! tmux has -t "$s" 2>/dev/null; then :; fi', 'agentctl status "$s"'],
    ['while tmux has-session -t fix; do sleep 1; done', 'agentctl wait fix'],
    ['tmux kill-session -t "$1"', 'agentctl stop "$1"'],
    ['tmux kill-session -a -t keep', 'agentctl stop --all'],
    ['tmux capture-pane -p -t fix:0.1', 'agentctl screen fix'],
    ['tmux capture-pane -pt fix | tail -3 | grep -q DONE', 'agentctl wait fix'],
    ['timeout 24h claude -p "go on"', "agentctl run --max-runtime 1h -- claude -p 'go on'"],
    ['if make test 2>&1 | tee log; then :; fi', 'agentctl run -n NAME -- make test'],
    ['if a | b 2>&1 | tee log; then :; fi', "agentctl run -n NAME -- sh -c 'a | b'"],
    ['agentctl logs fix | grep -q DONE && next', 'agentctl wait fix'],
  ])('%s', (text, instead) => {
    expect(auditText(text, 'shell').map((finding) => finding.instead)).toEqual([instead]);
  });

  test('leaves out what only held the session, told of the end, or wrote the log', () => {
    const text = `tmux new-session -d -s fix 'make 2>&1 | tee log; echo "EXIT $?" >>log; sleep 86400'`;
    expect(found(text)[0]).toBe("1 tmux-start agentctl spawn -n fix -- sh -c 'make'");
  });
});

describe('tmux calls', () => {
  test.each([
    'tmux -L agents -f /dev/null new-session -d -s a b',
    '/usr/bin/tmux new-session -d -s a b',
    'TERM=xterm sudo -u me env A=b nohup tmux new-session -d -s a b &',
    'tmux \\\n  new-session \\\n  -d -s a \\\n  b',
    'x=$(tmux new-session -d -P -s a b)',
    'for i in 1 2; do tmux new-session -d -s "a$i" b; done',
    'bash -lc "tmux new-session -d -s a b"',
    'eval "tmux new-session -d -s a b"',
    'tmux start-server \\; new-session -d -s a b',
    'tmux new-session -d "$@"',
    'cmd=(tmux new-session -d -s a b)\n"${cmd[@]}"',
    'start() { tmux new-session -d -s a b; }',
    'bash <<EOF\ntmux new-session -d -s a b\nEOF',
    "run 'tmux new-session -d -s a b'",
  ])('starts: %s', (text) => {
    expect(hazards(text)).toEqual(['tmux-start']);
  });

  test.each([
    'tmux new-session -A -s work',
    'tmux attach -t fix || tmux new -s fix',
    'tmux -V',
    'tmux ls',
    'tmux send-keys -t fix hello Enter',
    'tmux display-message -p "#S"',
    'echo tmux kill-session -t fix',
    'echo "done: tmux kill-session -t fix"',
    '# tmux kill-session -t fix',
    'x=1 # tmux kill-session -t fix',
    "cat <<'EOF'\ntmux kill-session -t fix\nEOF",
    'grep -r "tmux kill-session" .',
    'command -v tmux',
    'agentctl tmux kill-session -t fix',
    'git commit -m "tmux kill-session -t fix"',
    'MESSAGE="tmux kill-session -t fix"',
  ])('is none: %s', (text) => {
    expect(found(text)).toEqual([]);
  });
});

describe('sleeps', () => {
  test.each([
    "tmux new-session -d -s a 'b; sleep 86400'",
    "tmux new-session -d -s a 'b; sleep 5'",
    "tmux new-session -d -s a 'b && c || sleep 1d'",
    'tmux new-session -d -s a "bash -c \'b; sleep infinity\'"',
    'tmux new-session -d -s a sleep infinity\ntmux kill-session -t a; b; sleep 90000',
    'claude -p x; sleep 86400',
  ])('hold: %s', (text) => {
    expect(hazards(text)).toContain('sleep-holder');
  });

  test.each([
    'until curl -s localhost; do sleep 5; done',
    'while :; do backup; sleep 86400; done',
    'make; sleep 5',
    'sleep 86400 &',
    "tmux new-session -d -s a 'sleep 5; b'",
    "tmux new-session -d -s a 'while :; do b; sleep 5; done'",
    'docker run image sleep infinity',
  ])('are none: %s', (text) => {
    expect(hazards(text)).not.toContain('sleep-holder');
  });
});

describe('exit codes behind tee', () => {
  test.each([
    'make | tee log; echo $?',
    'make 2>&1 |& tee -a log\nrc=$?',
    'make | tee log && next',
    'make | tee log || exit 1',
    'if ! make | tee log; then exit 1; fi',
    'set -e\nmake | tee log',
    'set -o pipefail\nset +o pipefail\nmake | tee log; echo $?',
    "agentctl spawn -n a -- sh -c 'make | tee log'",
    '{ a; b; } 2>&1 | tee log; exit $?',
    '(cd x && make) | tee log; exit $?',
    'make | tee log; if [ $? -ne 0 ]; then exit 1; fi',
  ])('are read: %s', (text) => {
    expect(hazards(text)).toEqual(['tee-exit-code']);
  });

  test.each([
    'make | tee log',
    'set -euo pipefail\nmake | tee log; echo $?',
    'set -e -o pipefail\nmake | tee log && next',
    'make | tee log; echo ${PIPESTATUS[0]}',
    'make | tee log\ncode=${PIPESTATUS[0]}\necho $?',
    'make | tee log; true; echo $?',
    'make | tee log || true',
    'set -e\necho x | sudo tee /etc/x',
    'printf x | tee log && next',
    'make > >(tee log); echo $?',
    'bash -o pipefail -c "make | tee log; echo \\$?"',
    'make | tee log | grep x; echo $?',
  ])('are not: %s', (text) => {
    expect(found(text)).toEqual([]);
  });
});

describe('completion in logs', () => {
  test.each([
    'grep -q DONE build.log && next',
    'until grep -qi "finished" "$LOG"; do sleep 1; done',
    'if tail -1 "${log_file}" | grep "EXIT_CODE"; then next; fi',
    'tail -f out.log | grep -m1 "completed"',
    'grep -q success < logs/a.txt',
    'while ! grep -Fq "$DONE_MARKER" "$OUT"; do sleep 1; done',
    '[[ $(tail -n1 build.log) == *DONE* ]] && next',
    'n=$(grep -c DONE build.log)',
    'rg -q "turn.completed" codex.log',
  ])('are tests: %s', (text) => {
    expect(hazards(text)).toEqual(['log-grep']);
  });

  test.each([
    'grep DONE build.log',
    'grep -q DONE TODO.md',
    'grep -q ready server.log',
    'grep -q "done" CHANGELOG.md',
    'grep -c ERROR app.log',
    'git log | grep -q done',
    'ps aux | grep -q finished',
    'grep -q exit src/login.ts',
  ])('are none: %s', (text) => {
    expect(found(text)).toEqual([]);
  });
});

describe('timeouts', () => {
  test.each([
    'timeout 4h a',
    'timeout 86400 a',
    'timeout -s KILL -k 5 1440m a',
    'timeout 1d a',
    'timeout "$((24 * 3600))" a',
    'timeout "${LIMIT:-86400}" a',
    'gtimeout 100h a',
    'TIMEOUT=86400',
    'export AGENT_TIMEOUT_MS=86400000',
    'readonly MAX_RUNTIME="24h"',
    'local time_limit=1440min',
    ': "${TIMEOUT:=86400}"',
    'deadline=$((SECONDS + 86400))',
    'a --timeout 24h',
    'a --timeout-minutes=1440',
    'a --max-runtime=8h',
    'systemd-run -p RuntimeMaxSec=86400 a',
    '[ "$elapsed" -gt 86400 ] && exit 1',
  ])('of hours: %s', (text) => {
    expect(hazards(text)).toEqual(['long-timeout']);
  });

  test.each([
    'timeout 60 a',
    'timeout 3h a',
    'timeout 239m a',
    'TIMEOUT=60',
    'TIMEOUT_MS=60000',
    'HTTP_TIMEOUT=30000',
    'CACHE_TTL=86400',
    'CACHE_TIMEOUT=86400',
    'RETENTION=24h',
    'INTERVAL=86400',
    'a --max-age 86400',
    'agentctl run --max-runtime 24h -- a',
    'find . -mmin +1440',
    'date -d "24 hours ago"',
    'echo "timeout 24h"',
  ])('are none: %s', (text) => {
    expect(found(text)).toEqual([]);
  });
});

test('tells the line of a command that stands in a string of several lines', () => {
  expect(found("tmux new-session -d -s a '\n  b\n  sleep 86400\n'").map((one) => one.slice(0, 14))).toEqual([
    '1 tmux-start a',
    '3 sleep-holder',
  ]);
});

describe('a text that is no shell', () => {
  test.each([
    '`',
    '$(',
    '"',
    "'",
    '${',
    '$((',
    '<<EOF\n',
    '(((',
    ')))',
    '\\',
    'if',
    'a=(',
    '\0\u2028\ue000',
    '$',
    'tmux',
    ' tmux "',
  ])('%j is read to its end', (text) => {
    expect(found(`tmux ${text}`)).toEqual([]);
  });
});
