import type { Described, DescribedOption } from './described.ts';

/** Completion for fish, from 3.0 on. */
export function fish(commands: readonly Described[], globals: readonly DescribedOption[]): string {
  return `# fish completion for agentctl, generated from its commands.
# It starts agentctl only to ask, once in a shell, where the state directory is that nobody has named.

# The words before the cursor that are no options, without agentctl itself.
function __agentctl_words
    set -l expects
    for word in (commandline -opc)[2..-1]
        if set -q expects[1]
            set expects
        else if contains -- $word --state-dir ${takers(commands).join(' ')}
            set expects $word
        else if not string match -q -- '-*' $word
            echo $word
        end
    end
end

# Whether the command is one of these.
function __agentctl_is
    contains -- (__agentctl_words)[1] $argv
end

# Whether nothing but the command stands there yet.
function __agentctl_has_only_command
    test (count (__agentctl_words)) -eq 1
end

function __agentctl_has_none
    test (count (__agentctl_words)) -eq 0
end

# __agentctl_names live|all: the names of agents, from the folders of the state directory.
function __agentctl_names
    set -l directory $AGENTCTL_STATE_DIR
    set -l words (commandline -opc)
    if set -l at (contains -i -- --state-dir $words)
        set directory (string replace -r '^~' $HOME -- $words[(math $at + 1)])
    else if set -l given (string match -r -- '^--state-dir=(.*)' $words)
        set directory $given[2]
    end
    if test -z "$directory"
        if not set -q __agentctl_directory
            set -g __agentctl_directory (agentctl info --json 2>/dev/null | string match -r '"stateDirectory":"([^"\\\\\\\\]*)"')[2]
        end
        set directory $__agentctl_directory
    end
    for path in $directory/agents/*/
        string replace -rf '^.*/([A-Za-z0-9][A-Za-z0-9_-]*)/$' '$1' -- $path
    end
    if test $argv[1] = all
        for path in $directory/archive/*.*/
            string replace -rf '^.*/([A-Za-z0-9][A-Za-z0-9_-]*)\\.[^/]*/$' '$1' -- $path
        end
    end
end

complete -c agentctl -f
${globals.map((option) => complete('', option)).join('\n')}
complete -c agentctl -n __agentctl_has_none -l version -s V -d ${quoted("agentctl's version")}
${commands.map(({ name, summary }) => `complete -c agentctl -n __agentctl_has_none -a ${name} -d ${quoted(summary)}`).join('\n')}
${commands.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ name, options, words, names, takesCommand }: Described): string[] {
  const is = `-n '__agentctl_is ${name}'`;
  return [
    ...options.map((option) => complete(` ${is}`, option)),
    ...(words.length > 0
      ? [`complete -c agentctl -n '__agentctl_is ${name}; and __agentctl_has_only_command' -a '${words.join(' ')}'`]
      : []),
    ...(names === 'none' ? [] : [`complete -c agentctl ${is} -a '(__agentctl_names ${names})'`]),
    ...(takesCommand
      ? [
          `complete -c agentctl -F ${is}`,
          `complete -c agentctl -n '__agentctl_is ${name}; and __agentctl_has_only_command' -a '(__fish_complete_command)'`,
        ]
      : []),
  ];
}

function complete(condition: string, { name, short, takesValue, values, meaning }: DescribedOption): string {
  const value = !takesValue ? '' : values === undefined ? ' -r -F' : ` -x -a '${values.join(' ')}'`;
  const alias = short === undefined ? '' : ` -s ${short}`;
  return `complete -c agentctl${condition} -l ${name}${alias}${value} -d ${quoted(meaning)}`;
}

/** Options with a value, of any command: one that has its own in another's place would be rare, and is none now. */
function takers(commands: readonly Described[]): string[] {
  const all = commands.flatMap(({ options }) => options.filter(({ takesValue }) => takesValue));
  return [...new Set(all.flatMap(({ name, short }) => [`--${name}`, ...(short === undefined ? [] : [`-${short}`])]))];
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
