import { type Finding, type Hazard, type Language, type Scene, SENTENCES } from './finding.ts';
import { judgeHost } from './host-hazards.ts';
import { judgeMakefile } from './makefile.ts';
import { fencesOf } from './markdown.ts';
import { judgeShell } from './shell-hazards.ts';
import { asItIs, placeOf, type Source } from './source.ts';

/** One finding, for whoever reads it. */
export interface AuditFinding {
  /** From 1. */
  line: number;
  hazard: Hazard;
  sentence: string;
  /** The line, without the white space around it; a long one is cut. */
  text: string;
  /** The agentctl line to put there. */
  instead: string;
}

/** Nobody reads further. */
const LONGEST_LINE = 200;
/** A program without any of these words has no hazard: most of them. */
const WORTH_READING =
  /tmux|sleep|\btee\b|grep|time.?out|time.?limit|deadline|max.?(?:run|wait|dur|time)|wait_for|elapsed|runtime|alarm|wall.?time|log|\.out\b|-\s{0,2}[\w.]{0,20}(?:start|beg[au]n|begin|launch|t0)/i;

/**
 * Finds in a script what agentctl is to replace: tmux calls that start, probe or end sessions, sessions that a sleep holds open, exit
 * codes read behind a pipe into tee, completion that is read from a log, timeouts of 4 hours and more.
 *
 * @param text - the whole file.
 * @returns in the order of lines; each hazard once in its place.
 * @example auditText('tmux kill-session -t fix', 'shell')[0]?.instead // 'agentctl stop fix'
 */
export function auditText(text: string, language: Language): AuditFinding[] {
  if ((language === 'python' || language === 'javascript') && !WORTH_READING.test(text)) return [];
  const found: Finding[] = [];
  const scene: Scene = {
    ...{ file: text, language, depth: 0, isSure: true, inSession: false, isCodeRead: false, pipefail: false },
    ...{ isCaptured: false, knowsTmux: /\btmux\b/.test(text), found },
  };
  const whole = asItIs(text, 0);
  if (language === 'markdown') {
    for (const { language: inner, code, isNamed } of fencesOf(whole))
      judge(code, { ...scene, language: inner, isSure: isNamed });
  } else judge(whole, scene);
  return lined(text, found);
}

function judge(source: Source, scene: Scene): void {
  // A fence in a fence of Markdown is not looked into.
  if (scene.language === 'shell') judgeShell(source, scene);
  else if (scene.language === 'make') judgeMakefile(source, scene);
  else if (scene.language !== 'markdown') {
    const isWhole = source.text.length === scene.file.length;
    judgeHost(source.text, isWhole ? 0 : placeOf(source, 0), scene);
  }
}

function lined(text: string, found: readonly Finding[]): AuditFinding[] {
  const sorted = found.toSorted((a, b) => a.at - b.at);
  const seen = new Set<string>();
  const findings: AuditFinding[] = [];
  let line = 1;
  let from = 0;
  let end = endOfLine(text, 0);
  for (const { hazard, at, instead } of sorted) {
    for (; end < at; end = endOfLine(text, from)) {
      line++;
      from = end + 1;
    }
    const key = `${hazard} ${at}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const begin = text.slice(from, Math.min(end, from + 2 * LONGEST_LINE)).trim();
    const shown = begin.length > LONGEST_LINE ? `${begin.slice(0, LONGEST_LINE)}…` : begin;
    findings.push({ line, hazard, sentence: SENTENCES[hazard], text: shown, instead });
  }
  return findings;
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}
