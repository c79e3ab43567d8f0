// Writes dist/compiled/: what V8 makes of dist/main.cjs, one file for each command that is called often and one for all
// others, by calling them and keeping what each had compiled by its end. Only a node with the same V8 takes them.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import vm from 'node:vm';

const agentctl = join(import.meta.dirname, 'bin', 'agentctl');
const folder = join(import.meta.dirname, 'dist', 'compiled', process.versions.v8);

if (process.argv[1] === import.meta.filename) callAll();
else keepWhatIsCompiled();

function callAll() {
  const dir = mkdtempSync(join(tmpdir(), 'agentctl-build-'));
  const { PATH, LANG } = process.env;
  const env = { PATH, LANG, HOME: dir, AGENTCTL_STATE_DIR: join(dir, 'state'), AGENTCTL_MANAGER: 'off' };
  const call = (...words) => {
    const file = join(folder, words[0]);
    writeFileSync(file, ''); // whatever stands there, bin/agentctl compiles with it
    spawnSync(process.execPath, ['--import', import.meta.filename, agentctl, ...words], { env });
    if (statSync(file).size === 0) rmSync(file); // it would be worse than none
  };
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    call('spawn', '--name', 'build', '--', 'sleep', '100');
    call('ps');
    call('status', 'build');
    renameSync(join(folder, 'status'), join(folder, 'other'));
    call('stop', 'build');
    call('wait', 'build');
  } finally {
    // What has ended keeps its session for its grace.
    spawnSync(process.execPath, [agentctl, 'tmux', 'kill-server'], { env });
    remove(dir);
  }
}

/** An agent's wrapper lives for some moments longer than the agent, and may write: rmSync itself tries no file again. */
function remove(dir) {
  for (let left = 100; ; left--) {
    try {
      return rmSync(dir, { recursive: true, force: true });
    } catch (error) {
      if (left === 0) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
  }
}

/** In bin/agentctl itself, before it begins. */
function keepWhatIsCompiled() {
  vm.Script = class extends vm.Script {
    constructor(...given) {
      super(...given);
      process.on('exit', () => writeFileSync(join(folder, process.argv[2]), this.createCachedData()));
    }
  };
}
