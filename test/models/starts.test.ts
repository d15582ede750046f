import { expect, test } from 'vitest';
import { rootKey } from '../../src/kernel/random.ts';
import { startInstants } from '../../src/models/starts.ts';
import type { GroupOptions, StartOrder } from '../../src/models/worldOptions.ts';
import { aWorld, minute } from '../support/worlds.ts';

const root = rootKey('1', 0);

function starts(count: number, start?: StartOrder, more: Partial<GroupOptions> = {}): number[] {
  const [group] = aWorld({ groups: [{ count }] }).groups;
  return [...startInstants({ ...group!, start, ...more }, root, 2 * minute)];
}

test('agents start within the first half of the warm-up, each at a drawn instant', () => {
  const all = starts(200);

  expect(Math.min(...all)).toBeGreaterThanOrEqual(-2 * minute);
  expect(Math.max(...all)).toBeLessThan(-minute);
  expect(new Set(all).size).toBe(200);
  expect(starts(300).slice(0, 200)).toEqual(all);
});

test('as listed, they start one after the other at equal distances', () => {
  expect(starts(4, 'asListed').map((at) => at / 1e6)).toEqual([-112.5, -97.5, -82.5, -67.5]);
});

test('evenly, they start at equal distances in the order in which they would have started anyhow', () => {
  const order = (all: readonly number[]): number[] => [...all.keys()].sort((a, b) => all[a]! - all[b]!);
  const evenly = starts(50, 'evenly');
  const sorted = evenly.toSorted((a, b) => a - b);

  expect(order(evenly)).toEqual(order(starts(50)));
  for (let at = 1; at < 50; at++) expect(sorted[at]! - sorted[at - 1]!).toBeCloseTo((60 * 1e6) / 50, -1);
});

test('a group that is part of a list keeps its places in it', () => {
  const listed = { places: Uint32Array.of(1, 3), length: 4 };

  expect(starts(2, 'asListed', { listed }).map((at) => at / 1e6)).toEqual([-97.5, -67.5]);
});
