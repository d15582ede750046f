import { expect, test } from 'vitest';
import { unreachableBetween } from '../../src/models/network.ts';
import { first, play } from '../support/stories.ts';
import { aWorld, fault, minute } from '../support/worlds.ts';

test('what two places see of each other is what they say themselves, else what the network says; far wins', () => {
  expect(unreachableBetween('routed')).toBe('routed');
  expect(unreachableBetween('routed', 'sameSegment', undefined)).toBe('sameSegment');
  expect(unreachableBetween('sameSegment', undefined, 'routed')).toBe('routed');
  expect(unreachableBetween('sameSegment', 'sameSegment', 'routed')).toBe('routed');
});

test('a group on the own segment gives up a dead host after three seconds, the others after the SYN time-out', () => {
  const world = aWorld({
    groups: [
      { count: 1, list: [1, 2] },
      { count: 1, list: [1, 2] },
    ],
    faults: [fault('powerOff', 'worker01', 300, null)],
    durationUs: 40 * minute,
  });
  const [branch, servers] = world.groups;

  const story = play(
    { ...world, groups: [branch!, { ...servers!, unreachable: 'sameSegment' }] },
    { fromSeconds: 300 },
  );

  // Five tries of 133.36 s or 3.06 s at worker01, 10 s behind each, the enrollment attempt like a try.
  const lasts = (agent: number): number =>
    first(story, 'handshake', 'worker02', agent).seconds - first(story, 'noticed', undefined, agent).seconds;
  expect(lasts(0)).toBeCloseTo(6 * 133.36 + 5 * 10, 0);
  expect(lasts(1)).toBeCloseTo(6 * 3.06 + 5 * 10, 0);
});

test('a balancer that is routed to its nodes waits for its connect time-out where ARP would have failed first', () => {
  const world = aWorld({
    groups: [{ count: 1 }],
    faults: [fault('powerOff', ['master', 'worker01', 'worker02'], 300, null)],
    connectTimeoutUs: 60_000_000,
  });
  const attemptLasts = (unreachable: 'routed' | 'sameSegment'): number => {
    const story = play({ ...world, balancers: [{ ...world.balancers[0]!, unreachable }] }, { fromSeconds: 300 });
    const gaveUp = story.moments.find(({ what }) => what === 'gave up')!;
    return gaveUp.seconds - first(story, 'try').seconds;
  };

  expect(attemptLasts('routed')).toBeGreaterThan(2 * attemptLasts('sameSegment'));
});
