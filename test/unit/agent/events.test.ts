// What is told of an agent, and who hears of it.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseEventFilters } from '../../../src/agent/event-filter.ts';
import { allHooks, parseOn } from '../../../src/agent/hook-events.ts';

describe('--on', () => {
  test('takes several commands for an event, with = in them', () => {
    expect(parseOn(['done=a=b c', 'ended=x', 'done=y'], '--on')).toEqual({ done: ['a=b c', 'y'], ended: ['x'] });
  });

  test.each([
    ['donne=x', '--on: "donne" is no event: did you mean done?'],
    ['started=x', '--on: "started" is no event: there are waiting, done, warned, ended, lost, escaped'],
    ['done', '--on: done has no command: write done=COMMAND'],
    ['done= ', '--on: done has no command: write done=COMMAND'],
    ['', '--on: "" is no event: there are waiting, done, warned, ended, lost, escaped'],
  ])('refuses %j', (text, sentence) => {
    expect(() => parseOn([text], '--on')).toThrow(sentence);
  });

  test('is added to what config.json has', () => {
    expect(allHooks({ done: ['a'], lost: ['b'] }, { done: ['c'] })).toEqual({ done: ['a', 'c'], lost: ['b'] });
  });
});

describe('--filter of events', () => {
  const event = { event: 'ended', name: 'a', runId: 'r1', cause: 'natural', result: 'failed' };

  test.each([
    [[], true],
    [['event=ended'], true],
    [['event=done', 'event=ended'], true],
    [['event=ended', 'name=b'], false],
    [['name=a', 'result=failed', 'cause=natural', 'run=r1'], true],
    [['result=succeeded'], false],
  ])('%j: %s', (filters, passes) => {
    expect(parseEventFilters(filters)(event)).toBe(passes);
  });

  test.each(['phase=x', 'event', 'event='])('refuses %j', (text) => {
    expect(() => parseEventFilters([text])).toThrow(/is not a filter: write event=…, name=…/);
  });

  test.each([
    ['event=endde', '--filter: "endde" is no event: did you mean ended?'],
    ['event=tornado-down-there', '--filter: "tornado-down-there" is no event: there are spawned, started, reported,'],
  ])('refuses %j, for which one would wait for ever', (text, sentence) => {
    expect(() => parseEventFilters([text])).toThrow(sentence);
  });

  test('knows each event of the schema', () => {
    const schema = JSON.parse(readFileSync(new URL('../../../schemas/event.schema.json', import.meta.url), 'utf8'));
    for (const one of schema.properties.event.enum) expect(() => parseEventFilters([`event=${one}`])).not.toThrow();
  });
});
