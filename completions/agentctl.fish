# fish completion for agentctl, generated from its commands.
# It starts agentctl only to ask, once in a shell, where the state directory is that nobody has named.

# The words before the cursor that are no options, without agentctl itself.
function __agentctl_words
    set -l expects
    for word in (commandline -opc)[2..-1]
        if set -q expects[1]
            set expects
        else if contains -- $word --state-dir --agent --prompt --prompt-file --name -n --cwd -C --env -e --env-file --label -l --max-runtime --grace --max-idle --kill-after --size --stdin --stdout --stderr --on --batch --max-parallel --filter --sort --for --timeout --tail --since --foreign --message -m --result --status --older-than --keep --leave-after --by --textfile
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
            set -g __agentctl_directory (agentctl info --json 2>/dev/null | string match -r '"stateDirectory":"([^"\\\\]*)"')[2]
        end
        set directory $__agentctl_directory
    end
    for path in $directory/agents/*/
        string replace -rf '^.*/([A-Za-z0-9][A-Za-z0-9_-]*)/$' '$1' -- $path
    end
    if test $argv[1] = all
        for path in $directory/archive/*.*/
            string replace -rf '^.*/([A-Za-z0-9][A-Za-z0-9_-]*)\.[^/]*/$' '$1' -- $path
        end
    end
end

