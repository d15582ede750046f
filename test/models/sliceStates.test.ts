import { expect, test } from 'vitest';
import { End } from '../../src/models/nodeQueue.ts';
import { PlaceState } from '../../src/models/place.ts';
import { sliceStates } from '../../src/models/sliceStates.ts';

const sliceUs = 100_000;

test('a node works in a part of the slices in which its state changes, and as slowly as it is made to', () => {
  const changes = [
    { atUs: 130_000, state: PlaceState.Hung, end: End.None, graceUs: 0 },
    { atUs: 360_000, state: PlaceState.Up, end: End.None, graceUs: 0 },
  ];
  const slowed = [
    { atUs: 400_000, share: 0.5 },
    { atUs: 550_000, share: 1 },
  ];

  const { works } = sliceStates(changes, slowed, 0, sliceUs, 7);

  expect([...works].map((share) => Number(share.toFixed(6)))).toEqual([1, 0.3, 0, 0.4, 0.5, 0.75, 1]);
});

test('it writes once a second, as long as it works', () => {
  const changes = [{ atUs: 1_200_000, state: PlaceState.Hung, end: End.None, graceUs: 0 }];

  const { flushes } = sliceStates(changes, [], 250_000, sliceUs, 30);

  expect([...flushes].map((share, slice) => [slice, share]).filter(([, share]) => share! >= 0)).toEqual([[2, 0.5]]);
});

test('its processes end at the start of the slice behind that instant, told how long they outlive it', () => {
  const changes = [{ atUs: 130_000, state: PlaceState.Refusing, end: End.InOrder, graceUs: 200_000 }];

  const { ends, graceUs, works } = sliceStates(changes, [], 0, sliceUs, 4);

  expect([...ends]).toEqual([End.None, End.None, End.InOrder, End.None]);
  expect([...graceUs]).toEqual([0, 0, 200_000, 0]);
  expect(works[3]).toBe(0);
});
