import { expect, test } from 'vitest';
import { Waiting } from '../../../src/models/pipeline/waiting.ts';

function taken(waiting: Waiting, wait: number, newest: number, events: number): [number, number, number][] {
  waiting.take(0, wait, newest, events);
  return Array.from({ length: waiting.parts }, (_, part) => [
    waiting.first[part]!,
    waiting.last[part]!,
    waiting.count[part]!,
  ]);
}

test('while nothing is dropped the last ones written wait', () => {
  const waiting = new Waiting();
  waiting.add(0, 0, 0, 10, 10);

  expect(taken(waiting, 10, 10, 4)).toEqual([[1, 4, 4]]);
  expect(taken(waiting, 6, 10, 6)).toEqual([[5, 10, 6]]);
});

test('a full queue drops the newest: the others leave in the order in which they were written', () => {
  const waiting = new Waiting();
  waiting.add(0, 5, 5, 3, 20); // 1 to 5 wait; of 6 to 20 three are kept
  waiting.add(0, 8, 20, 2, 22);

  expect(taken(waiting, 10, 22, 7)).toEqual([[1, 7, 7]]);
  expect(taken(waiting, 3, 22, 3)).toEqual([
    [8, 8, 1],
    [21, 22, 2],
  ]);
  // All of that has left: the last ones written wait again.
  expect(taken(waiting, 2, 30, 2)).toEqual([[29, 30, 2]]);
});

test('what came while the buffer was full lies spread over the time in which it was', () => {
  const waiting = new Waiting();
  waiting.add(0, 0, 0, 50, 100, true);

  expect(taken(waiting, 50, 100, 25)).toEqual([[1, 50, 25]]);
  expect(taken(waiting, 25, 100, 25)).toEqual([[51, 100, 25]]);
});

test('the newest of those that wait are dropped when they find no room further on', () => {
  const waiting = new Waiting();
  waiting.dropNewest(0, 10, 10, 3);
  waiting.add(0, 7, 12, 1, 13);

  expect(taken(waiting, 8, 13, 8)).toEqual([
    [1, 7, 7],
    [13, 13, 1],
  ]);
});

test('many leave in parts, so that the instants between two known ones are few', () => {
  const waiting = new Waiting();

  expect(taken(waiting, 130, 130, 130)).toEqual([
    [1, 64, 64],
    [65, 128, 64],
    [129, 130, 2],
  ]);
});
