import { isName } from '../name.ts';
import { report, type Scene } from './finding.ts';
import type { HostCode } from './host-code.ts';

/** The calls of Python's libtmux. */
export function judgeLibtmux(code: HostCode, scene: Scene): void {
  for (let at = 2; at < code.tokens.length; at++) {
    const token = code.tokens[at];
    if (token?.kind !== 'name' || code.text(at - 1) !== '.' || code.text(at + 1) !== '(') continue;
    const named = nameIn(code, at + 1);
    if (token.text === 'new_session') report(scene, 'tmux-start', token.from, `agentctl spawn -n ${named} -- COMMAND`);
    else if (token.text === 'has_session') report(scene, 'tmux-probe', token.from, `agentctl status ${named}`);
    else if (token.text === 'capture_pane') report(scene, 'tmux-probe', token.from, 'agentctl screen NAME');
    else if (token.text === 'kill_session') report(scene, 'tmux-kill', token.from, `agentctl stop ${named}`);
    else if (token.text === 'kill_server') report(scene, 'tmux-kill', token.from, 'agentctl stop --all');
    else if (token.text === 'kill' && /session|server/i.test(code.text(at - 2)))
      report(scene, 'tmux-kill', token.from, 'agentctl stop NAME');
  }
}

/** The session's name, where it is written there. */
function nameIn(code: HostCode, open: number): string {
  for (const { from, to } of code.elements(open)) {
    const isNamed = /^(?:session_name|target_session)$/.test(code.text(from)) && code.text(from + 1) === '=';
    if (!isNamed && from !== open + 1) continue;
    const at = isNamed ? from + 2 : from;
    if (at !== to) continue;
    const text = code.string(at);
    if (text !== undefined) return isName(text) ? text : 'NAME';
    if (code.tokens[at]?.kind === 'name') return `{${code.text(at)}}`;
  }
  return 'NAME';
}
