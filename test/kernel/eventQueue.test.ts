import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventQueue } from '../../src/kernel/eventQueue.ts';

/** The same promises kept by a plain list, sorted by (tick, order of scheduling). */
class SortedList {
  nowTick = 0;
  #order = 0;
  #pending: { tick: number; order: number; slot: number }[] = [];

  schedule(slot: number, tick: number): void {
    this.cancel(slot);
    this.#pending.push({ tick, order: this.#order++, slot });
  }

  cancel(slot: number): void {
    this.#pending = this.#pending.filter((event) => event.slot !== slot);
  }

  pop(): number {
    this.#pending.sort((a, b) => a.tick - b.tick || a.order - b.order);
    const first = this.#pending.shift();
    if (first) this.nowTick = first.tick;
    return first?.slot ?? -1;
  }
}

const delay = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 3 }),
  fc.integer({ min: 0, max: 70_000 }),
  fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  fc.constantFrom(255, 256, 257, 65_536, 2 ** 32, 2 ** 40 + 1),
);
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('schedule' as const), slot: fc.nat(150), delay }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), slot: fc.nat(150), delay: fc.constant(0) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pop' as const), slot: fc.constant(0), delay: fc.constant(0) }) },
);

test('events leave as from a sorted list: ties in the order of scheduling, cancelled and re-armed timers included', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 600, size: 'max' }), (steps) => {
      const queue = new EventQueue({ staticSlots: 151 });
      const list = new SortedList();
      for (const { do: action, slot, delay: ahead } of steps) {
        if (action === 'schedule') {
          queue.schedule(slot, queue.nowTick + ahead);
          list.schedule(slot, list.nowTick + ahead);
        } else if (action === 'cancel') {
          queue.cancel(slot);
          list.cancel(slot);
        } else {
          expect(queue.pop()).toBe(list.pop());
          expect(queue.nowTick).toBe(list.nowTick);
        }
      }
      for (let left = list.pop(); left >= 0; left = list.pop()) expect(queue.pop()).toBe(left);
      expect([queue.pop(), queue.size]).toEqual([-1, 0]);
    }),
    { seed: 1, numRuns: 300 },
  );
});

test('a timer re-armed at the tick it was cancelled at stands behind what was scheduled in between', () => {
  const queue = new EventQueue({ staticSlots: 2 });
  queue.schedule(0, 10);
  queue.cancel(0);
  queue.schedule(1, 10);
  queue.schedule(0, 10);

  expect([queue.pop(), queue.pop(), queue.pop()]).toEqual([1, 0, -1]);
});

// The long run: FLEETFALL_LONG=1 takes at least ten million pops.
const pops = process.env['FLEETFALL_LONG'] === '1' ? 10_000_000 : 200_000;

test(`the order holds over ${pops} pops with bursts`, { timeout: 300_000 }, () => {
  const agents = 5_000;
  const queue = new EventQueue({ staticSlots: agents });
  let random = 12_345;
  const draw = (n: number): number => {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((random / 4_294_967_296) * n);
  };
  const scheduledAs = new Float64Array(agents);
  let order = 0;
  const arm = (slot: number, tick: number): void => {
    scheduledAs[slot] = order++;
    queue.schedule(slot, tick);
  };
  for (let slot = 0; slot < agents; slot++) arm(slot, draw(1_000));
  let lastTick = -1;
  let lastOrder = -1;
  let wrong = 0;
  for (let pop = 0; pop < pops; pop++) {
    const slot = queue.pop();
    const inOrder = queue.nowTick > lastTick || (queue.nowTick === lastTick && scheduledAs[slot]! > lastOrder);
    if (slot < 0 || !inOrder) wrong += 1;
    lastTick = queue.nowTick;
    lastOrder = scheduledAs[slot]!;
    arm(slot, queue.nowTick + (draw(4) === 0 ? 10_000 : draw(50_000)));
  }

  expect(wrong).toBe(0);
  expect([queue.size, queue.popped]).toEqual([agents, pops]);
});

test('dynamic events carry their kind and argument, and a stale handle removes nothing', () => {
  const queue = new EventQueue({ staticSlots: 1, dynamicSlots: 1 });
  const handles = Array.from({ length: 500 }, (_, i) => queue.add(i % 7, i, 1_000 - i));
  expect(queue.remove(handles[499]!)).toBe(true);
  expect(queue.remove(handles[499]!)).toBe(false);

  const slot = queue.pop();
  expect([queue.kindOf(slot), queue.argumentOf(slot), queue.nowTick]).toEqual([498 % 7, 498, 502]);
  const reused = queue.add(3, 42, 600);
  expect(queue.remove(handles[498]!)).toBe(false);
  expect(queue.remove(reused)).toBe(true);
  expect(queue.size).toBe(498);
});

test('the past cannot be scheduled', () => {
  const queue = new EventQueue({ staticSlots: 1 });
  queue.schedule(0, 50);
  queue.pop();

  expect(() => queue.schedule(0, 49)).toThrow('is not ahead of');
});

/** mulberry32 started at 12345, the generator of the published workload. */
function exponentialTicks(): Float64Array {
  let state = 12_345;
  return Float64Array.from({ length: 65_536 }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor(-Math.log((((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 2 ** 32) * 1e9);
  });
}

// Final time in ns and handler count of the hold model after 2,000,000 holds; every engine that ran it found the same.
test.each([
  [1_000, 1_994_783_685_740, 5_001_529],
  [100_000, 19_943_756_023, 5_001_199],
])('the hold model with %d pending events ends where every other engine ends', (pending, finalTick, handled) => {
  const ticks = exponentialTicks();
  const queue = new EventQueue({ staticSlots: pending });
  let next = 0;
  let count = 0;
  for (let slot = 0; slot < pending; slot++) queue.schedule(slot, ticks[next++ & 65_535]!);
  for (let hold = 0; hold < 2_000_000; hold++) {
    const slot = queue.pop();
    count += 1 + (slot & 3);
    queue.schedule(slot, queue.nowTick + ticks[next++ & 65_535]!);
  }

  expect([queue.nowTick, count]).toEqual([finalTick, handled]);
});
