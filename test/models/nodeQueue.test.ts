import fc from 'fast-check';
import { expect, test } from 'vitest';
import { End, playNodeQueue, spread, type NodeQueueInput } from '../../src/models/nodeQueue.ts';

const sliceUs = 100_000;

/** Ten slices of a node that analyses 1,000 events a second, 100 a slice, and never dies. */
function node(inflow: readonly number[], changes: Partial<NodeQueueInput> = {}): NodeQueueInput {
  const slices = inflow.length;
  return {
    sliceUs,
    inflow: Float64Array.from(inflow),
    eventsPerSecond: 1_000,
    epsLimit: null,
    analysisQueueSize: 16_384,
    queueSize: 131_072,
    workUs: new Float64Array(0),
    controlUs: 1_000,
    works: new Float64Array(slices).fill(1),
    ends: new Uint8Array(slices),
    graceUs: new Float64Array(slices),
    flushes: new Float64Array(slices).fill(1),
    ...changes,
  };
}

const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);

test('a node that can follow leaves nothing waiting', () => {
  const { analysed, waiting, peak, waitMaxUs } = playNodeQueue(node([50, 100, 0, 100]));

  expect([...analysed]).toEqual([50, 100, 0, 100]);
  expect({ waiting, peak, waitMaxUs }).toEqual({ waiting: 0, peak: 0, waitMaxUs: 0 });
});

test('what a node cannot analyse at once waits, the last event longest', () => {
  const { analysed, peak, peakSlice, waitMaxUs, waiting } = playNodeQueue(node([350, 0, 0, 0, 0]));

  expect([...analysed]).toEqual([100, 100, 100, 50, 0]);
  expect({ peak, peakSlice, waiting }).toEqual({ peak: 250, peakSlice: 0, waiting: 0 });
  expect(waitMaxUs).toBe(250_000);
});

test('analysisd keeps 16,383 events and drops what comes on top', () => {
  const { droppedAnalysis, waiting } = playNodeQueue(node([20_000, 100]));

  expect([...droppedAnalysis]).toEqual([20_000 - 100 - 16_383, 0]);
  expect(waiting).toBe(16_383);
});

test("remoted's queue takes one message less than its size and drops the newest", () => {
  const { droppedQueue, droppedAnalysis } = playNodeQueue(node([2_000], { queueSize: 512 }));

  expect([...droppedQueue]).toEqual([2_000 - 511 - 100]);
  expect(sum(droppedAnalysis)).toBe(0);
});

test('an EPS limit lets a burst of maximum × timeframe pass at once, and then what the oldest second spent', () => {
  const limit = { maximum: 100, timeframeSeconds: 3 };
  const inflow = Array.from({ length: 60 }, (_, slice) => (slice === 0 ? 500 : 0));
  const { analysed, peak } = playNodeQueue(node(inflow, { eventsPerSecond: Infinity, epsLimit: limit }));
  const perSecond = [0, 1, 2, 3, 4, 5].map((second) => sum(analysed.slice(10 * second, 10 * second + 10)));

  // 300 credits at once; they come back when the second in which they were spent leaves the window.
  expect(perSecond).toEqual([300, 0, 0, 200, 0, 0]);
  expect(peak).toBe(200);
});

test('an EPS limit holds a steady load to its maximum, and what piles up is dropped', () => {
  const inflow = Array.from({ length: 100 }, () => 20);
  const { analysed, droppedAnalysis, waiting } = playNodeQueue(
    node(inflow, { epsLimit: { maximum: 100, timeframeSeconds: 1 }, analysisQueueSize: 128 }),
  );

  expect([0, 1, 9].map((second) => sum(analysed.slice(10 * second, 10 * second + 10)))).toEqual([100, 100, 100]);
  expect(waiting).toBe(127);
  expect(sum(droppedAnalysis)).toBe(2_000 - 1_000 - 127);
});

test('the credits of processes that are new are whole again', () => {
  const inflow = [300, 0, 0, 0, 0, 300, 0, 0, 0, 0];
  const ends = Uint8Array.from(inflow, (_, slice) => Number(slice === 5));
  const { analysed } = playNodeQueue(
    node(inflow, { eventsPerSecond: Infinity, epsLimit: { maximum: 300, timeframeSeconds: 1 }, ends }),
  );

  expect([...analysed]).toEqual(inflow);
});

