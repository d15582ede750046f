import { expect, test } from 'vitest';
import { EventQueue } from '../../src/kernel/eventQueue.ts';
import { Standstill } from '../../src/kernel/standstill.ts';

/** Each event makes the next one, `distance` later. */
function chain(distance: number, events: number, most: number): number {
  const queue = new EventQueue({ staticSlots: 1 });
  const standstill = new Standstill(most);
  queue.schedule(0, 5);
  for (let event = 0; event < events; event++) {
    queue.pop();
    standstill.passed(queue.nowTick, queue.popped);
    queue.schedule(0, queue.nowTick + distance);
  }
  return queue.popped;
}

test('a loop of events at one instant ends with a reason instead of never', () => {
  expect(() => chain(0, 1e6, 1_000)).toThrow('more than 1000 events at tick 5: time does not go on');
});

test('many events at one instant, and any number of them as time goes on, are no loop', () => {
  expect(chain(0, 1_000, 1_000)).toBe(1_000);
  expect(chain(1, 100_000, 1_000)).toBe(100_000);
});
