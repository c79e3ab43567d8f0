import type { Described, DescribedOption } from './described.ts';

/** Completion for zsh: a file for a folder of `fpath`, which can be sourced too. */
export function zsh(commands: readonly Described[], globals: readonly DescribedOption[]): string {
  const list = commands.map(({ name, summary }) => `    ${item(name, summary)}`).join('\n');
  return `#compdef agentctl
# zsh completion for agentctl, generated from its commands.
# It starts agentctl only to ask, once in a shell, where the state directory is that nobody has named.

# _agentctl_names live|all DIRECTORY: offers the names of agents, from the folders of the state directory.
_agentctl_names() {
  local directory=\${2:-$AGENTCTL_STATE_DIR} pattern='[A-Za-z0-9][A-Za-z0-9_-]#'
  setopt local_options extended_glob null_glob
  if [[ -z $directory ]]; then
    if [[ -z $_agentctl_directory ]]; then
      typeset -g _agentctl_directory=$(agentctl info --json 2>/dev/null | sed -n 's/.*"stateDirectory":"\\([^"\\\\]*\\)".*/\\1/p')
    fi
    directory=$_agentctl_directory
  fi
  local -aU names
  names=($directory/agents/*(/:t))
  if [[ $1 == all ]]; then names+=($directory/archive/*.*(/:t:r)); fi
  names=(\${(M)names:#$~pattern})
  _wanted agents expl agent compadd -a names
}

_agentctl() {
  local one command directory expects names runs at curcontext=$curcontext
  local -a commands options takes list values
  commands=(
${list}
  )
  options=(${[...globals, VERSION].flatMap(optionItems).join(' ')})
  takes=(--state-dir)
  for ((at = 2; at < CURRENT; at++)); do
    one=\${(Q)words[at]}
    if [[ -n $expects ]]; then
      if [[ $expects == --state-dir ]]; then directory=\${one/#\\~/$HOME}; fi
      expects=
    elif [[ $one == -- ]]; then options=()
    elif [[ $one == --state-dir=* ]]; then directory=\${one#*=}
    elif [[ $one == -* ]]; then
      if (( \${takes[(Ie)$one]} )); then expects=$one; fi
    elif [[ -z $command ]]; then
      command=$one
      case $command in
${commands.map((command) => `        ${command.name})\n          ${settings(command, globals).join('\n          ')} ;;`).join('\n')}
        *) options=() ;;
      esac
    elif [[ -n $runs ]]; then
      # Another's command line.
      words=("\${(@)words[at,-1]}")
      ((CURRENT -= at - 1))
      _normal
      return
    elif [[ -z $names ]]; then list=()
    fi
  done
  if [[ -z $expects && \${words[CURRENT]} == --*=* ]]; then
    expects=\${words[CURRENT]%%=*}
    compset -P '*='
  fi
  if [[ -n $expects ]]; then
    case "$command $expects" in
${commands.flatMap(valueCases).join('\n')}
      *' --state-dir' | *' --cwd' | *' -C') _directories; return ;;
      *) _files; return ;;
    esac
    _wanted values expl value compadd -a values
  elif [[ \${words[CURRENT]} == -* ]]; then _describe -o option options
  elif [[ -z $command ]]; then _describe command commands
  elif [[ -n $runs ]]; then _command_names -e
  elif [[ -n $names ]]; then _agentctl_names $names $directory
  elif (( $#list )); then compadd -a list
  else _files
  fi
}

# From fpath it is called at once, as the function that it is; sourced, it is to be registered.
if [[ \${funcstack[1]} == _agentctl ]]; then
  _agentctl "$@"
else
  (( $+functions[compdef] )) || { autoload -U compinit && compinit; }
  compdef _agentctl agentctl
fi
`;
}

const VERSION: DescribedOption = {
  name: 'version',
  short: 'V',
  takesValue: false,
  values: undefined,
  meaning: "agentctl's version",
};

function settings(command: Described, globals: readonly DescribedOption[]): string[] {
  const { options, words, names, takesCommand } = command;
  const all = [...options, ...globals];
  const takes = all.filter(({ takesValue }) => takesValue).flatMap(spellings);
  return [
    `options=(\n            ${all.flatMap(optionItems).join('\n            ')}\n          )`,
    `takes=(${takes.join(' ')})`,
    ...(words.length > 0 ? [`list=(${words.join(' ')})`] : []),
    ...(names === 'none' ? [] : [`names=${names}`]),
    ...(takesCommand ? ['runs=1'] : []),
  ];
}

function valueCases({ name, options }: Described): string[] {
  return options.flatMap((option) =>
    option.values === undefined
      ? []
      : spellings(option).map((spelling) => `      '${name} ${spelling}') values=(${option.values?.join(' ')}) ;;`),
  );
}

function optionItems(option: DescribedOption): string[] {
  return spellings(option).map((spelling) => item(spelling, option.meaning));
}

/** "word:meaning", as _describe reads it. */
function item(word: string, meaning: string): string {
  return `'${`${word}:${meaning.replaceAll(':', '\\:')}`.replaceAll("'", "'\\''")}'`;
}

function spellings({ name, short }: DescribedOption): string[] {
  return [`--${name}`, ...(short === undefined ? [] : [`-${short}`])];
}