complete -c agentctl -f
complete -c agentctl -l state-dir -r -F -d 'the state directory (default: see agentctl info)'
complete -c agentctl -l help -s h -d 'this text'
complete -c agentctl -n __agentctl_has_none -l version -s V -d 'agentctl\'s version'
complete -c agentctl -n __agentctl_has_none -a spawn -d 'start an agent and return once it provably runs'
complete -c agentctl -n __agentctl_has_none -a run -d 'start an agent, show its output, end with its exit code'
complete -c agentctl -n __agentctl_has_none -a ps -d 'list agents, and what is true of each'
complete -c agentctl -n __agentctl_has_none -a top -d 'the agents live on the whole screen, with keys'
complete -c agentctl -n __agentctl_has_none -a status -d 'one agent for people; exit code 0 live, 3 ended, 4 unknown'
complete -c agentctl -n __agentctl_has_none -a inspect -d 'everything that is known of an agent'
complete -c agentctl -n __agentctl_has_none -a wait -d 'wait for agents to end, with their exit code'
complete -c agentctl -n __agentctl_has_none -a logs -d 'what an agent printed'
complete -c agentctl -n __agentctl_has_none -a screen -d 'an agent\'s screen, the last one after its end'
complete -c agentctl -n __agentctl_has_none -a attach -d 'this terminal becomes the agent\'s; C-q leaves'
complete -c agentctl -n __agentctl_has_none -a send -d 'type a text into an agent'
complete -c agentctl -n __agentctl_has_none -a stop -d 'end agents with their whole process tree'
complete -c agentctl -n __agentctl_has_none -a kill -d 'the same, without waiting for them to clean up'
complete -c agentctl -n __agentctl_has_none -a done -d 'say that an agent has finished: its grace begins'
complete -c agentctl -n __agentctl_has_none -a extend -d 'give an agent more time'
complete -c agentctl -n __agentctl_has_none -a keep -d 'hold what time would end or tear down'
complete -c agentctl -n __agentctl_has_none -a agents -d 'the profiles for spawn --agent'
complete -c agentctl -n __agentctl_has_none -a hooks -d 'what to put into an agent\'s own settings, so that it reports'
complete -c agentctl -n __agentctl_has_none -a rm -d 'remove ended agents with their logs'
complete -c agentctl -n __agentctl_has_none -a prune -d 'remove archived agents by age or number'
complete -c agentctl -n __agentctl_has_none -a sweep -d 'look at every agent once, and do what is due'
complete -c agentctl -n __agentctl_has_none -a manager -d 'the process that does so all the time: run, start, stop, status'
complete -c agentctl -n __agentctl_has_none -a service -d 'have systemd keep the manager alive, or the line for cron'
complete -c agentctl -n __agentctl_has_none -a config -d 'the effective settings, and where each comes from'
complete -c agentctl -n __agentctl_has_none -a events -d 'what happened to agents, a line a transition'
complete -c agentctl -n __agentctl_has_none -a stats -d 'how many ended how, and what teardown saved'
complete -c agentctl -n __agentctl_has_none -a metrics -d 'all of it as numbers, for Prometheus'
complete -c agentctl -n __agentctl_has_none -a audit -d 'what in your scripts agentctl is to replace'
complete -c agentctl -n __agentctl_has_none -a tmux -d 'any tmux command, on the private server'
complete -c agentctl -n __agentctl_has_none -a info -d 'which state directory, and why; versions'
complete -c agentctl -n __agentctl_has_none -a doctor -d 'what on this machine could get in the way'
complete -c agentctl -n __agentctl_has_none -a completion -d 'completion for bash, zsh or fish'
complete -c agentctl -n '__agentctl_is spawn' -l agent -x -a 'claude codex gemini opencode' -d 'a profile ("agentctl agents"): its command, with hooks that report; what follows is added to it'
complete -c agentctl -n '__agentctl_is spawn' -l prompt -r -F -d 'with --agent: what it is to do'
complete -c agentctl -n '__agentctl_is spawn' -l prompt-file -r -F -d 'the same from a file, or - for this stdin'
complete -c agentctl -n '__agentctl_is spawn' -l name -s n -r -F -d 'its name; default COMMAND-xxxx'
complete -c agentctl -n '__agentctl_is spawn' -l cwd -s C -r -F -d 'its working directory; default this one'
complete -c agentctl -n '__agentctl_is spawn' -l env -s e -r -F -d 'NAME=VALUE for its environment, or NAME for the value here; repeatable'
complete -c agentctl -n '__agentctl_is spawn' -l env-file -r -F -d 'a file of NAME=VALUE lines; repeatable'
complete -c agentctl -n '__agentctl_is spawn' -l label -s l -r -F -d 'key=value, for --filter; repeatable'
complete -c agentctl -n '__agentctl_is spawn' -l max-runtime -r -F -d 'the cap: how long it may run; default 1h'
complete -c agentctl -n '__agentctl_is spawn' -l grace -r -F -d 'from its end to teardown; default 5m'
complete -c agentctl -n '__agentctl_is spawn' -l max-idle -r -F -d 'how long it may do nothing; default 30m'
complete -c agentctl -n '__agentctl_is spawn' -l kill-after -r -F -d 'from TERM to KILL; default 10s'
complete -c agentctl -n '__agentctl_is spawn' -l size -r -F -d 'its terminal\'s COLUMNSxROWS; default 200x50'
complete -c agentctl -n '__agentctl_is spawn' -l stdin -r -F -d 'a file as its stdin, or - for this stdin; default its terminal'
complete -c agentctl -n '__agentctl_is spawn' -l stdout -r -F -d 'a file for its stdout, which then is not in its log'
complete -c agentctl -n '__agentctl_is spawn' -l stderr -r -F -d 'a file for its stderr, which then is not in its log'
complete -c agentctl -n '__agentctl_is spawn' -l replace -d 'stop a live agent of this name first'
complete -c agentctl -n '__agentctl_is spawn' -l on -r -F -d 'EVENT=COMMAND: hears of waiting, done, warned, ended, lost or escaped; repeatable'
complete -c agentctl -n '__agentctl_is spawn' -l with-parent -d 'end it when the agent that spawns it ends'
complete -c agentctl -n '__agentctl_is spawn' -l leave-running -d 'after its own end, end nothing that it left running'
complete -c agentctl -n '__agentctl_is spawn' -l no-manager -d 'start no manager, now or later, until "agentctl manager start"'
complete -c agentctl -n '__agentctl_is spawn' -l attach -d 'attach this terminal to it'
complete -c agentctl -n '__agentctl_is spawn' -l batch -r -F -d 'instead of a command: a file with an agent a line (schemas/batch.schema.json), or - for this stdin'
complete -c agentctl -n '__agentctl_is spawn' -l max-parallel -r -F -d 'KEY=VALUE:N, with --batch also N: no more than N with this label at one time; the others wait, queued'
complete -c agentctl -n '__agentctl_is spawn' -l json -d 'print the agent as JSON instead of its name; with --batch one a line'
complete -c agentctl -F -n '__agentctl_is spawn'
complete -c agentctl -n '__agentctl_is spawn; and __agentctl_has_only_command' -a '(__fish_complete_command)'
complete -c agentctl -n '__agentctl_is run' -l agent -x -a 'claude codex gemini opencode' -d 'a profile ("agentctl agents"): its command, with hooks that report; what follows is added to it'
complete -c agentctl -n '__agentctl_is run' -l prompt -r -F -d 'with --agent: what it is to do'
complete -c agentctl -n '__agentctl_is run' -l prompt-file -r -F -d 'the same from a file, or - for this stdin'
complete -c agentctl -n '__agentctl_is run' -l name -s n -r -F -d 'its name; default COMMAND-xxxx'
complete -c agentctl -n '__agentctl_is run' -l cwd -s C -r -F -d 'its working directory; default this one'
complete -c agentctl -n '__agentctl_is run' -l env -s e -r -F -d 'NAME=VALUE for its environment, or NAME for the value here; repeatable'
complete -c agentctl -n '__agentctl_is run' -l env-file -r -F -d 'a file of NAME=VALUE lines; repeatable'
complete -c agentctl -n '__agentctl_is run' -l label -s l -r -F -d 'key=value, for --filter; repeatable'
complete -c agentctl -n '__agentctl_is run' -l max-runtime -r -F -d 'the cap: how long it may run; default 1h'
complete -c agentctl -n '__agentctl_is run' -l grace -r -F -d 'from its end to teardown; default 5m'
complete -c agentctl -n '__agentctl_is run' -l max-idle -r -F -d 'how long it may do nothing; default 30m'
complete -c agentctl -n '__agentctl_is run' -l kill-after -r -F -d 'from TERM to KILL; default 10s'
complete -c agentctl -n '__agentctl_is run' -l size -r -F -d 'its terminal\'s COLUMNSxROWS; default 200x50'
complete -c agentctl -n '__agentctl_is run' -l stdin -r -F -d 'a file as its stdin, or - for this stdin; default its terminal'
complete -c agentctl -n '__agentctl_is run' -l stdout -r -F -d 'a file for its stdout, which then is not in its log'
complete -c agentctl -n '__agentctl_is run' -l stderr -r -F -d 'a file for its stderr, which then is not in its log'
complete -c agentctl -n '__agentctl_is run' -l replace -d 'stop a live agent of this name first'
complete -c agentctl -n '__agentctl_is run' -l on -r -F -d 'EVENT=COMMAND: hears of waiting, done, warned, ended, lost or escaped; repeatable'
complete -c agentctl -n '__agentctl_is run' -l with-parent -d 'end it when the agent that spawns it ends'
complete -c agentctl -n '__agentctl_is run' -l leave-running -d 'after its own end, end nothing that it left running'
complete -c agentctl -n '__agentctl_is run' -l no-manager -d 'start no manager, now or later, until "agentctl manager start"'
complete -c agentctl -n '__agentctl_is run' -l attach -d 'attach this terminal to it'
complete -c agentctl -n '__agentctl_is run' -l raw -d 'the terminal\'s own bytes, with colours and CRLF'
complete -c agentctl -F -n '__agentctl_is run'
complete -c agentctl -n '__agentctl_is run; and __agentctl_has_only_command' -a '(__fish_complete_command)'
complete -c agentctl -n '__agentctl_is ps' -l all -s a -d 'also what ended before its grace, and the archive'
complete -c agentctl -n '__agentctl_is ps' -l quiet -s q -d 'names only'
complete -c agentctl -n '__agentctl_is ps' -l filter -r -F -d 'phase=…, result=…, label=KEY or label=KEY=VALUE; repeatable'
complete -c agentctl -n '__agentctl_is ps' -l sort -x -a 'name phase created ended runtime' -d 'name, phase, created, ended, runtime; with - before it, backwards'
complete -c agentctl -n '__agentctl_is ps' -l watch -d 'again every 2 s, until interrupted; in a pipe one table below the other'
complete -c agentctl -n '__agentctl_is ps' -l tree -d 'agents below those that spawned them'
complete -c agentctl -n '__agentctl_is ps' -l foreign -d 'instead of agents: the sessions on your other tmux servers'
complete -c agentctl -n '__agentctl_is ps' -l json -d 'schemas/list.schema.json; with --foreign schemas/foreign.schema.json'
complete -c agentctl -n '__agentctl_is status' -l json -d 'schemas/agent.schema.json'
complete -c agentctl -n '__agentctl_is status' -a '(__agentctl_names all)'
complete -c agentctl -n '__agentctl_is inspect' -l self -d 'the agent that calls it'
complete -c agentctl -n '__agentctl_is inspect' -l postmortem -d 'of one that ended otherwise than as succeeded: all that tells why'
complete -c agentctl -n '__agentctl_is inspect' -l json -d 'is what it prints anyway; --postmortem: schemas/postmortem.schema.json'
complete -c agentctl -n '__agentctl_is inspect' -a '(__agentctl_names all)'
complete -c agentctl -n '__agentctl_is wait' -l filter -r -F -d 'also all that fit and are not torn down: label=KEY[=VALUE], phase=…; repeatable'
complete -c agentctl -n '__agentctl_is wait' -l any -d 'return when the first one ends, with its code'
complete -c agentctl -n '__agentctl_is wait' -l all -d 'wait for all that are named (the default); without names, for all live agents'
complete -c agentctl -n '__agentctl_is wait' -l for -x -a 'done waiting ended' -d 'done, waiting or ended: 0 when it gets there, 1 when it ends otherwise; prints where it got to'
complete -c agentctl -n '__agentctl_is wait' -l timeout -r -F -d 'give up after this long: exit code 75'
complete -c agentctl -n '__agentctl_is wait' -l json -d 'a line of JSON for each as it ends (schemas/agent.schema.json)'
complete -c agentctl -n '__agentctl_is wait' -a '(__agentctl_names all)'
complete -c agentctl -n '__agentctl_is logs' -l follow -s f -d 'go on until it has ended'
complete -c agentctl -n '__agentctl_is logs' -l tail -r -F -d 'only the last N lines'
complete -c agentctl -n '__agentctl_is logs' -l since -r -F -d 'only what was written in this last time, to within 5 s'
complete -c agentctl -n '__agentctl_is logs' -l raw -d 'the terminal\'s own bytes, with colours and CRLF'
complete -c agentctl -n '__agentctl_is logs' -a '(__agentctl_names all)'
complete -c agentctl -n '__agentctl_is screen' -a '(__agentctl_names all)'
complete -c agentctl -n '__agentctl_is attach' -l read-only -s r -d 'look only; no key reaches the agent'
complete -c agentctl -n '__agentctl_is attach' -a '(__agentctl_names live)'
complete -c agentctl -n '__agentctl_is send' -l keys -d 'the words are tmux\' key names, and no Enter is added'
complete -c agentctl -n '__agentctl_is send' -l force -d 'also into one that waits for a permission: it is the answer then'
complete -c agentctl -n '__agentctl_is send' -a '(__agentctl_names live)'
complete -c agentctl -n '__agentctl_is stop' -l all -d 'every live agent'
complete -c agentctl -n '__agentctl_is stop' -l filter -r -F -d 'the live agents with phase=… or label=KEY[=VALUE]; repeatable'
complete -c agentctl -n '__agentctl_is stop' -l no-manager -d 'start no manager, now or later, until "agentctl manager start"'
complete -c agentctl -n '__agentctl_is stop' -l tree -d 'also the agents that they spawned, and those that these spawned'
complete -c agentctl -n '__agentctl_is stop' -l kill-after -r -F -d 'from TERM to KILL; default the agent\'s own, 10s for --foreign'
complete -c agentctl -n '__agentctl_is stop' -l foreign -r -F -d 'SOCKET:NAME, as "ps --foreign" shows it; repeatable'
complete -c agentctl -n '__agentctl_is stop' -a '(__agentctl_names live)'
complete -c agentctl -n '__agentctl_is kill' -l all -d 'every live agent'
complete -c agentctl -n '__agentctl_is kill' -l filter -r -F -d 'the live agents with phase=… or label=KEY[=VALUE]; repeatable'
complete -c agentctl -n '__agentctl_is kill' -l no-manager -d 'start no manager, now or later, until "agentctl manager start"'
complete -c agentctl -n '__agentctl_is kill' -l tree -d 'also the agents that they spawned, and those that these spawned'
complete -c agentctl -n '__agentctl_is kill' -a '(__agentctl_names live)'
complete -c agentctl -n '__agentctl_is done' -l message -s m -r -F -d 'what there is to say of it'
complete -c agentctl -n '__agentctl_is done' -l result -r -F -d 'a file; a copy is kept with the agent'
complete -c agentctl -n '__agentctl_is done' -l status -r -F -d 'success (default) or failure'
complete -c agentctl -n '__agentctl_is done' -l no-manager -d 'start no manager, now or later, until "agentctl manager start"'
complete -c agentctl -n '__agentctl_is done' -a '(__agentctl_names live)'
complete -c agentctl -n '__agentctl_is extend' -l json -d 'schemas/agent.schema.json'
complete -c agentctl -n '__agentctl_is extend' -l no-manager -d 'start no manager, now or later, until "agentctl manager start"'
complete -c agentctl -n '__agentctl_is extend' -a '(__agentctl_names live)'
complete -c agentctl -n '__agentctl_is keep' -l release -d 'let it go again'
complete -c agentctl -n '__agentctl_is keep' -a '(__agentctl_names live)'
complete -c agentctl -n '__agentctl_is agents' -l json -d 'as JSON (schemas/profiles.schema.json)'
complete -c agentctl -n '__agentctl_is hooks; and __agentctl_has_only_command' -a 'claude codex gemini opencode'
complete -c agentctl -n '__agentctl_is rm' -l force -s f -d 'stop live ones first'
complete -c agentctl -n '__agentctl_is rm' -a '(__agentctl_names all)'
complete -c agentctl -n '__agentctl_is prune' -l older-than -r -F -d 'only what ended this long ago: 7d, 12h'
complete -c agentctl -n '__agentctl_is prune' -l keep -r -F -d 'not the N newest of the state directory'
complete -c agentctl -n '__agentctl_is prune' -l dry-run -d 'only say what would be removed'
complete -c agentctl -n '__agentctl_is prune' -l json -d 'schemas/prune.schema.json'
complete -c agentctl -n '__agentctl_is sweep' -l dry-run -d 'only say what would be done'
complete -c agentctl -n '__agentctl_is sweep' -l explain -d 'for each agent: what was seen, what was decided, what spoke against more'
complete -c agentctl -n '__agentctl_is manager' -l json -d 'status: as JSON'
complete -c agentctl -n '__agentctl_is manager' -l leave-after -r -F -d 'run: leave after so long without agents; default 10m, or none'
complete -c agentctl -n '__agentctl_is manager' -l take-over -d 'run: end a manager that lives and is no newer, and take its place'
complete -c agentctl -n '__agentctl_is manager; and __agentctl_has_only_command' -a 'run start stop status'
complete -c agentctl -n '__agentctl_is service' -l yes -s y -d 'install: do not ask'
complete -c agentctl -n '__agentctl_is service' -l print -d 'install: print the unit, and do nothing'
complete -c agentctl -n '__agentctl_is service' -l force -d 'install, uninstall: also where the unit is not as agentctl wrote it'
complete -c agentctl -n '__agentctl_is service' -l json -d 'status: as JSON (schemas/service-status.schema.json)'
complete -c agentctl -n '__agentctl_is service; and __agentctl_has_only_command' -a 'install uninstall status'
complete -c agentctl -n '__agentctl_is config' -l json -d 'schemas/settings.schema.json'
complete -c agentctl -n '__agentctl_is config; and __agentctl_has_only_command' -a 'path validate'
complete -c agentctl -n '__agentctl_is events' -l follow -s f -d 'go on with what comes'
complete -c agentctl -n '__agentctl_is events' -l since -r -F -d 'only those of this last time'
complete -c agentctl -n '__agentctl_is events' -l filter -r -F -d 'event=…, name=…, run=…, cause=… or result=…; repeatable'
complete -c agentctl -n '__agentctl_is events' -l json -d 'one object a line'
complete -c agentctl -n '__agentctl_is stats' -l since -r -F -d 'only what ended in this last time, or since 2026-01-31 or 2026-01-31T09:30:00Z, and what is live'
complete -c agentctl -n '__agentctl_is stats' -l by -r -F -d 'also for each label, label=KEY, agent or cwd'
complete -c agentctl -n '__agentctl_is stats' -l json -d 'schemas/stats.schema.json'
complete -c agentctl -n '__agentctl_is metrics' -l textfile -r -F -d 'write it to this file, which must end in .prom'
complete -c agentctl -n '__agentctl_is audit' -l json -d 'schemas/audit.schema.json'
complete -c agentctl -F -n '__agentctl_is tmux'
complete -c agentctl -n '__agentctl_is tmux; and __agentctl_has_only_command' -a '(__fish_complete_command)'
complete -c agentctl -n '__agentctl_is info' -l json -d 'schemas/info.schema.json'
complete -c agentctl -n '__agentctl_is doctor' -l json -d 'schemas/doctor.schema.json'
complete -c agentctl -n '__agentctl_is completion; and __agentctl_has_only_command' -a 'bash zsh fish'
