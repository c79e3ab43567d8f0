import type { Language } from './finding.ts';

const EXTENSIONS: Readonly<Record<string, Language>> = {
  ...{ sh: 'shell', bash: 'shell', zsh: 'shell', ksh: 'shell', bats: 'shell', command: 'shell', envrc: 'shell' },
  ...{ bashrc: 'shell', bash_profile: 'shell', bash_aliases: 'shell', zshrc: 'shell', profile: 'shell' },
  ...{ py: 'python', pyw: 'python', mk: 'make', mak: 'make', md: 'markdown', mdx: 'markdown', markdown: 'markdown' },
  ...{ js: 'javascript', mjs: 'javascript', cjs: 'javascript', jsx: 'javascript' },
  ...{ ts: 'javascript', mts: 'javascript', cts: 'javascript', tsx: 'javascript' },
};
const SHEBANGS: readonly [RegExp, Language][] = [
  [/\b(?:ba|da|z|k|mk|a)?sh\b/, 'shell'],
  [/\bpython[\d.]*\b/, 'python'],
  [/\b(?:node|nodejs|deno|bun|tsx|ts-node)\b/, 'javascript'],
  [/\bmake\b/, 'make'],
];

/**
 * The language of a file by its name; `'ask'` for one without an extension, whose first line may say it.
 *
 * @param name - without its directory.
 * @example languageOf('Makefile') // 'make'
 */
export function languageOf(name: string): Language | 'ask' | undefined {
  if (/^(?:GNU)?[Mm]akefile(?:\..*)?$/.test(name)) return 'make';
  const dot = name.lastIndexOf('.');
  if (dot < 0) return 'ask';
  const extension = name.slice(dot + 1).toLowerCase();
  return Object.hasOwn(EXTENSIONS, extension) ? EXTENSIONS[extension] : undefined;
}

/**
 * The language that a script's first line names.
 *
 * @example languageOfShebang('#!/usr/bin/env bash') // 'shell'
 */
export function languageOfShebang(text: string): Language | undefined {
  if (!text.startsWith('#!')) return undefined;
  const line = text.slice(0, 200).split('\n', 1)[0] ?? '';
  return SHEBANGS.find(([pattern]) => pattern.test(line))?.[1];
}
