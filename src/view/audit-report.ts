import { visible } from './visible.ts';

interface Audited {
  files: number;
  findings: readonly { file: string; line: number; hazard: string; sentence: string; text: string; instead: string }[];
}

/** For people: each finding with its line and what to put there, and how many there are. */
export function auditReport({ files, findings }: Audited): string {
  const looked = `${files} ${files === 1 ? 'file' : 'files'}`;
  if (findings.length === 0) return `nothing found: looked at ${looked}`;
  const blocks = findings.map(({ file, line, hazard, sentence, text, instead }) =>
    [`${file}:${line}: ${hazard}: ${sentence}`, `    ${text}`, ` -> ${instead}`, ''].map(visible).join('\n'),
  );
  const hit = new Set(findings.map(({ file }) => file)).size;
  const many = findings.length === 1 ? '1 finding' : `${findings.length} findings`;
  return `${blocks.join('\n')}\n${many} in ${hit} of ${looked}`;
}
