import { existsSync } from 'node:fs';
import { UsageError } from '../errors.ts';
import type { Summary } from '../lifecycle/describe.ts';
import { list, listBriefly } from '../lifecycle/list.ts';
import { livingManager } from '../lifecycle/living-manager.ts';
import { pause, wallMs } from '../system/clock.ts';
import { agentTable } from '../view/agent-table.ts';
import { type Call, type Command, note, print, printJson } from './command.ts';

const SORTS: Record<string, (agent: Summary) => string | number> = {
  name: (agent) => agent.name,
  phase: (agent) => `${agent.phase} ${agent.result ?? ''}`,
  created: (agent) => agent.createdAt ?? '',
  ended: (agent) => agent.endedAt ?? '',
  runtime: (agent) => Date.parse(agent.startedAt ?? '') - Date.parse(agent.endedAt ?? new Date(wallMs()).toISOString()),
};
const WATCH_MS = 2000;
const NO_MANAGER =
  'no manager runs: caps are kept by each watchdog, and what has ended stays until "agentctl sweep" or "agentctl manager start"';

const command: Command = {
  usage: 'ps [options]',
  description:
    'Lists live agents first, then those that ended within their grace. What it says is looked up, never remembered.',
  examples: [
    ['agentctl ps --filter label=job=7 --filter phase=running', 'filters of one kind are alternatives, kinds add up'],
    ['agentctl ps -a --json', 'everything, with the evidence, for scripts'],
    ['agentctl ps --foreign', 'what "tmux new-session -d" has left'],
  ],
  options: {
    all: { alias: 'a', type: 'boolean', describe: 'also what ended before its grace, and the archive' },
    quiet: { alias: 'q', type: 'boolean', describe: 'names only' },
    filter: { type: 'array', nargs: 1, describe: 'phase=…, result=…, label=KEY or label=KEY=VALUE; repeatable' },
    sort: {
      type: 'string',
      nargs: 1,
      describe: `${Object.keys(SORTS).join(', ')}; with - before it, backwards`,
    },
    watch: { type: 'boolean', describe: 'again every 2 s, until interrupted; in a pipe one table below the other' },
    tree: { type: 'boolean', describe: 'agents below those that spawned them' },
    foreign: { type: 'boolean', describe: 'instead of agents: the sessions on your other tmux servers' },
    json: { type: 'boolean', describe: 'schemas/list.schema.json; with --foreign schemas/foreign.schema.json' },
  },
  async run(call) {
    if (call.words.length > 0)
      throw new UsageError(`ps takes no names: "agentctl status ${call.words[0]}" shows one agent`);
    const foreign = call.flags.on('foreign');
    const foreigners = foreign ? await import('./ps-foreign.ts') : undefined;
    foreigners?.refuseOptionsOfAgents(call);
    const key = order(call.flags.text('sort'));
    // stdout is never "destroyed", not even when its reader has left: only the error tells.
    const gone = new AbortController();
    process.stdout.on('error', () => gone.abort());
    const again = call.flags.on('watch') && canMoveCursor() ? '\x1b[H\x1b[2J' : '\n';
    for (let home = again.trim(); ; home = again) {
      if (foreigners) await foreigners.renderForeign(call, home);
      else render(call, key, home);
      if (!call.flags.on('watch')) return 0;
      await pause(WATCH_MS, gone.signal);
      if (gone.signal.aborted) return 0;
    }
  },
};

function render({ flags, stateDir }: Call, key: Order | undefined, home: string): void {
  const wanted = { all: flags.on('all'), filter: flags.all('filter') };
  const listed = flags.on('json') ? list(stateDir, wanted) : listBriefly(stateDir, wanted);
  const agents = key ? key(listed) : listed;
  const running = livingManager(stateDir) !== undefined;
  if (flags.on('json')) printJson({ schemaVersion: 1, manager: { running }, agents });
  else if (flags.on('quiet')) for (const { name } of agents) print(name);
  else if (agents.length > 0) {
    print(home + agentTable(agents, { columns: process.stdout.columns, tree: flags.on('tree'), nowMs: wallMs() }));
    if (!running && agents.some(({ archived }) => !archived)) note(NO_MANAGER);
  } else {
    // Those that were there are there no more.
    if (canMoveCursor()) process.stdout.write(home);
    const where = existsSync(stateDir.path) ? '' : ', which does not exist yet';
    note(
      `no agents in ${stateDir.path} (${stateDir.reason}${where}); other state directories are reached with --state-dir`,
    );
  }
}

function canMoveCursor(): boolean {
  return process.stdout.isTTY && !['', 'dumb'].includes(process.env.TERM ?? '');
}

type Order = (agents: readonly Summary[]) => Summary[];

function order(sort: string | undefined): Order | undefined {
  if (sort === undefined) return undefined;
  const backwards = sort.startsWith('-');
  const name = backwards ? sort.slice(1) : sort;
  const key = Object.hasOwn(SORTS, name) ? SORTS[name] : undefined;
  if (key === undefined)
    throw new UsageError(`--sort: ${JSON.stringify(sort)} is no column: write one of ${Object.keys(SORTS).join(', ')}`);
  return (agents) => agents.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0) * (backwards ? -1 : 1));
}

export default command;
