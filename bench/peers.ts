// npm run bench:peers [-- 10,100] [--record]: what agentctl costs beside what a user would pick instead: pm2, supervisor and
// task-spooler, by the same calls, by turns, in the time of `node -e 0`. It gets them itself, from npm and Debian, into a
// folder that goes with it; one that cannot be had is said. --record puts the table into bench/RESULTS.md.
import { type SpawnSyncOptions, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Ground } from './ground.ts';
import { type Figure, median, tell } from './results.ts';

const { positionals, values: flags } = parseArgs({
  allowPositionals: true,
  options: { record: { type: 'boolean', default: false } },
});
const counts = (positionals[0] ?? '10,100').split(',').map(Number);
const ROUNDS = 9;
const INSTALLING_MS = 300_000;

/** What a user types, of one program. */
interface Peer {
  name: string;
  /** Lets so many processes run, that sleep. */
  fill: (count: number) => void;
  list: (count: number) => readonly string[];
  /** Starts one more. */
  start: (name: string) => readonly string[];
  end: () => void;
  env: NodeJS.ProcessEnv;
}

const ground = await Ground.open();
const figures: Figure[] = [];
const problems: string[] = [];
const peers: Peer[] = [];
try {
  const place = join(ground.dir, 'peers');
  mkdirSync(place);
  for (const [name, made] of [
    ['agentctl', agentctl],
    ['pm2', pm2],
    ['supervisor', supervisor],
    ['task-spooler', taskSpooler],
  ] as const) {
    try {
      peers.push(made(place));
    } catch (error) {
      figures.push({ what: name, measured: `could not be had: ${error instanceof Error ? error.message : error}` });
    }
  }
  let before = 0;
  for (const count of counts) {
    for (const peer of peers) peer.fill(count);
    const taken = Array.from({ length: ROUNDS }, (_, round) => ({
      node: timed([process.execPath, '-e', '0'], process.env),
      peers: peers.map(({ list, start, env }) => ({
        list: timed(list(count), env),
        start: timed(start(`one-${before}-${round}`), env),
      })),
    }));
    before = count;
    const node = median(taken.map((round) => round.node));
    figures.push({ what: `\`node -e 0\` beside ${count} of each`, measured: `${node.toFixed(0)} ms` });
    for (const what of ['list', 'start'] as const)
      for (const [at, { name }] of peers.entries()) {
        const own = median(taken.map((round) => round.peers[at]?.[what] ?? Number.NaN));
        figures.push({
          what: `${name}, ${what === 'list' ? `list ${count}` : `start one beside ${count}`}`,
          measured: `${(own / node).toFixed(2)} × (${own.toFixed(0)} ms)`,
        });
      }
  }
} catch (error) {
  problems.push(`given up: ${error instanceof Error ? error.message : error}`);
} finally {
  for (const { end } of peers) end();
  await ground.close();
}
const method = `Medians of ${ROUNDS} calls of each, by turns, all of them filled with as many sleeping processes, in the median of \`node -e 0\`. List: \`ps\`, \`pm2 list\`, \`supervisorctl status\`, \`tsp\`. Start: \`spawn\` (until the wrapper has proved that it runs), \`pm2 start\`, \`supervisorctl start\`, \`tsp\` (which only puts it in line). supervisor keeps its processes in its configuration, so that one of those is started. Again: \`npm run bench:peers -- --record\`.`;
tell({ title: 'Beside its peers', method, figures, problems }, flags.record ? 'peers' : undefined);

function agentctl(): Peer {
  const env = { ...process.env, AGENTCTL_STATE_DIR: ground.state.path };
  const command = [process.execPath, resolve('bin/agentctl')];
  let live = 0;
  return {
    name: 'agentctl',
    env,
    fill: (count) => {
      const lines = Array.from({ length: count - live }, (_, at) =>
        JSON.stringify({ name: `a${live + at}`, command: ['sleep', '1000000'], maxIdle: 'none', maxRuntime: 'none' }),
      );
      live = count;
      must([...command, 'spawn', '--batch', '-'], { env, input: lines.join('\n') });
    },
    list: () => [...command, 'ps'],
    start: (name) => [...command, 'spawn', '-n', name, 'sleep', '1000000'],
    end: () => {},
  };
}

function pm2(place: string): Peer {
  const env = { ...process.env, PM2_HOME: join(place, 'pm2-home') };
  must(['npm', 'install', '--silent', '--no-audit', '--no-fund', '--prefix', place, 'pm2'], { timeout: INSTALLING_MS });
  const program = join(place, 'node_modules', '.bin', 'pm2');
  let live = 0;
  return {
    name: `pm2 ${versionOf([program, '--version'], env)}`,
    env,
    fill: (count) => {
      const apps = Array.from({ length: count - live }, (_, at) => ({
        name: `a${live + at}`,
        script: '/bin/sleep',
        args: '1000000',
        interpreter: 'none',
      }));
      live = count;
      writeFileSync(join(place, 'pm2.json'), JSON.stringify({ apps }));
      must([program, 'start', join(place, 'pm2.json')], { env, timeout: INSTALLING_MS });
    },
    list: () => [program, 'list'],
    start: (name) => [program, 'start', '/bin/sleep', '--interpreter', 'none', '-n', name, '--', '1000000'],
    end: () => void spawnSync(program, ['kill'], { env }),
  };
}

