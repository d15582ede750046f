import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rootKey } from '../../../src/kernel/random.ts';
import { PolledFiles } from '../../../src/models/pipeline/polledFiles.ts';
import { Arrivals } from '../../../src/models/workload.ts';
import { balances } from '../../../src/models/ledger.ts';
import { play, type Story } from '../../support/stories.ts';
import { aWorld, fault, minute, second, type GroupRecipe } from '../../support/worlds.ts';

function files(rate: number, arrival: 'poisson' | 'regular', mostLines: number, room: number, phaseUs = 500_000) {
  const lines = new Arrivals(rootKey('files', 0), 'group', arrival, Float64Array.of(rate));
  const options = { periodUs: 2 * second, mostLines, room };
  return { lines, polled: new PolledFiles(lines, options, Float64Array.of(phaseUs)), options, phaseUs };
}

test('lines wait in their file until the next poll', () => {
  const { polled } = files(1, 'regular', 10_000, 1_024);

  expect(polled.count(0, 500_000)).toBe(0);
  expect(polled.count(0, 2_500_000)).toBe(polled.count(0, 500_001));
  expect(polled.count(0, 2_500_001)).toBe(polled.count(0, 500_001) + 2);
  expect(polled.timeOf(0, 1) % (2 * second)).toBe(500_000);
  expect(polled.timeOf(0, 3)).toBe(polled.timeOf(0, 2) + 2 * second);
});

test('a poll brings more than the queue holds: the rest is lost, though the agent is connected', () => {
  const { polled } = files(800, 'regular', 10_000, 1_024, 0);

  // 1,600 lines a poll, 1,024 of which find room.
  expect(polled.count(0, 100 * second)).toBe(49 * 1_024);
  expect(polled.dropped(0, 100 * second)).toBe(49 * (1_600 - 1_024));
});

test('with fewer lines a poll they wait in the file instead', () => {
  const { polled, lines } = files(800, 'regular', 1_000, 1_024, 0);

  expect(polled.count(0, 100 * second)).toBe(49 * 1_000);
  expect(polled.dropped(0, 100 * second)).toBe(0);
  expect(lines.count(0, 98 * second)).toBe(78_400);
});

test('whatever is asked in whatever order, it is what polling one by one takes', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(0.3, 5, 60, 400, 700),
      fc.constantFrom('poisson', 'regular'),
      fc.constantFrom(3, 50, 900, 10_000),
      fc.constantFrom(10, 129, 1_024),
      fc.array(fc.integer({ min: 1, max: 120 * second }), { minLength: 1, maxLength: 8 }),
      (rate, arrival, mostLines, room, looks) => {
        const { polled, lines, options, phaseUs } = files(rate, arrival, mostLines, room);
        // One by one.
        const rows: { atUs: number; taken: number; dropped: number; born: number[] }[] = [];
        let read = 0;
        let taken = 0;
        for (let atUs = phaseUs; atUs <= 130 * second; atUs += options.periodUs) {
          const all = Math.min(lines.count(0, atUs) - read, mostLines);
          const kept = Math.min(all, room);
          rows.push({ atUs, taken: kept, dropped: all - kept, born: kept > 0 ? [read + 1, read + kept] : [] });
          read += all;
          taken += kept;
        }
        const before = (atUs: number, what: 'taken' | 'dropped'): number =>
          rows.filter((row) => row.atUs < atUs).reduce((sum, row) => sum + row[what], 0);
        for (const look of looks) {
          expect(polled.count(0, look)).toBe(before(look, 'taken'));
          expect(polled.dropped(0, look)).toBe(before(look, 'dropped'));
          const ordinal = 1 + (look % Math.max(1, taken));
          if (ordinal > taken) continue;
          let passed = 0;
          const row = rows.find((each) => (passed += each.taken) >= ordinal)!;
          expect(polled.timeOf(0, ordinal)).toBe(row.atUs);
          expect(polled.bornOf(0, ordinal)).toBe(lines.timeOf(0, row.born[1]! - (passed - ordinal)));
        }
      },
    ),
    { seed: 1, numRuns: 300 },
  );
});

// In the world.

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

test('lines that are read more slowly than they are written get older and older in their file', () => {
  // Of 20 a second 15 are read: after 300 s the oldest unread line was written 75 s before.
  const story = polled(20, { agent: { internal: { logcollectorMaxLines: 30 } } });

  expect(delayAt(story, 0.5)).toBeCloseTo(37, -1);
  expect(story.books.delays.maxUs / second).toBeGreaterThan(72);
  expect(story.books.delays.maxUs / second).toBeLessThan(77);
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

test('lines wait in their files for a logcollector that goes on where it was', () => {
  const { polled, lines } = files(10, 'regular', 10_000, 64);

  // Whatever was asked about the future is forgotten: the polls at 10.5 … 16.5 s do not take place.
  expect(polled.timeOf(0, 105)).toBe(10_500_000);
  polled.close(0, 9 * second);
  const before = polled.count(0, 9 * second);
  expect(before).toBe(lines.count(0, 8_500_000));
  expect(polled.count(0, 17 * second)).toBe(before);
  expect(polled.timeOf(0, before + 1)).toBe(Infinity);
  polled.open(0, 17 * second);

  expect(polled.timeOf(0, before + 1)).toBe(18_500_000);
  expect(polled.count(0, 19 * second)).toBe(before + 64);
  expect(polled.dropped(0, 19 * second)).toBe(100 - 64);
  // From then on as before.
  expect(polled.count(0, 21 * second)).toBe(before + 64 + 20);
  expect(lines.count(0, 20_500_000)).toBe(polled.count(0, 21 * second) + polled.dropped(0, 21 * second));
});

test('a logcollector that is away between two polls misses none', () => {
  const { polled } = files(10, 'regular', 30, 1_024);
  const untouched = files(10, 'regular', 30, 1_024).polled;
  polled.close(0, 3 * second);
  polled.open(0, 4 * second);

  for (const atUs of [5 * second, 60 * second]) expect(polled.count(0, atUs)).toBe(untouched.count(0, atUs));
});

test('a logcollector that runs for the first time leaves out what would have been written before', () => {
  for (const beginsUs of [100_000, 31_700_000, 32_500_000]) {
    for (const mostLines of [3, 10_000]) {
      const { polled, lines } = files(40, 'regular', mostLines, 1_024);
      const before = lines.count(0, beginsUs);
      const taken = polled.count(0, beginsUs);
      const leftOut = polled.begin(0, beginsUs);

      expect(leftOut).toBe(before - taken);
      expect(polled.count(0, beginsUs)).toBe(taken);
      expect(polled.dropped(0, beginsUs)).toBe(leftOut);
      // The next poll brings what was written since.
      const nextUs = 500_000 + Math.ceil((beginsUs - 500_000) / (2 * second)) * 2 * second + 1;
      expect(polled.count(0, nextUs) - taken).toBe(Math.min(mostLines, lines.count(0, nextUs - 1) - before));
      expect(polled.bornOf(0, taken + 1)).toBe(lines.timeOf(0, before + 1));
    }
  }
});
