import { expect, test } from 'vitest';
import { nodeDefaults } from '../../src/models/node.ts';
import { first, play } from '../support/stories.ts';
import { aWorld, fault, minute, second } from '../support/worlds.ts';

/** Seconds after a fault of 30 s at which the only node's only agent is back. */
function back(kind: 'kill' | 'powerOff' | 'hang', startupUs: number): number {
  const story = play(
    aWorld({
      groups: [{ count: 1, version: '4.9.2', list: [1], events: { ratePerSecond: 0 } }],
      faults: [fault(kind, 'worker01', 100, 30)],
      startupUs,
      durationUs: 6 * minute,
    }),
    { fromSeconds: 100 },
  );
  return kind === 'hang' ? story.moments.length : first(story, 'handshake').seconds - 100;
}

test('a node whose processes or host are new accepts when its start-up is over', () => {
  // Attempts at 0, 10, 20 … s: the one at 30.0 meets the start of half a second, the one at 40.0 a start of 15 s.
  expect(back('kill', 0)).toBeCloseTo(30.01, 1);
  expect(back('kill', nodeDefaults.startupUs)).toBeCloseTo(40.01, 1);
  expect(back('kill', 15 * second)).toBeCloseTo(50.01, 1);
});

test('a node that only stood still needs no start-up: nobody has noticed', () => {
  expect(back('hang', 15 * second)).toBe(0);
});
