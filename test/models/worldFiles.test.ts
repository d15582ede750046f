// Lines in files that logcollector polls.
import { expect, test } from 'vitest';
import { balances } from '../../src/models/ledger.ts';
import { play, type Story } from '../support/stories.ts';
import { aWorld, fault, minute, second, type GroupRecipe } from '../support/worlds.ts';

function polled(rate: number, recipe: Partial<GroupRecipe> = {}, faults: ReturnType<typeof fault>[] = []): Story {
  const story = play(
    aWorld({
      groups: [
        {
          count: 4,
          version: '4.9.2',
          list: [1, 2],
          ...recipe,
          events: { ratePerSecond: rate, arrival: 'regular', files: 1, ...recipe.events },
        },
      ],
      faults,
      durationUs: 5 * minute,
    }),
  );
  expect(story.books.groups.every(balances)).toBe(true);
  const delayed = story.books.delays.events.reduce((a, b) => a + b, 0);
  expect(delayed).toBeCloseTo(story.books.groups[0]!.delivered, 3);
  return story;
}

function delayAt({ books }: Story, share: number): number {
  const { events, upperUs } = books.delays;
  const all = events.reduce((a, b) => a + b, 0);
  let sum = 0;
  return upperUs[events.findIndex((count) => (sum += count) >= share * all)]! / second;
}

test('a line waits up to two seconds for the next poll, and at the end of the run in its file', () => {
  const story = polled(5);
  const { produced, delivered, pending, lost } = story.books.groups[0]!;

  expect(produced).toBe(4 * 300 * 5);
  expect(delivered + pending).toBe(produced);
  expect(pending).toBeGreaterThan(0);
  expect(pending).toBeLessThanOrEqual(4 * 3 * 5);
  expect(Object.values(lost).every((events) => events === 0)).toBe(true);
  expect([delayAt(story, 0.5), delayAt(story, 1)].map((seconds) => Math.round(seconds * 10) / 10)).toEqual([1, 2]);
});

test('above 512 lines a second a poll brings more than the queue takes, connected or not; fewer lines a poll save them', () => {
  const busy = { agent: { clientBuffer: { eventsPerSecond: 1_000 } } };
  const { lost, produced } = polled(600, busy).books.groups[0]!;
  // 1,200 a poll, 1,024 of which find room.
  expect(lost.logcollector / produced).toBeCloseTo((1_200 - 1_024) / 1_200, 2);

  const fewer = polled(600, { agent: { ...busy.agent, internal: { logcollectorMaxLines: 1_000 } } }).books.groups[0]!;
  expect(fewer.lost.logcollector).toBe(0);
  // 100 lines a second more are written than read.
  expect(fewer.pending / 4 / 300).toBeCloseTo(100, -1);
});

test('a buffer smaller than a poll loses what it cannot hold', () => {
  const { lost } = polled(100, { agent: { clientBuffer: { queueSize: 150 } } }).books.groups[0]!;

  // 200 at once: 150 wait, one is sent.
  expect(Math.abs(lost.ring - 4 * 149 * 49)).toBeLessThan(4 * 2 * 49);
});

test('under the lock the queue fills as if the lines were read one by one', () => {
  const kill = [fault('kill', 'worker01', 100, null)];
  const files = polled(100, {}, kill).books.groups[0]!.lost.logcollector / 4;
  const single =
    polled(100, { events: { ratePerSecond: 100, files: null } }, kill).books.groups[0]!.lost.logcollector / 4;

  expect(Math.abs(files - single)).toBeLessThan(2 * 5 * 100);
  expect(files).toBeGreaterThan(3_000);
});
