// Ticks of a periodic task that runs only now and then.
import { expect, test } from 'vitest';
import { Spans } from '../../../src/models/cluster/spans.ts';

function spans(...list: readonly (readonly [from: number, to: number])[]): Spans {
  const all = new Spans();
  for (const [from, to] of list) {
    all.open(from);
    if (to < Infinity) all.close(to);
  }
  return all;
}

test.each([
  // ticks at 3, 13, 23 …; the task stands still from 20 to 40
  [12, 3, 13],
  [13, 13, 13],
  [22, 13, 43],
  [39, 13, 43],
  [43, 43, 43],
  [2, -7, 3],
  [-8, -Infinity, -7],
])('at %i the last tick was at %i and the next is at %i', (at, last, next) => {
  const running = spans([-10, 20], [40, Infinity]);

  expect(running.lastTick(3, 10, at)).toBe(last);
  expect(running.nextTick(3, 10, at)).toBe(next);
});

test('a tick at the end of a span is not in it', () => {
  const running = spans([0, 13]);

  expect(running.lastTick(3, 10, 20)).toBe(3);
  expect(running.nextTick(3, 10, 12)).toBe(Infinity);
  expect(running.has(12)).toBe(true);
  expect(running.has(13)).toBe(false);
});

test('a span that was to begin later never did when it ends before', () => {
  const linked = spans([0, 5]);
  linked.open(12);
  linked.close(10);

  expect(linked.count).toBe(1);
  expect(linked.isOpen).toBe(false);
});
