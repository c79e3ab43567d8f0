// An agent that is to end with its parent: what proves that the parent has ended, and what proves nothing.
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { beats, isAlive, kill, type Stage, test, underEachShell } from './harness.ts';

underEachShell('an agent that ends with its parent', (shell) => {
  const PARENT = { name: 'p', runId: 'parent00' };

  for (const [what, end] of Object.entries<(dir: string) => void>({
    'has a sentinel': (dir) => writeFileSync(join(dir, 'exit.json'), '{}\n'),
    'has a sentinel, having been capped': (dir) => {
      renameSync(join(dir, 'limits'), join(dir, 'capped'));
      writeFileSync(join(dir, 'exit.json'), '{}\n');
    },
    'has a sentinel, having ended with its own parent': (dir) => {
      renameSync(join(dir, 'limits'), join(dir, 'with-parent'));
      writeFileSync(join(dir, 'exit.json'), '{}\n');
    },
    'is in the archive': (dir) => renameSync(dir, join(dir, '../../archive/p.parent00')),
    'has a successor of the same name': (dir) => writeFileSync(join(dir, 'limits'), 'another0 none 1 1 0\n'),
  })) {
    test(`ends once the parent ${what}`, async ({ stage }) => {
      const dir = parentDirectory(stage);
      const agent = await stage.agent(shell, { parent: PARENT });
      await beats(agent, 2);
      end(dir);
      expect(await agent.exit()).toMatchObject({ code: 143, how: 'observed', cause: 'with-parent' });
    });
  }

  for (const [what, change] of Object.entries<(dir: string) => void>({
    'has been capped and has not ended yet': (dir) => renameSync(join(dir, 'limits'), join(dir, 'capped')),
    'cannot be read': (dir) => {
      rmSync(join(dir, 'limits'));
      writeFileSync(join(dir, 'exit.json'), '{}\n');
    },
    'has damaged limits': (dir) => {
      writeFileSync(join(dir, 'limits'), '');
      writeFileSync(join(dir, 'exit.json'), '{}\n');
    },
  })) {
    test(`lives on while the parent ${what}`, async ({ stage }) => {
      const dir = parentDirectory(stage);
      const agent = await stage.agent(shell, { parent: PARENT });
      const started = await agent.started();
      change(dir);
      await beats(agent, 3);
      expect(isAlive(started.agent)).toBe(true);
      kill(started.agent.pid, 'SIGTERM');
      expect(await agent.exit()).toMatchObject({ code: 143, cause: 'natural' });
    });
  }

  test('lives on when its own directory is not where agents live', async ({ stage }) => {
    parentDirectory(stage);
    const agent = await stage.agent(shell, { parent: PARENT });
    const started = await agent.started();
    renameSync(agent.dir, join(stage.stateDir, 'archive', 'moved'));
    Object.assign(agent, { dir: join(stage.stateDir, 'archive', 'moved') });
    await beats(agent, 3);
    expect(isAlive(started.agent)).toBe(true);
    kill(started.agent.pid, 'SIGTERM');
    expect(await agent.exit()).toMatchObject({ code: 143, cause: 'natural' });
  });

  function parentDirectory(stage: Stage): string {
    const dir = join(stage.stateDir, 'agents', PARENT.name);
    mkdirSync(dir);
    writeFileSync(join(dir, 'limits'), `${PARENT.runId} none 1 1 0\n`);
    return dir;
  }
});
