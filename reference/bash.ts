import type { Described, DescribedOption } from './described.ts';

/** Completion for bash, from 3.2 on, which macOS has. */
export function bash(commands: readonly Described[], globals: readonly DescribedOption[]): string {
  return `# bash completion for agentctl, generated from its commands.
# It starts agentctl only to ask, once in a shell, where the state directory is that nobody has named.

# _agentctl_names live|all DIRECTORY: adds the names of agents to words, from the folders of the state directory.
_agentctl_names() {
  local directory=$2 path name
  if [[ -z $directory ]]; then directory=\${AGENTCTL_STATE_DIR-}; fi
  if [[ -z $directory ]]; then
    if [[ -z \${_agentctl_directory-} ]]; then
      _agentctl_directory=$(agentctl info --json 2>/dev/null | sed -n 's/.*"stateDirectory":"\\([^"\\\\]*\\)".*/\\1/p')
    fi
    directory=$_agentctl_directory
  fi
  for path in "$directory"/agents/*/; do
    path=\${path%/}
    name=\${path##*/}
    # Nothing else: compgen runs what a word may hold.
    if [[ $name =~ ^[A-Za-z0-9][A-Za-z0-9_-]*$ ]]; then words+=" $name"; fi
  done
  if [[ $1 == live ]]; then return; fi
  for path in "$directory"/archive/*.*/; do
    path=\${path%.*}
    name=\${path##*/}
    if [[ $name =~ ^[A-Za-z0-9][A-Za-z0-9_-]*$ ]]; then words+=" $name"; fi
  done
}

_agentctl() {
  local word=\${COMP_WORDS[COMP_CWORD]} one at command='' directory='' expects='' names='' runs=''
  local words='${commands.map(({ name }) => name).join(' ')}'
  local options='${[...globals.map(flag), '--version'].join(' ')}' takes=' --state-dir '
  COMPREPLY=()
  for ((at = 1; at < COMP_CWORD; at++)); do
    one=\${COMP_WORDS[at]}
    if [[ -n $expects ]]; then
      # bash makes three words of --option=value.
      if [[ $one == '=' ]]; then continue; fi
      if [[ $expects == --state-dir ]]; then
        directory=\${one//[\\"\\'\\\\]/}
        directory=\${directory/#\\~/$HOME}
      fi
      expects=''
    elif [[ $one == -- ]]; then options=''
    elif [[ $one == --state-dir=* ]]; then directory=\${one#*=}
    elif [[ $one == -* ]]; then
      if [[ $takes == *" $one "* ]]; then expects=$one; fi
    elif [[ -z $command ]]; then
      command=$one
      words=''
      case $command in
${commands.map((command) => `        ${command.name})\n          ${settings(command, globals).join('\n          ')} ;;`).join('\n')}
        *) options='' ;;
      esac
    elif [[ -n $runs ]]; then return # another's command line: files
    elif [[ -z $names ]]; then words=''
    fi
  done
  if [[ $word == '=' ]]; then word=''; fi
  if [[ -n $expects ]]; then
    case "$command $expects" in
${commands.flatMap(valueCases).join('\n')}
      *) return ;; # files
    esac
  elif [[ $word == -* ]]; then words=$options
  elif [[ -n $runs ]]; then
    COMPREPLY=($(compgen -c -- "$word"))
    return
  elif [[ -n $names ]]; then _agentctl_names "$names" "$directory"
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _agentctl agentctl
`;
}

function settings(command: Described, globals: readonly DescribedOption[]): string[] {
  const { options, words, names, takesCommand } = command;
  const all = [...options, ...globals];
  const takes = all.filter(({ takesValue }) => takesValue).flatMap(spellings);
  return [
    `options='${all.map(flag).join(' ')}'`,
    `takes=' ${takes.join(' ')} '`,
    ...(words.length > 0 ? [`words='${words.join(' ')}'`] : []),
    ...(names === 'none' ? [] : [`names=${names}`]),
    ...(takesCommand ? ['runs=1'] : []),
  ];
}

function valueCases({ name, options }: Described): string[] {
  return options.flatMap((option) =>
    option.values === undefined
      ? []
      : [
          `      ${spellings(option)
            .map((spelling) => `'${name} ${spelling}'`)
            .join(' | ')}) words='${option.values.join(' ')}' ;;`,
        ],
  );
}

function flag({ name }: DescribedOption): string {
  return `--${name}`;
}

function spellings({ name, short }: DescribedOption): string[] {
  return [`--${name}`, ...(short === undefined ? [] : [`-${short}`])];
}
