export interface Completed {
  name: string;
  summary: string;
  options: readonly string[];
  /** Whether its words are names of agents. */
  takesNames: boolean;
}

/** A completion script; it asks `agentctl ps -aq` for names only when one is completed. */
export function completionScript(shell: 'bash' | 'zsh' | 'fish', commands: readonly Completed[]): string {
  return { bash, zsh, fish }[shell](commands);
}

function bash(commands: readonly Completed[]): string {
  return `_agentctl() {
  local word=\${COMP_WORDS[COMP_CWORD]} command= at words
  for ((at = 1; at < COMP_CWORD; at++)); do
    case \${COMP_WORDS[at]} in
      --state-dir) ((at++)) ;;
      -*) ;;
      *) command=\${COMP_WORDS[at]}; break ;;
    esac
  done
  case $command in
    '') words='${commands.map(({ name }) => name).join(' ')} --state-dir --help --version' ;;
${commands
  .map(({ name, options, takesNames }) => {
    const names = takesNames ? '; [[ $word == -* ]] || words=$(agentctl ps -aq 2>/dev/null)' : '';
    return `    ${name}) words='${options.map((option) => `--${option}`).join(' ')}'${names} ;;`;
  })
  .join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _agentctl agentctl
`;
}

/** zsh runs bash's completions. */
function zsh(commands: readonly Completed[]): string {
  return `#compdef agentctl
autoload -U +X compinit && compinit -u
autoload -U +X bashcompinit && bashcompinit
${bash(commands)}`;
}

function fish(commands: readonly Completed[]): string {
  const all = commands.map(({ name }) => name).join(' ');
  return commands
    .flatMap(({ name, summary, options, takesNames }) => [
      `complete -c agentctl -f -n 'not __fish_seen_subcommand_from ${all}' -a ${name} -d '${summary.replaceAll("'", '’')}'`,
      ...options.map((option) => `complete -c agentctl -n '__fish_seen_subcommand_from ${name}' -l ${option}`),
      ...(takesNames
        ? [`complete -c agentctl -f -n '__fish_seen_subcommand_from ${name}' -a '(agentctl ps -aq 2>/dev/null)'`]
        : []),
    ])
    .join('\n');
}
