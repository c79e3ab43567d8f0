import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { MOST_SAMPLES, nextSample, type Sample } from '../../src/agent/sample.ts';
import { appendSample, readLastSample, readSamples } from '../../src/store/samples-file.ts';

const RUN = '0mwx00000000run1';

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'agentctl-samples-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function sample(number: number): Sample {
  const seen = {
    awakeMs: 1000 * number,
    asleepMs: 0,
    treeCpuMs: 10 * number,
    memoryBytes: 2 ** 40 + number,
    processes: 12,
    outputBytes: 2 ** 50,
  };
  return nextSample(undefined, seen, { wallMs: 1_700_000_000_000 + number, sinceStartMs: 1000 });
}

test('what was put down is read again, the last ones, oldest first', () => {
  const path = directory();
  expect(readSamples(path, RUN, 5)).toEqual([]);
  expect(readLastSample(path, RUN)).toBeUndefined();
  const samples = [1, 2, 3].map(sample);
  for (const one of samples) appendSample(path, RUN, one);
  expect(readSamples(path, RUN, 5)).toEqual(samples);
  expect(readSamples(path, RUN, 2)).toEqual(samples.slice(1));
  expect(readLastSample(path, RUN)).toMatchObject({ schemaVersion: 1, runId: RUN, awakeSeconds: 3 });
});

test('an hour is kept, and not much more', () => {
  const path = directory();
  let most = 0;
  for (let number = 1; number <= 1500; number++) {
    appendSample(path, RUN, sample(number));
    most = Math.max(most, statSync(join(path, 'samples.ndjson')).size);
  }
  expect(most).toBeLessThan(130_000);
  const kept = readSamples(path, RUN, MOST_SAMPLES);
  expect(kept).toHaveLength(MOST_SAMPLES);
  expect(kept.at(-1)?.awakeMs).toBe(1_500_000);
  expect(readdirSync(path)).toEqual(['samples.ndjson']);
});

test('what is no line of this run is passed over', () => {
  const path = directory();
  const file = join(path, 'samples.ndjson');
  appendSample(path, RUN, sample(1));
  appendSample(path, '0mwx00000000run2', sample(2));
  const impossible = JSON.stringify({ ...readLastSample(path, RUN), awakeSeconds: 1e300 });
  appendFileSync(file, `no json\n{}\n{"schemaVersion":1,"runId":"${RUN}"}\n${impossible}\n`);
  appendSample(path, RUN, sample(3));
  appendFileSync(file, readFileSync(file, 'utf8').slice(0, 100)); // half a line
  expect(readSamples(path, RUN, 9).map(({ awakeMs }) => awakeMs)).toEqual([1000, 3000]);
  expect(readLastSample(path, RUN)?.awakeSeconds).toBe(3);
});

test.each<[string, (file: string) => void]>([
  ['a FIFO', (file) => execFileSync('mkfifo', [file])],
  ['a directory', (file) => mkdirSync(file)],
  ['an endless file', (file) => execFileSync('truncate', ['-s', '1T', file])],
])('%s in its place holds up nobody', (_, put) => {
  const path = directory();
  put(join(path, 'samples.ndjson'));
  appendSample(path, RUN, sample(1));
  expect(readSamples(path, RUN, 9).length).toBeLessThan(2);
});