function supervisor(place: string): Peer {
  const root = fromDebian(place, 'supervisor', 'python3-pkg-resources');
  const env = { ...process.env, PYTHONPATH: join(root, 'usr/lib/python3/dist-packages') };
  const config = join(place, 'supervisord.conf');
  const [daemon, control] = ['supervisord', 'supervisorctl'].map((name) => join(root, 'usr/bin', name)) as [
    string,
    string,
  ];
  const call = ['/usr/bin/python3', control, '-c', config];
  const most = Math.max(...counts);
  const sections = [
    `[unix_http_server]\nfile=${place}/supervisor.sock`,
    `[supervisord]\nlogfile=${place}/supervisord.log\npidfile=${place}/supervisord.pid\nuser=${process.env.USER ?? 'root'}`,
    '[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface',
    `[supervisorctl]\nserverurl=unix://${place}/supervisor.sock`,
    `[program:a]\ncommand=/bin/sleep 1000000\nprocess_name=%(process_num)04d\nnumprocs=${most}\nautostart=false\nstartsecs=0\nstdout_logfile=NONE\nstderr_logfile=NONE`,
    `[program:more]\ncommand=/bin/sleep 1000000\nprocess_name=%(process_num)04d\nnumprocs=${ROUNDS * counts.length}\nautostart=false\nstartsecs=0\nstdout_logfile=NONE\nstderr_logfile=NONE`,
  ];
  writeFileSync(config, `${sections.join('\n\n')}\n`);
  must(['/usr/bin/python3', daemon, '-c', config], { env });
  for (const end = Date.now() + 10_000; !existsSync(join(place, 'supervisord.pid')) && Date.now() < end; )
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  const pid = Number(readFileSync(join(place, 'supervisord.pid'), 'utf8'));
  const names = (count: number) => Array.from({ length: count }, (_, at) => `a:${String(at).padStart(4, '0')}`);
  let more = 0;
  return {
    name: 'supervisor',
    env,
    // Those that run already it says are an error.
    fill: (count) => void spawnSync(call[0] as string, [...call.slice(1), 'start', ...names(count)], { env }),
    list: (count) => [...call, 'status', ...names(count)],
    start: () => [...call, 'start', `more:${String(more++).padStart(4, '0')}`],
    end: () => void process.kill(pid, 'SIGTERM'),
  };
}

function taskSpooler(place: string): Peer {
  const root = fromDebian(place, 'task-spooler');
  const program = join(root, 'usr/bin/tsp');
  const env = { ...process.env, TS_SOCKET: join(place, 'ts.sock'), TS_MAXFINISHED: '5' };
  must([program, '-S', String(2 * Math.max(...counts))], { env });
  let live = 0;
  return {
    name: 'task-spooler',
    env,
    fill: (count) => {
      for (; live < count; live++) must([program, '-n', '/bin/sleep', '1000000'], { env });
    },
    list: () => [program],
    start: () => [program, '-n', '/bin/sleep', '1000000'],
    end: () => void spawnSync(program, ['-K'], { env }),
  };
}

/** Unpacks packages of Debian's beside each other, without installing them. */
function fromDebian(place: string, ...packages: string[]): string {
  const folder = join(place, packages[0] as string);
  mkdirSync(folder);
  must(['apt-get', 'download', ...packages], { cwd: folder, timeout: INSTALLING_MS });
  must(['sh', '-c', 'for file in *.deb; do dpkg-deb -x "$file" root || exit; done'], { cwd: folder });
  return join(folder, 'root');
}

function must(argv: readonly string[], options: SpawnSyncOptions = {}): void {
  const [file = '', ...args] = argv;
  const { status, error, stderr } = spawnSync(file, args, { ...options, encoding: 'utf8' });
  if (status !== 0)
    throw new Error(`${argv.slice(0, 3).join(' ')}: ${error?.message ?? String(stderr).trim().split('\n').at(-1)}`);
}

function versionOf(argv: readonly string[], env: NodeJS.ProcessEnv): string {
  const [file = '', ...args] = argv;
  return spawnSync(file, args, { env, encoding: 'utf8' }).stdout.trim().split('\n').at(-1) ?? '';
}

function timed(argv: readonly string[], env: NodeJS.ProcessEnv): number {
  const [file = '', ...args] = argv;
  const begun = performance.now();
  const { status, stderr } = spawnSync(file, args, { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${argv.slice(0, 4).join(' ')}: ${stderr}`);
  return performance.now() - begun;
}