test('a node that stands still keeps what it has', () => {
  const { analysed, died, waiting } = playNodeQueue(node([300, 0, 0, 0], { works: Float64Array.of(1, 0, 0, 1) }));

  expect([...analysed]).toEqual([100, 0, 0, 100]);
  expect(sum(died)).toBe(0);
  expect(waiting).toBe(100);
});

test('what waits in a node that dies is lost; what reaches the new processes in the same tenth of a second is not', () => {
  const { died, analysed } = playNodeQueue(
    node([300, 40, 0], { works: Float64Array.of(1, 0, 1), ends: Uint8Array.of(0, 1, 0) }),
  );

  expect([...died]).toEqual([0, 200, 0]);
  expect([...analysed]).toEqual([100, 0, 40]);
});

test('an event behind control messages waits for their work, the newest longest', () => {
  const workUs = Float64Array.from([0, 300_000, 200_000, 100_000, 0, 0, 0]);
  const { analysed, waitMaxUs, peak } = playNodeQueue(
    node([10, 20, 30, 40, 50, 0, 0], { eventsPerSecond: Infinity, workUs }),
  );

  // All that has come by the end of the work passes when it is done.
  expect([...analysed]).toEqual([10, 0, 0, 0, 140, 0, 0]);
  expect(waitMaxUs).toBe(300_000);
  expect(peak).toBe(90);
});

test('control messages and the events behind them share one queue', () => {
  const workUs = Float64Array.from([500_000, 400_000, 300_000, 200_000, 100_000, 0, 0]);
  const inflow = [30, 30, 30, 30, 30, 30, 30];
  // 500 messages of 1 ms stand in the queue of 550, and one event a place each.
  const { droppedQueue, analysed } = playNodeQueue(node(inflow, { eventsPerSecond: Infinity, workUs, queueSize: 551 }));

  expect([...droppedQueue]).toEqual([0, 0, 0, 0, 0, 0, 0]);
  expect(sum(analysed)).toBe(210);
  const tight = playNodeQueue(node(inflow, { eventsPerSecond: Infinity, workUs, queueSize: 511 }));
  expect([...tight.droppedQueue].slice(0, 2)).toEqual([20, 0]);
});

test('what waits behind control messages is lost with the processes, and kept while they stand still', () => {
  const workUs = Float64Array.from([300_000, 300_000, 300_000, 200_000, 100_000, 0]);
  const works = Float64Array.of(1, 0, 0, 1, 1, 1);
  const stands = playNodeQueue(node([5, 0, 0, 0, 0, 0], { eventsPerSecond: Infinity, workUs, works }));
  const dies = playNodeQueue(
    node([5, 0, 0, 0, 0, 0], { eventsPerSecond: Infinity, workUs, ends: Uint8Array.of(0, 1, 0, 0, 0, 0) }),
  );

  expect([...stands.analysed]).toEqual([0, 0, 0, 0, 0, 5]);
  expect([...dies.died]).toEqual([0, 5, 0, 0, 0, 0]);
});

test('every event that reaches a node ends in one place', () => {
  const slice = fc.record({
    inflow: fc.integer({ min: 0, max: 40_000 }),
    works: fc.boolean(),
    dies: fc.boolean(),
    work: fc.integer({ min: 0, max: 900_000 }),
  });
  fc.assert(
    fc.property(fc.array(slice, { minLength: 1, maxLength: 30 }), fc.integer({ min: 2, max: 30_000 }), (all, size) => {
      const output = playNodeQueue(
        node(
          all.map(({ inflow }) => inflow),
          {
            queueSize: size,
            works: Float64Array.from(all, ({ works }) => Number(works)),
            ends: Uint8Array.from(all, ({ dies }) => Number(dies)),
            workUs: Float64Array.from(all, ({ work }) => work),
            epsLimit: { maximum: 20_000, timeframeSeconds: 1 },
          },
        ),
      );
      const ends = [output.analysed, output.droppedQueue, output.droppedAnalysis, output.died].map(sum);

      expect(ends.reduce((a, b) => a + b, output.waiting)).toBeCloseTo(all.reduce((a, { inflow }) => a + inflow, 0));
    }),
    { seed: 1 },
  );
});

