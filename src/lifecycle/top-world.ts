import { parseDuration } from '../agent/duration.ts';
import { wordsOf } from '../errors.ts';
import { BellListener } from '../store/bell.ts';
import { readSamples } from '../store/samples-file.ts';
import type { StateDir } from '../store/state-dir.ts';
import { awakeMs, pause, wallMs } from '../system/clock.ts';
import { PlainText } from '../view/plain-text.ts';
import type { World } from '../view/top/app.tsx';
import type { TopRow } from '../view/top/attention.ts';
import type { Task } from '../view/top/model.ts';
import { extend } from './extend.ts';
import { keep } from './keep.ts';
import { listPresent, resolve } from './list.ts';
import { livingManager } from './living-manager.ts';
import { logs } from './logs.ts';
import { screen } from './screen.ts';
import { stop } from './stop.ts';

/** Whatever changes an agent rings the bell, but for a wrapper that is killed, and what is sampled. */
const LOOK_EVERY_MS = 5000;
const LOOK_AT_MOST_EVERY_MS = 2000;
/** Of the time: with thousands of agents it looks less often. */
const LOOKING_FRACTION = 0.1;
/** More than any screen has room for. */
const MOST_SPARKS = 20;
const LOG_LINES = 1000;
/** Of a line that is wider than any terminal the rest is in "agentctl logs". */
const LONGEST_LINE = 1000;
const BY = 'agentctl top';

/** What `top` sees of a state directory, and can do in it. */
export function topWorld(stateDir: StateDir, stdout: NodeJS.WriteStream): World & { close: () => void } {
  const bell = new BellListener(stateDir.path);
  let tookMs = 0;
  return {
    look() {
      const begun = awakeMs();
      const agents = listPresent(stateDir);
      const managerRuns = livingManager(stateDir) !== undefined;
      tookMs = awakeMs() - begun;
      return { agents, managerRuns };
    },
    async untilNextLook(left) {
      const wake = () => bell.ring();
      left.addEventListener('abort', wake);
      await pause(Math.max(LOOK_AT_MOST_EVERY_MS, tookMs / LOOKING_FRACTION), left);
      if (!left.aborted) await bell.next(LOOK_EVERY_MS);
      left.removeEventListener('abort', wake);
    },
    close: () => bell.close(),
    cpu: cpuHistory(),
    log: (of) => endOfLog(stateDir, of),
    carryOut: (task) => carryOut(stateDir, task).catch(wordsOf),
    nowMs: wallMs,
    stateDir: stateDir.path,
    unicode: /utf-?8/i.test(process.env.LC_ALL || process.env.LC_CTYPE || process.env.LANG || ''),
    stdout,
  };
}

/** Read again only where there is another sample. */
function cpuHistory(): World['cpu'] {
  const known = new Map<string, { at: string; percents: number[] }>();
  return ({ runId, resources, directory }) => {
    if (runId === null || resources === null) return [];
    const last = known.get(runId);
    if (last?.at === resources.at) return last.percents;
    const percents = readSamples(directory, runId, MOST_SPARKS).map(({ cpuPercent }) => cpuPercent);
    known.set(runId, { at: resources.at, percents });
    return percents;
  };
}

async function endOfLog(stateDir: StateDir, of: TopRow): Promise<string[]> {
  const text = new PlainText();
  let lines = '';
  for await (const bytes of logs(stateDir, of, { tail: LOG_LINES })) lines += text.push(bytes);
  lines += text.end();
  // Of a program that draws on the whole screen the bytes make no text.
  if (text.drewScreen) lines = await screen(stateDir, resolve(stateDir, of));
  return lines
    .trimEnd()
    .split('\n')
    .map((line) => line.slice(0, LONGEST_LINE));
}

async function carryOut(stateDir: StateDir, task: Task): Promise<string> {
  const { of } = task;
  if (task.do === 'stop') {
    const [ended] = await stop(stateDir, [of], { by: BY });
    return `${of.name}: ${ended?.result ?? 'stopped'}`;
  }
  if (task.do === 'extend') {
    const byMs = parseDuration(task.by, 'extend');
    if (byMs === 0) return 'extend: 0 adds nothing: give 90s, 5m, 1h30m or none';
    const { deadline } = await extend(stateDir, of, { byMs, by: BY });
    return `${of.name}: deadline ${deadline ?? 'none'}`;
  }
  // As it is now, not as it was drawn: a second press takes back the first, however soon it comes.
  const isKept = resolve(stateDir, of).evidence.files.keptBy !== undefined;
  const { kept } = await keep(stateDir, of, { keep: !isKept, by: BY });
  return `${of.name} is kept${kept ? '' : ' no more'}`;
}
