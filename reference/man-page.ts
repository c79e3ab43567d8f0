import type { Described, DescribedOption } from './described.ts';
import { COMMON, type Entry, type Section } from './man-sections.ts';

/**
 * The manual page, in roff's man macros (groff_man(7)). It bears a version and no date: one that is made from the commands
 * has none of its own.
 */
export function manPage(commands: readonly Described[], globals: readonly DescribedOption[], version: string): string {
  return [
    '.\\" Generated from the commands by reference/generate.mjs; do not edit.',
    `.TH AGENTCTL 1 "" "agentctl ${version}" "User Commands"`,
    '.SH NAME',
    text('agentctl - start AI agents in tmux, know how each ended, leave nothing behind'),
    '.SH SYNOPSIS',
    '.B agentctl',
    `[\\fB\\-\\-state\\-dir\\fR \\fIDIR\\fR] \\fICOMMAND\\fR ...`,
    ...COMMON.before.flatMap(section),
    '.SH OPTIONS',
    ...globals.flatMap(option),
    '.TP',
    '\\fB\\-V\\fR, \\fB\\-\\-version\\fR',
    text("agentctl's version"),
    '.SH COMMANDS',
    ...commands.flatMap(command),
    ...COMMON.after.flatMap(section),
    '',
  ].join('\n');
}

function command({ name, usages, description, options, examples }: Described): string[] {
  return [
    `.SS ${name}`,
    ...usages.flatMap((usage, at) => [...(at === 0 ? [] : ['.br']), `.B ${quoted(`agentctl ${usage}`)}`]),
    '.PP',
    text(description),
    ...options.flatMap(option),
    ...(examples.length === 0 ? [] : ['.PP', 'Examples:']),
    ...examples.flatMap(([line, meaning]) => ['.TP', `.B ${quoted(line)}`, text(meaning)]),
  ];
}

function option({ name, short, takesValue, meaning }: DescribedOption): string[] {
  const long = `\\fB${escaped(`--${name}`)}\\fR${takesValue ? ' \\fIVALUE\\fR' : ''}`;
  return ['.TP', short === undefined ? long : `\\fB${escaped(`-${short}`)}\\fR, ${long}`, text(meaning)];
}

function section({ title, paragraphs, entries }: Section): string[] {
  return [
    `.SH ${title.includes(' ') ? quoted(title) : title}`,
    ...(paragraphs ?? []).flatMap((paragraph, at) => [...(at === 0 ? [] : ['.PP']), text(paragraph)]),
    ...(entries ?? []).flatMap(([term, meaning]: Entry) => ['.TP', `.B ${quoted(term)}`, text(meaning)]),
  ];
}

/** A line of text: nothing at its begin is a request. */
function text(words: string): string {
  return escaped(words).replace(/^[.']/, '\\&$&');
}

/** A macro's one argument. */
function quoted(words: string): string {
  return `"${escaped(words).replaceAll('"', '\\(dq')}"`;
}

const GLYPHS: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
  '…': '...',
};

/** Signs as they are typed, where roff would set others in their place; whatever is not ASCII by its number. */
function escaped(words: string): string {
  return words
    .replace(/[\\\-'`^~…]/g, (sign) => GLYPHS[sign] ?? sign)
    .replace(/[^\n -~]/gu, (sign) => `\\[u${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`);
}