test('a whole number is spread by largest remainder, ties to the first, within the limits', () => {
  const free = [100, 100, 100];

  expect(spread(10, [1, 1, 1], free)).toEqual([4, 3, 3]);
  expect(spread(10, [5, 3, 2], free)).toEqual([5, 3, 2]);
  expect(spread(10, [98, 1, 1], [4, 100, 100])).toEqual([4, 3, 3]);
  expect(spread(0, [1, 2, 3], free)).toEqual([0, 0, 0]);
  expect(spread(5, [0, 0, 0], free)).toEqual([0, 0, 0]);
});

test('processes that end in order work for a moment on what waits', () => {
  const ends = Uint8Array.of(0, 0, 1, 0);
  const died = (graceUs: number): number =>
    sum(playNodeQueue(node([500, 0, 0, 0], { ends, graceUs: Float64Array.of(0, 0, graceUs, 0) })).died);

  expect([died(0), died(200_000), died(900_000)]).toEqual([300, 100, 0]);
});

test.each([
  ['is killed', End.Killed, { died: 250, wasted: 0 }],
  ['ends in order', End.InOrder, { died: 0, wasted: 0 }],
  ['turns into a zombie', End.Zombie, { died: 0, wasted: 250 }],
] as const)('what was analysed since the last flush is gone when the node %s', (_, end, lost) => {
  // It is written in the middle of the fifth slice.
  const flushes = Float64Array.from({ length: 9 }, (_flush, slice) => (slice === 4 ? 0.5 : -1));
  const ends = Uint8Array.from(flushes, (_flush, slice) => (slice === 7 ? end : End.None));
  const output = playNodeQueue(node(new Array<number>(9).fill(100), { flushes, ends }));

  expect({ died: sum(output.died), wasted: sum(output.wasted) }).toEqual(lost);
  // The new processes have written nothing yet.
  expect(output.unwritten).toBe(200);
});

test('of a node that analyses as quickly as it reads only what had to wait for control messages is not written when it dies', () => {
  // The events of the second slice are handed on in the fourth, behind the last flush.
  const workUs = Float64Array.from([0, 150_000, 0, 0, 0, 0]);
  const flushes = Float64Array.of(-1, 0.5, -1, -1, -1, -1);
  const ends = Uint8Array.of(0, 0, 0, 0, End.Killed, 0);
  const inflow = [30, 40, 0, 0, 0, 0];
  const output = playNodeQueue(node(inflow, { eventsPerSecond: Infinity, workUs, flushes, ends }));
  const quick = playNodeQueue(node(inflow, { eventsPerSecond: Infinity, flushes, ends }));

  expect({ died: sum(output.died), unwritten: output.unwritten }).toEqual({ died: 40, unwritten: 0 });
  // What else was not written its agents are told.
  expect({ died: sum(quick.died), unwritten: quick.unwritten }).toEqual({ died: 0, unwritten: 0 });
});

test("remoted's queue takes what the credits of an EPS limit let through, and no more", () => {
  const limit = { maximum: 10, timeframeSeconds: 1 };
  const { droppedQueue, droppedAnalysis } = playNodeQueue(
    node([2_000, 2_000], { eventsPerSecond: Infinity, epsLimit: limit, queueSize: 512 }),
  );

  expect([...droppedQueue]).toEqual([2_000 - 511 - 10, 2_000 - 511]);
  expect(sum(droppedAnalysis)).toBe(0);
});

test.each([
  ['with credits it works at its pace', { maximum: 1_000, timeframeSeconds: 10 }, 200],
  ['without any it does nothing', { maximum: 1, timeframeSeconds: 1 }, 0],
] as const)('one that outlives remoted by 0.2 s needs credits: %s', (_, epsLimit, last) => {
  const ends = Uint8Array.of(0, 0, End.InOrder, 0);
  const { died } = playNodeQueue(node([700, 0, 0, 0], { ends, epsLimit, graceUs: Float64Array.of(0, 0, 200_000, 0) }));

  const before = epsLimit.maximum === 1 ? 1 : 200;
  expect(sum(died)).toBe(700 - before - last);
});

test('what some have no room for goes to others with a share, and to those without one only in the end', () => {
  expect(spread(4, [3, 1, 0], [1, 9, 9])).toEqual([1, 3, 0]);
  expect(spread(9, [3, 1, 0], [1, 4, 9])).toEqual([1, 4, 4]);
});
