import { InvalidInput } from './agent/invalid-input.ts';
import { runCommandLine } from './cli.ts';
import { AgentctlError, BusyError, codeOf, refusal, UsageError } from './errors.ts';
import { visible } from './view/visible.ts';

// The one place where an error becomes an exit code. Whoever reads us may leave at any time (`ps | head -1`).
process.stderr.on('error', () => {}); // whoever does not hear us must not keep us from finishing
let unwritten = 0;
process.stdout.on('error', (error) => {
  if (codeOf(error) === 'EPIPE' || unwritten > 0) return;
  process.stderr.write(`agentctl: stdout cannot be written (${refusal(error)}): give it another place\n`);
  unwritten = 1;
  process.exitCode ||= unwritten;
});

/** Settled once the command has ended; for a test that runs many in one process. */
export const ended = run();

async function run(): Promise<void> {
  process.exitCode = 1; // what stands if nothing is left to wait for and the command has still not ended
  try {
    const code = await runCommandLine(process.argv.slice(2));
    process.exitCode = code || unwritten;
  } catch (error) {
    // Only a stack trace has lines.
    const lines = process.env.AGENTCTL_DEBUG ? sentence(error).split('\n') : [sentence(error)];
    process.stderr.write(`agentctl: ${lines.map(visible).join('\n')}\n`);
    process.exitCode = exitCode(error);
  }
}

function exitCode(error: unknown): number {
  const { errorCode } = error as { errorCode?: number };
  if (errorCode !== undefined) return errorCode;
  if (error instanceof UsageError || error instanceof InvalidInput) return 2;
  if (error instanceof BusyError) return 75;
  return 1;
}

/** A stack trace helps nobody who typed a command; whoever looks for a defect of agentctl sets AGENTCTL_DEBUG. */
function sentence(error: unknown): string {
  if (process.env.AGENTCTL_DEBUG && error instanceof Error) return String(error.stack);
  if (error instanceof AgentctlError || error instanceof InvalidInput) return error.message;
  const { path, syscall } = error as { path?: string; syscall?: string };
  // Whatever asks for it first: node and yargs do before any command is known.
  if (syscall === 'uv_cwd') return 'the current directory was removed: go to another and try again';
  return path === undefined ? refusal(error) : `${path}: ${refusal(error)}`;
}
