/**
 * The invisible mark that the wrapper prints into the pane when the agent has ended: an OSC sequence that no terminal
 * shows. It says that the log is whole, never that the agent ended: that is the sentinel's word.
 */
export function endMark(runId: string): string {
  return `\x1b]7770;${runId}\x1b\\`;
}
