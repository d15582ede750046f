import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rootKey } from '../../../src/kernel/random.ts';
import { PolledFiles } from '../../../src/models/pipeline/polledFiles.ts';
import { Arrivals } from '../../../src/models/workload.ts';

const second = 1_000_000;

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
