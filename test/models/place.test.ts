import { expect, test } from 'vitest';
import { fitsQueue, newPlace, PlaceState, stateOf, type Place } from '../../src/models/place.ts';

const place = (changes: Partial<Place>): Place => ({ ...newPlace(50_000, 128), ...changes });

test('a place is as bad as the worst of its faults', () => {
  expect(stateOf(place({}), 0)).toBe(PlaceState.Up);
  expect(stateOf(place({ hung: 1 }), 0)).toBe(PlaceState.Hung);
  expect(stateOf(place({ hung: 1, killed: 1 }), 0)).toBe(PlaceState.Refusing);
  expect(stateOf(place({ hung: 1, killed: 1, poweredOff: 1 }), 0)).toBe(PlaceState.Silent);
});

test('of two faults of a kind the second to end ends it', () => {
  expect(stateOf(place({ killed: 2 }), 0)).toBe(PlaceState.Refusing);
  expect(stateOf(place({ killed: 1 }), 0)).toBe(PlaceState.Refusing);
  expect(stateOf(place({ killed: 0 }), 0)).toBe(PlaceState.Up);
});

test('a dying process accepts for a moment, a starting one does not yet', () => {
  expect(stateOf(place({ killed: 1, acceptsUntilUs: 1_000 }), 999)).toBe(PlaceState.Dying);
  expect(stateOf(place({ killed: 1, acceptsUntilUs: 1_000 }), 1_000)).toBe(PlaceState.Refusing);
  expect(stateOf(place({ startsUntilUs: 50_000 }), 49_999)).toBe(PlaceState.Refusing);
  expect(stateOf(place({ startsUntilUs: 50_000 }), 50_000)).toBe(PlaceState.Up);
});

test('an accept queue of 128 holds 129 connections', () => {
  // Linux, sk_acceptq_is_full().
  expect(fitsQueue(128, 128)).toBe(true);
  expect(fitsQueue(129, 128)).toBe(false);
});
