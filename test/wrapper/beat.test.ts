// What a beat leaves: the heartbeat, and the index that tells when the log had which size.
import { existsSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { beats, DEAF, kill, test, underEachShell } from './harness.ts';

underEachShell('a beat', (shell) => {
  test('goes on while an agent that is deaf has its kill-after', async ({ stage }) => {
    const agent = await stage.agent(shell, { act: DEAF });
    await agent.ready();
    await agent.capNow(600);
    await waitFor('the cap', () => existsSync(agent.path('capped')));
    await beats(agent, 2);
    expect(existsSync(agent.path('exit.json'))).toBe(false);
    kill((await agent.started()).agent.pid, 'SIGKILL');
    expect(await agent.exit()).toMatchObject({ code: 137, cause: 'capped' });
  });

  test('indexes what was written, and nothing for a silent agent', async ({ stage }) => {
    const silent = await stage.agent(shell, { name: 'silent' });
    const act = `printf 12345; while [ ! -e "$DIR/more" ]; do sleep 0.05; done; printf 678; exec sleep 1000`;
    const writer = await stage.agent(shell, { name: 'writer', act });
    // After what came before, which is in a piece of its own.
    const third = await stage.agent(shell, { name: 'third', act: 'printf 1234; exec sleep 1000', start: false });
    writeFileSync(third.path('output.log.000004294967296'), 'before');
    await stage.pane(shell, third);
    const lines = () => writer.read('output.times').split('\n').slice(0, -1);
    await waitFor('the first line', () => lines().some((line) => line.endsWith(' 5')));
    writeFileSync(writer.path('more'), '');
    await waitFor('the second line', () => lines().some((line) => line.endsWith(' 8')));
    const before = lines().length;
    await beats(writer, 3);
    expect(lines().length - before).toBeLessThanOrEqual(1); // one more where mtimes are compared by the second
    expect(existsSync(silent.path('output.times'))).toBe(false);
    for (const line of lines()) expect(line).toMatch(/^\d+\.\d\d \d+$/);
    const uptimes = lines().map(Number.parseFloat);
    expect(uptimes).toEqual(uptimes.toSorted((a, b) => a - b));
    await waitFor('the line of the third', () => third.read('output.times').includes(' 4 000004294967296 6\n'));
    for (const agent of [silent, writer, third]) kill((await agent.started()).agent.pid, 'SIGTERM');
  });
});
