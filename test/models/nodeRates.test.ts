import { expect, test } from 'vitest';
import { NodeRates } from '../../src/models/nodeRates.ts';
import type { DayProfile } from '../../src/models/rateShape.ts';
import { aWorld, second } from '../support/worlds.ts';

const hour = 3_600 * second;
const steps = { stepUs: 600 * second, count: 7 };

function rates(profiles: readonly (DayProfile | null)[]): NodeRates {
  const { groups } = aWorld({
    groups: profiles.map((profile) => ({ count: 1, events: { ratePerSecond: 1, profile } })),
  });
  return new NodeRates(groups, 2, steps);
}

test('what the agents of a node write changes when one comes or goes', () => {
  const found = rates([null]);
  found.changed(0, 1, -5, 3);
  found.changed(0, 1, 1_500 * second, -2);

  expect([...found.ofNode(1).rate]).toEqual([3, 3, 3, 1, 1, 1, 1]);
  expect([...found.ofNode(1).mean]).toEqual([3, 3, 2, 1, 1, 1, 1]);
  expect([...found.ofNode(0).rate]).toEqual([0, 0, 0, 0, 0, 0, 0]);
});

test('the hours of the day change it too, for every group its own', () => {
  const morning = { startsAtUs: 8.5 * hour, fromUs: [0, 8.75 * hour], factors: [0.5, 2] };
  const found = rates([null, morning]);
  found.changed(0, 0, -5, 10);
  found.changed(1, 0, -5, 4);

  expect([...found.ofNode(0).rate]).toEqual([12, 12, 18, 18, 18, 18, 18]);
  // 08:45 is in the middle of the second step.
  expect([...found.ofNode(0).mean]).toEqual([12, 15, 18, 18, 18, 18, 18]);
});
