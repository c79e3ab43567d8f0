/** A term and what it means. */
export type Entry = readonly [term: string, meaning: string];

export interface Section {
  title: string;
  paragraphs?: readonly string[];
  entries?: readonly Entry[];
}

/** What the manual says of all commands together, before and after them. */
export const COMMON: Readonly<Record<'before' | 'after', readonly Section[]>> = {
  before: [
    {
      title: 'DESCRIPTION',
      paragraphs: [
        'agentctl starts AI agents, or any other command, in tmux; knows how each one ended; ends it with everything it started. State is plain files in a state directory; what it says of an agent is looked up when it is asked, never remembered.',
        'An agent has a cap (1 h: it is ended), a grace (5 min, from its end or its "agentctl done" to teardown), a max idle (30 min without processor time and output: it is ended) and a kill-after (10 s, from TERM to KILL). A process called the manager keeps them; commands that need it start it, and "agentctl service" has systemd do so.',
        'A duration is written 90s, 5m, 1h30m, as a bare number of seconds, or none.',
      ],
    },
  ],
  after: [
    {
      title: 'EXIT STATUS',
      paragraphs: ['Of most commands:'],
      entries: [
        ['0', 'Done.'],
        ['1', 'It failed; a sentence on stderr says why, where and what to do.'],
        ['2', 'Wrong usage.'],
        [
          '75',
          'Busy, or not yet: a taken name, a held lock, a live agent where "rm" was asked, a --timeout that passed.',
        ],
        [
          'run, wait',
          "The agent's own exit code; 124 capped; 125 agentctl's own error (wrong usage included), or an end of which nobody could learn the code; 126 and 127 as a shell has them; 128+n a signal.",
        ],
        ['status', '0 live, 3 ended, 4 unknown or no such agent.'],
        ['manager status, service status', '0 runs, 3 does not run.'],
        [
          'service install',
          '1 where there is no systemd of this user that answers; the line for a crontab is on stdout then.',
        ],
      ],
    },
    {
      title: 'ENVIRONMENT',
      entries: [
        ['AGENTCTL_STATE_DIR', 'The state directory, where --state-dir is not given.'],
        ['AGENTCTL_MANAGER', 'off: no command starts the manager.'],
        [
          'AGENTCTL_MAX_RUNTIME, AGENTCTL_GRACE, AGENTCTL_MAX_IDLE, AGENTCTL_KILL_AFTER, AGENTCTL_SWEEP_INTERVAL, AGENTCTL_LEAVE_AFTER, AGENTCTL_RETENTION_OLDER_THAN, AGENTCTL_RETENTION_KEEP, AGENTCTL_LOG_PIECE, AGENTCTL_LOG_TOTAL, AGENTCTL_METRICS_TEXTFILE',
          'The settings of these names, where no flag says otherwise; they go before config.json. "agentctl config" prints what is in force, and where each comes from.',
        ],
        ['AGENTCTL_DEBUG', 'If not empty, errors come with where they arose.'],
        ['XDG_STATE_HOME', 'Where the state directory agentctl/ is else; ~/.local/state unless set.'],
        ['XDG_CONFIG_HOME', 'Where agentctl/ with the files of your own is; ~/.config unless set.'],
        ['XDG_RUNTIME_DIR', "Where the socket is, if the state directory's path is too long for one."],
        [
          'AGENTCTL_NAME, AGENTCTL_RUN_ID, AGENTCTL_STATE_DIR, AGENTCTL_DEADLINE',
          'What an agent finds in its own environment: who it is, where its files are, when its cap is due (in seconds since 1970, as of its start).',
        ],
      ],
    },
    {
      title: 'FILES',
      entries: [
        [
          '~/.local/state/agentctl/',
          'The state directory, unless another is given; "agentctl info" says which is used, and why.',
        ],
        [
          'STATE/agents/NAME/',
          'An agent, until it is torn down: output.log, exit.json and the other files of its life.',
        ],
        ['STATE/archive/NAME.RUNID/', 'The same files after that.'],
        ['STATE/manager.log, STATE/events.ndjson', 'What the manager decided; what happened. A line of JSON each.'],
        [
          '~/.config/agentctl/config.json',
          'Settings of your own, such as defaults, retention, commands that hear of events and profiles for "spawn --agent".',
        ],
        ['~/.config/agentctl/tmux.conf', 'Sourced by the private tmux server, if it is there.'],
        ['~/.config/systemd/user/agentctl.service', 'What "agentctl service install" writes.'],
      ],
    },
    {
      title: 'SEE ALSO',
      paragraphs: ['tmux(1), systemctl(1), crontab(5); the folder docs/ of the package.'],
    },
  ],
};
