# bash completion for agentctl, generated from its commands.
# It starts agentctl only to ask, once in a shell, where the state directory is that nobody has named.

# _agentctl_names live|all DIRECTORY: adds the names of agents to words, from the folders of the state directory.
_agentctl_names() {
  local directory=$2 path name
  if [[ -z $directory ]]; then directory=${AGENTCTL_STATE_DIR-}; fi
  if [[ -z $directory ]]; then
    if [[ -z ${_agentctl_directory-} ]]; then
      _agentctl_directory=$(agentctl info --json 2>/dev/null | sed -n 's/.*"stateDirectory":"\([^"\\]*\)".*/\1/p')
    fi
    directory=$_agentctl_directory
  fi
  for path in "$directory"/agents/*/; do
    path=${path%/}
    name=${path##*/}
    # Nothing else: compgen runs what a word may hold.
    if [[ $name =~ ^[A-Za-z0-9][A-Za-z0-9_-]*$ ]]; then words+=" $name"; fi
  done
  if [[ $1 == live ]]; then return; fi
  for path in "$directory"/archive/*.*/; do
    path=${path%.*}
    name=${path##*/}
    if [[ $name =~ ^[A-Za-z0-9][A-Za-z0-9_-]*$ ]]; then words+=" $name"; fi
  done
}

_agentctl() {
  local word=${COMP_WORDS[COMP_CWORD]} one at command='' directory='' expects='' names='' runs=''
  local words='spawn run ps top status inspect wait logs screen attach send stop kill done extend keep agents hooks rm prune sweep manager service config events stats metrics audit tmux info doctor completion'
  local options='--state-dir --help --version' takes=' --state-dir '
  COMPREPLY=()
  for ((at = 1; at < COMP_CWORD; at++)); do
    one=${COMP_WORDS[at]}
    if [[ -n $expects ]]; then
      # bash makes three words of --option=value.
      if [[ $one == '=' ]]; then continue; fi
      if [[ $expects == --state-dir ]]; then
        directory=${one//[\"\'\\]/}
        directory=${directory/#\~/$HOME}
      fi
      expects=''
    elif [[ $one == -- ]]; then options=''
    elif [[ $one == --state-dir=* ]]; then directory=${one#*=}
    elif [[ $one == -* ]]; then
      if [[ $takes == *" $one "* ]]; then expects=$one; fi
    elif [[ -z $command ]]; then
      command=$one
      words=''
      case $command in
        spawn)
          options='--agent --prompt --prompt-file --name --cwd --env --env-file --label --max-runtime --grace --max-idle --kill-after --size --stdin --stdout --stderr --replace --on --with-parent --leave-running --no-manager --attach --batch --max-parallel --json --state-dir --help'
          takes=' --agent --prompt --prompt-file --name -n --cwd -C --env -e --env-file --label -l --max-runtime --grace --max-idle --kill-after --size --stdin --stdout --stderr --on --batch --max-parallel --state-dir '
          runs=1 ;;
        run)
          options='--agent --prompt --prompt-file --name --cwd --env --env-file --label --max-runtime --grace --max-idle --kill-after --size --stdin --stdout --stderr --replace --on --with-parent --leave-running --no-manager --attach --raw --state-dir --help'
          takes=' --agent --prompt --prompt-file --name -n --cwd -C --env -e --env-file --label -l --max-runtime --grace --max-idle --kill-after --size --stdin --stdout --stderr --on --state-dir '
          runs=1 ;;
        ps)
          options='--all --quiet --filter --sort --watch --tree --foreign --json --state-dir --help'
          takes=' --filter --sort --state-dir ' ;;
        top)
          options='--state-dir --help'
          takes=' --state-dir ' ;;
        status)
          options='--json --state-dir --help'
          takes=' --state-dir '
          names=all ;;
        inspect)
          options='--self --postmortem --json --state-dir --help'
          takes=' --state-dir '
          names=all ;;
        wait)
          options='--filter --any --all --for --timeout --json --state-dir --help'
          takes=' --filter --for --timeout --state-dir '
          names=all ;;
        logs)
          options='--follow --tail --since --raw --state-dir --help'
          takes=' --tail --since --state-dir '
          names=all ;;
        screen)
          options='--state-dir --help'
          takes=' --state-dir '
          names=all ;;
        attach)
          options='--read-only --state-dir --help'
          takes=' --state-dir '
          names=live ;;
        send)
          options='--keys --force --state-dir --help'
          takes=' --state-dir '
          names=live ;;
        stop)
          options='--all --filter --no-manager --tree --kill-after --foreign --state-dir --help'
          takes=' --filter --kill-after --foreign --state-dir '
          names=live ;;
        kill)
          options='--all --filter --no-manager --tree --state-dir --help'
          takes=' --filter --state-dir '
          names=live ;;
        done)
          options='--message --result --status --no-manager --state-dir --help'
          takes=' --message -m --result --status --state-dir '
          names=live ;;
        extend)
          options='--json --no-manager --state-dir --help'
          takes=' --state-dir '
          names=live ;;
        keep)
          options='--release --state-dir --help'
          takes=' --state-dir '
          names=live ;;
        agents)
          options='--json --state-dir --help'
          takes=' --state-dir ' ;;
        hooks)
          options='--state-dir --help'
          takes=' --state-dir '
          words='claude codex gemini opencode' ;;
        rm)
          options='--force --state-dir --help'
          takes=' --state-dir '
          names=all ;;
        prune)
          options='--older-than --keep --dry-run --json --state-dir --help'
          takes=' --older-than --keep --state-dir ' ;;
        sweep)
          options='--dry-run --explain --state-dir --help'
          takes=' --state-dir ' ;;
        manager)
          options='--json --leave-after --take-over --state-dir --help'
          takes=' --leave-after --state-dir '
          words='run start stop status' ;;
        service)
          options='--yes --print --force --json --state-dir --help'
          takes=' --state-dir '
          words='install uninstall status' ;;
        config)
          options='--json --state-dir --help'
          takes=' --state-dir '
          words='path validate' ;;
        events)
          options='--follow --since --filter --json --state-dir --help'
          takes=' --since --filter --state-dir ' ;;
        stats)
          options='--since --by --json --state-dir --help'
          takes=' --since --by --state-dir ' ;;
        metrics)
          options='--textfile --state-dir --help'
          takes=' --textfile --state-dir ' ;;
        audit)
          options='--json --state-dir --help'
          takes=' --state-dir ' ;;
        tmux)
          options='--state-dir --help'
          takes=' --state-dir '
          runs=1 ;;
        info)
          options='--json --state-dir --help'
          takes=' --state-dir ' ;;
        doctor)
          options='--json --state-dir --help'
          takes=' --state-dir ' ;;
        completion)
          options='--state-dir --help'
          takes=' --state-dir '
          words='bash zsh fish' ;;
        *) options='' ;;
      esac
    elif [[ -n $runs ]]; then return # another's command line: files
    elif [[ -z $names ]]; then words=''
    fi
  done
  if [[ $word == '=' ]]; then word=''; fi
  if [[ -n $expects ]]; then
    case "$command $expects" in
      'spawn --agent') words='claude codex gemini opencode' ;;
      'run --agent') words='claude codex gemini opencode' ;;
      'ps --sort') words='name phase created ended runtime' ;;
      'wait --for') words='done waiting ended' ;;
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
