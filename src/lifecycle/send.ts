import { isQuestion } from '../agent/reports/reported.ts';
import { AgentctlError, BusyError, isDiskFull } from '../errors.ts';
import { OutputLog } from '../store/output-log.ts';
import { writeReport } from '../store/report-file.ts';
import { ringBell, type StateDir } from '../store/state-dir.ts';
import { now, pause, uptimeMs } from '../system/clock.ts';
import { pasteText, sendKeys } from '../system/tmux.ts';
import type { Observed } from './observe.ts';
import { paneOf } from './pane.ts';
import { tmuxServer } from './tmux-server.ts';

/** Programs ask for bracketed paste with this as they start to read, and take it back as they leave. */
const ASKED = Buffer.from('\x1b[?2004h');
const TAKEN_BACK = Buffer.from('\x1b[?2004l');
/** Claude Code asks 0.3 to 0.9 s after its start; what was pasted before was never submitted, 9 times in 9. */
const YOUNG_MS = 5000;
/** An end-of-paste inside the text would make the rest of it keystrokes. */
const END_OF_PASTE = '\x1b[201~';

export interface SendOptions {
  /** Also into one that asks a question, as for a permission. */
  force?: boolean;
}

/**
 * Types a text into an agent: one paste, in brackets where its program asked for them, so that many lines arrive as one
 * message; then Enter, apart. A young agent is given some seconds to ask.
 *
 * @returns whether many lines went as one message: a program that does not ask for brackets reads each line by itself.
 * @throws {AgentctlError} when it has ended or its session is gone.
 * @throws {BusyError} when it asks a question, as for a permission.
 */
export async function sendText(
  stateDir: StateDir,
  agent: Observed,
  text: string,
  options: SendOptions = {},
): Promise<{ asOneMessage: boolean }> {
  const pane = paneOf(ready(agent, options));
  const { started } = agent.evidence.files;
  // By uptime: after a clock was set back, it would stay young for as long.
  const youngUntilMs = started.state === 'there' ? started.value.uptimeMs + YOUNG_MS : 0;
  while (uptimeMs() < youngUntilMs && !asksForBrackets(agent.directory)) await pause(20);
  const message = text.replaceAll(END_OF_PASTE, '').replace(/\r?\n$/, '');
  const server = tmuxServer(stateDir);
  if (message !== '') await pasteText(server, pane, message, `agentctl-${process.pid}`);
  // Before it can say that it is done with it.
  goesOn(stateDir, agent);
  await sendKeys(server, pane, ['Enter']);
  return { asOneMessage: !message.includes('\n') || asksForBrackets(agent.directory) };
}

/** Presses keys by tmux' names for them. @throws {AgentctlError} as {@link sendText}. */
export async function pressKeys(
  stateDir: StateDir,
  agent: Observed,
  keys: readonly string[],
  options: SendOptions = {},
): Promise<void> {
  const pane = paneOf(ready(agent, options));
  goesOn(stateDir, agent);
  await sendKeys(tmuxServer(stateDir), pane, keys);
}

/** Whoever gets something to do has not finished, whatever it said before, and is not idle. */
function goesOn(stateDir: StateDir, { directory, runId }: Observed): void {
  if (runId === undefined) return;
  try {
    writeReport(directory, runId, { state: 'working', source: 'send', status: null, message: null }, now());
    ringBell(stateDir.path);
  } catch (error) {
    // It has been sent; on a full disk nobody will know but the agent.
    if (!isDiskFull(error)) throw error;
  }
}

/** What is typed into a question answers it: nobody shall do that unawares. */
function ready(agent: Observed, { force = false }: SendOptions): Observed {
  const { name, status, evidence } = agent;
  if (status.phase === 'ended') {
    throw new AgentctlError(`${name} has ended (${status.reason}): it reads nothing any more`);
  }
  if (status.phase === 'waiting' && isQuestion(evidence.files.report) && !force) {
    throw new BusyError(
      `${name} ${status.reason}, and would take this for the answer: look at "agentctl screen ${name}", then answer with --force`,
    );
  }
  return agent;
}

/** Whether the last word of its program on bracketed paste was yes; tmux 3.3 cannot be asked. */
function asksForBrackets(directory: string): boolean {
  let log: OutputLog;
  try {
    log = new OutputLog(directory);
  } catch {
    return false; // what the agent put in its place says nothing
  }
  try {
    const bytes = log.tail(1024 * 1024);
    return bytes.lastIndexOf(ASKED) > bytes.lastIndexOf(TAKEN_BACK);
  } finally {
    log.close();
  }
}
