import { byteSize } from './byte-size.ts';
import { usedUp } from './used.ts';
import { visible } from './visible.ts';

interface Reported {
  name: string;
  runId: string;
  tornDown: boolean;
  program: string | null;
  cwd: string | null;
  endedAt: string | null;
  result: string;
  exitCode: number | null;
  reason: string;
  steps: readonly { step: string; at: string }[];
  report: {
    state: string;
    source: string;
    status: string | null;
    message: string | null;
    waitingFor: string | null;
    resultFile: string | null;
  } | null;
  screen: string | null;
  log: { text: string; bytes: number; drewScreen: boolean } | null;
  processes: Record<'ended' | 'spared' | 'survivors' | 'suspects', readonly ProcessNote[]>;
  resources: {
    wallSeconds: number | null;
    cpuSeconds: number | null;
    peakMemoryBytes: number | null;
    savedSeconds: number | null;
  };
  resume: string | null;
  git: { status: string; cut: boolean } | null;
  gitMissing: string | null;
}

interface ProcessNote {
  pid: number;
  program: string;
  why: string;
}

type Line = readonly [key: string, value: string | null];

/** What fits one screen together with all else. */
const LAST_LINES = 6;
const GIT_LINES = 4;
const SHOWN_PROCESSES = 3;

const STEPS: Readonly<Record<string, string>> = {
  term: 'TERM',
  kill: 'KILL',
  ended: 'all gone',
  teardown: 'torn down',
};

/** A post-mortem for people: what happened, its last words, what was left, where to look; most often in 24 lines. */
export function postmortemReport(of: Reported, directory: string): string {
  const run = `${of.name}.${of.runId}`;
  const code = of.exitCode === null ? 'its exit code is not known' : `exit code ${of.exitCode}`;
  return [
    visible(`${of.name} ${of.result}: ${of.reason}`),
    ...section([
      ['ended', `${of.endedAt ?? 'nobody knows when'}, ${code}${of.program === null ? '' : `, ${of.program}`}`],
      ['steps', of.steps.map(({ step, at }) => `${STEPS[step] ?? step} ${timeOfDay(at)}`).join(', ')],
      ['said', said(of.report)],
      ['used', usedUp(of.resources)],
    ]),
    ...lastWords(of),
    'what was left',
    ...section([
      ['ended', named(of.processes.ended)],
      ['spared', named(of.processes.spared)],
      [of.tornDown ? 'survived' : 'runs', named(of.processes.survivors)],
      ['suspect', named(of.processes.suspects)],
      ['cwd', of.cwd],
    ]),
    ...gitLines(of),
    'where to look',
    ...section([
      ['files', directory],
      ['result', of.report?.resultFile ?? null],
      ['log', `agentctl logs ${run}${of.log === null ? '' : ` (${byteSize(of.log.bytes)})`}`],
      ['all', `agentctl inspect ${run}`],
      ['resume', of.resume],
    ]),
  ].join('\n');
}

function section(lines: readonly Line[]): string[] {
  return lines.filter(([, value]) => value !== null && value !== '').map(([key, value]) => line(key, value ?? ''));
}

function line(key: string, value: string): string {
  return `  ${key.padEnd(10)}${visible(value)}`;
}

/** What was on its screen; of an agent that nobody saw end, the end of its log. */
function lastWords({ screen, log }: Reported): string[] {
  const shown = linesOf(screen ?? '');
  const printed = linesOf(log?.text ?? '');
  const words = shown.length > 0 || log?.drewScreen ? shown : printed;
  if (words.length === 0) return ['last words: none'];
  return ['last words', ...words.slice(-LAST_LINES).map((text) => `  | ${visible(text)}`)];
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((one) => one.trimEnd())
    .filter((one) => one !== '');
}

function gitLines({ git, gitMissing }: Reported): string[] {
  if (git === null) return [line('git', gitMissing ?? 'not asked')];
  const [branch = '', ...changes] = linesOf(git.status);
  const more = changes.length - GIT_LINES;
  const count = git.cut
    ? `more than ${changes.length} changes`
    : changes.length === 1
      ? '1 change'
      : `${changes.length} changes`;
  return [
    line('git', `${branch.replace(/^## /, '')}: ${changes.length === 0 ? 'no changes' : count}`),
    ...changes.slice(0, more === 1 ? GIT_LINES + 1 : GIT_LINES).map((change) => line('', change)),
    ...(more > 1 ? [line('', `and ${more} more`)] : []),
  ];
}

function said(report: Reported['report']): string | null {
  if (report === null) return null;
  const { state, source, status, waitingFor, message } = report;
  const detail = status ?? waitingFor;
  const [words = ''] = linesOf(message ?? '');
  return `${state}${detail === null ? '' : ` (${detail})`}, by ${source}${words === '' ? '' : `: ${words.slice(0, 200)}`}`;
}

function named(notes: readonly ProcessNote[]): string {
  const shown = notes.slice(0, SHOWN_PROCESSES).map(({ pid, program, why }) => `${program} (pid ${pid}, ${why})`);
  const more = notes.length - SHOWN_PROCESSES;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

/** HH:MM:SS of an ISO instant; the day stands above. */
function timeOfDay(at: string): string {
  return at.slice(11, 19);
}
