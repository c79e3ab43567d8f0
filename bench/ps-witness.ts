// Asks for `ps` all the time, in a process of its own, and tells at the end which of the answers were not true.
import { Sampler } from '../test/fixtures/sampler.ts';

const [state = '', everyMs] = process.argv.slice(2);
const sampler = new Sampler({ state }, Number(everyMs));
process.on('message', async () => {
  const lies = await sampler.end();
  process.send?.({ lies, samples: sampler.samples }, () => process.exit());
});
process.on('disconnect', () => process.exit());
